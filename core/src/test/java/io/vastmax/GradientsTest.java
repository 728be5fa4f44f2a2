package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GradientsTest {
    private static final int COLUMNS = 37;

    private final Parameter weight = new Parameter("weight", Matrix.zeros(5000, COLUMNS));
    private final Parameter bias = new Parameter("bias", Matrix.zeros(5000, 1));
    private final Parameters parameters = Parameters.of(weight, bias);

    @Test
    void areOfTheParametersInTheirOrder() {
        Gradients gradients = Gradients.dense(parameters);
        assertThat(gradients).extracting(Gradient::parameter).containsExactly(weight, bias);
        assertThat(gradients.of(bias).parameter()).isSameAs(bias);
        assertThat(gradients.dense(weight)).hasToString("5000 x 37");
        Parameter body = new Parameter("body", Matrix.zeros(2, 2));
        Gradients both = gradients.and(Gradients.byRow(Parameters.of(body)));
        assertThat(both).extracting(Gradient::parameter).containsExactly(weight, bias, body);
        assertThat(both.of(weight)).isSameAs(gradients.of(weight));
        Gradients others = Gradients.byRow(Parameters.of(body, bias));
        assertThat(gradients.and(others).of(bias)).isSameAs(gradients.of(bias));
        Gradients left = gradients.without(Parameters.of(weight, body));
        assertThat(left).containsExactly(gradients.of(bias));
    }

    /** Dense or by row, a row that comes twice has both. */
    @Test
    void rowsAreAddedTo() {
        float[] values = new float[2 + COLUMNS];
        for (int i = 0; i < values.length; i++) {
            values[i] = i + 0.5f;
        }
        for (Gradients gradients : List.of(Gradients.dense(parameters), Gradients.byRow(parameters))) {
            Gradient gradient = gradients.of(weight);
            gradient.addToRow(4999, 1, values, 1);
            gradient.addToRow(3, -1, values, 0);
            gradient.addToRow(4999, 2, values, 2);
            double sum = 0;
            for (int j = 0; j < COLUMNS; j++) {
                sum += Math.pow(values[j], 2) + Math.pow(values[j + 1] + 2 * values[j + 2], 2);
            }
            try (Workspace workspace = Workspace.ofThreads(1)) {
                assertThat(gradient.squaredNorm(workspace)).isCloseTo(sum, within(1e-9 * sum));
            }
            float[] last;
            int from;
            switch (gradient) {
                case Gradient.Dense dense -> {
                    last = dense.value().array();
                    from = 4999 * COLUMNS;
                }
                case Gradient.ByRow rows -> {
                    from = rows.offset(4999);
                    last = rows.values();
                }
            }
            for (int j = 0; j < COLUMNS; j++) {
                assertThat(last[from + j]).isEqualTo(values[j + 1] + 2 * values[j + 2]);
            }
            assertThatThrownBy(() -> gradient.addToRow(5000, 1, values, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> gradient.addToRow(-1, 1, values, 0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> gradient.addToRow(0, 1, values, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void refuseStrangers() {
        Parameter stranger = new Parameter("stranger", Matrix.zeros(1, 2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gradients.dense(parameters).of(stranger))
                .withMessage("No gradient of stranger 1 x 2 among these");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gradients.byRow(parameters).dense(bias))
                .withMessage("The gradient of bias 5000 x 1 is kept by row");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gradients.dense(parameters).byRow(weight))
                .withMessage("The gradient of weight 5000 x 37 is dense, not kept by row");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gradients.byRow(parameters).byRow(stranger))
                .withMessage("No gradient of stranger 1 x 2 among these");
    }

    /** Rows come in any order, more than once, and as many as to make the values move many times. */
    @Test
    void rowsGrow() {
        Gradient.ByRow gradient = byRow(weight);
        SplittableRandom random = new SplittableRandom(1);
        float[][] expected = new float[5000][COLUMNS];
        for (int i = 0; i < 9000; i++) {
            int row = random.nextInt(5000);
            int column = random.nextInt(COLUMNS);
            int offset = gradient.offset(row);
            gradient.values()[offset + column] += i;
            expected[row][column] += i;
        }
        int touched = 0;
        for (int i = 0; i < gradient.size(); i++) {
            for (int j = 0; j < COLUMNS; j++) {
                assertThat(gradient.values()[i * COLUMNS + j]).isEqualTo(expected[gradient.row(i)][j]);
                expected[gradient.row(i)][j] = 0;
            }
            touched++;
        }
        assertThat(touched).isBetween(3000, 5000);
        assertThat(expected).isDeepEqualTo(new float[5000][COLUMNS]);
    }

    @Test
    void rowsKeepTheOrderInWhichTheyCome() {
        Gradient.ByRow gradient = byRow(weight);
        int[] rows = {7, 0, 4999, 7, 3, 0};
        int[] slots = {0, 1, 2, 0, 3, 1};
        for (int i = 0; i < rows.length; i++) {
            assertThat(gradient.offset(rows[i])).isEqualTo(slots[i] * COLUMNS);
        }
        assertThat(gradient.size()).isEqualTo(4);
        assertThat(gradient.row(2)).isEqualTo(4999);
    }

    @Test
    void clearedRowsComeBackAsZeros() {
        Gradient.ByRow gradient = byRow(weight);
        for (int round = 0; round < 3; round++) {
            for (int row = 0; row < 10 + round; row++) {
                int offset = gradient.offset(row * 3);
                for (int j = 0; j < COLUMNS; j++) {
                    assertThat(gradient.values()[offset + j]).isZero();
                    gradient.values()[offset + j] = 1;
                }
            }
            assertThat(gradient.size()).isEqualTo(10 + round);
            gradient.clear();
            assertThat(gradient.size()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 5000, Integer.MAX_VALUE})
    void rowsBeyondTheParameterAreRefused(int row) {
        assertThatThrownBy(() -> byRow(bias).offset(row)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void clearMakesZeros() {
        Gradients gradients = filled(Gradients.dense(parameters));
        gradients.clear();
        assertThat(gradients.dense(weight).array()).containsOnly(0f);
        try (Workspace workspace = Workspace.ofThreads(1)) {
            assertThat(gradients.norm(workspace)).isZero();
        }
    }

    @Test
    void denseNormAndThatByRowAgree() {
        Gradients dense = filled(Gradients.dense(parameters));
        Gradients byRow = filled(Gradients.byRow(parameters));
        double expected = 0;
        for (Gradient gradient : dense) {
            for (float g : dense.dense(gradient.parameter()).array()) {
                expected += (double) g * g;
            }
        }
        try (Workspace workspace = Workspace.ofThreads(2)) {
            assertThat(dense.norm(workspace)).isCloseTo(Math.sqrt(expected), within(1e-10 * expected));
            assertThat(byRow.norm(workspace)).isCloseTo(Math.sqrt(expected), within(1e-10 * expected));
            assertThat(byRow.and(Gradients.dense(Parameters.of())).norm(workspace))
                    .isEqualTo(byRow.norm(workspace));
            assertThat(Gradients.dense(Parameters.of()).norm(workspace)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8})
    void normHasTheSameBitsOnAnyNumberOfThreads(int threads) {
        Gradients gradients = filled(Gradients.dense(parameters));
        try (Workspace one = Workspace.ofThreads(1);
                Workspace more = Workspace.ofThreads(threads)) {
            assertThat(gradients.norm(more)).isEqualTo(gradients.norm(one));
        }
    }

    @Test
    void normOfNotANumberIsNotANumber() {
        Gradients gradients = Gradients.dense(parameters);
        gradients.dense(weight).set(4000, 3, Float.NaN);
        try (Workspace workspace = Workspace.ofThreads(2)) {
            assertThat(gradients.norm(workspace)).isNaN();
        }
    }

    private static Gradients filled(Gradients gradients) {
        for (Gradient gradient : gradients) {
            SplittableRandom random = new SplittableRandom(7);
            int columns = gradient.parameter().value().columns();
            for (int row = 0; row < gradient.parameter().value().rows(); row++) {
                float[] values;
                int offset;
                switch (gradient) {
                    case Gradient.Dense dense -> {
                        values = dense.value().array();
                        offset = row * columns;
                    }
                    case Gradient.ByRow rows -> {
                        offset = rows.offset(row);
                        values = rows.values();
                    }
                }
                for (int j = 0; j < columns; j++) {
                    values[offset + j] = (float) random.nextDouble(-1, 1);
                }
            }
        }
        return gradients;
    }

    private static Gradient.ByRow byRow(Parameter parameter) {
        return (Gradient.ByRow) Gradients.byRow(Parameters.of(parameter)).of(parameter);
    }
}

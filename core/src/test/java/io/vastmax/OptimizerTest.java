package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptimizerTest {
    private static final int ROWS = 300;
    private static final int COLUMNS = 101;
    private static final double RATE = 0.02;
    private static final double SCALE = 0.75;
    private static final int STEPS = 12;

    /** One element under an optimizer, in double precision: {@code w(t)} from {@code w(t-1)} and a gradient. */
    @FunctionalInterface
    interface Recurrence {
        double next(double w, double g, double[] state, int t);
    }

    @SuppressWarnings("ImmutableEnumChecker")
    enum Kind {
        SGD(p -> Optimizer.sgd(p, 0), (w, g, s, t) -> w - RATE * g),
        MOMENTUM(p -> Optimizer.sgd(p, 0.9), (w, g, s, t) -> {
            s[0] = 0.9 * s[0] + g;
            return w - RATE * s[0];
        }),
        ADAGRAD(p -> Optimizer.adagrad(p, 1e-6), (w, g, s, t) -> {
            s[0] += g * g;
            return w - RATE * g / (Math.sqrt(s[0]) + 1e-6);
        }),
        ADAM(Optimizer::adam, (w, g, s, t) -> adamW(w, g, s, t, 0.9, 0.999, 1e-8, 0)),
        ADAM_W(p -> Optimizer.adamW(p, 0.8, 0.95, 1e-5, 0.1), (w, g, s, t) -> adamW(w, g, s, t, 0.8, 0.95, 1e-5, 0.1));

        final Function<Parameters, Optimizer> make;
        final Recurrence recurrence;

        Kind(Function<Parameters, Optimizer> make, Recurrence recurrence) {
            this.make = make;
            this.recurrence = recurrence;
        }

        private static double adamW(
                double w, double g, double[] s, int t, double beta1, double beta2, double epsilon, double decay) {
            s[0] = beta1 * s[0] + (1 - beta1) * g;
            s[1] = beta2 * s[1] + (1 - beta2) * g * g;
            double m = s[0] / (1 - Math.pow(beta1, t));
            double v = s[1] / (1 - Math.pow(beta2, t));
            return w - RATE * decay * w - RATE * m / (Math.sqrt(v) + epsilon);
        }
    }

    private final Workspace workspace = Workspace.ofThreads(2);
    private final Parameter weight = parameter();
    private final Parameters parameters = Parameters.of(weight);

    @ParameterizedTest
    @EnumSource
    void isItsFormula(Kind kind) {
        double[] expected = new double[ROWS * COLUMNS];
        double[][] state = new double[ROWS * COLUMNS][2];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = weight.value().array()[i];
        }
        Optimizer optimizer = kind.make.apply(parameters);
        Gradients gradients = Gradients.dense(parameters);
        for (int t = 1; t <= STEPS; t++) {
            assertThat(optimizer.steps()).isEqualTo(t - 1);
            float[] g = gradients.dense(weight).array();
            fill(g, t);
            for (int i = 0; i < expected.length; i++) {
                expected[i] = kind.recurrence.next(expected[i], SCALE * g[i], state[i], t);
            }
            optimizer.step(gradients, RATE, SCALE, workspace);
        }
        float[] w = weight.value().array();
        for (int i = 0; i < w.length; i++) {
            if (!(Math.abs(w[i] - expected[i]) <= 2e-6)) {
                assertThat((double) w[i]).as("element %d", i).isEqualTo(expected[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void byRowIsDenseWhereAllRowsAreTouched(Kind kind) {
        Parameter other = parameter();
        Optimizer dense = kind.make.apply(parameters);
        Optimizer sparse = kind.make.apply(Parameters.of(other));
        Gradients gradients = Gradients.dense(parameters);
        Gradients byRow = Gradients.byRow(Parameters.of(other));
        for (int t = 1; t <= 4; t++) {
            fill(gradients.dense(weight).array(), t);
            byRow.clear();
            for (int row = ROWS - 1; row >= 0; row--) {
                copyRow(gradients.dense(weight), row, (Gradient.ByRow) byRow.of(other));
            }
            dense.step(gradients, RATE, SCALE, workspace);
            sparse.step(byRow, RATE, SCALE, workspace);
        }
        assertSameBits(other, weight);
    }

    /** Their moments and decay neither: a row that is touched again goes on as if nothing had been between. */
    @ParameterizedTest
    @EnumSource
    void untouchedRowsDoNotMove(Kind kind) {
        Optimizer optimizer = kind.make.apply(parameters);
        Gradients byRow = Gradients.byRow(parameters);
        Matrix before = weight.value().copy();
        Matrix gradient = Matrix.zeros(ROWS, COLUMNS);
        for (int t = 1; t <= 3; t++) {
            fill(gradient.array(), t);
            byRow.clear();
            copyRow(gradient, 7, (Gradient.ByRow) byRow.of(weight));
            copyRow(gradient, 299, (Gradient.ByRow) byRow.of(weight));
            optimizer.step(byRow, RATE, SCALE, workspace);
        }
        for (int row = 0; row < ROWS; row++) {
            boolean touched = row == 7 || row == 299;
            assertThat(Arrays.equals(row(weight.value(), row), row(before, row)))
                    .as("row %d", row)
                    .isNotEqualTo(touched);
            for (Parameter moment : optimizer.state()) {
                assertThat(Arrays.equals(row(moment.value(), row), new float[COLUMNS]))
                        .as("row %d of %s", row, moment)
                        .isNotEqualTo(touched);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void stepsHaveTheSameBitsOnAnyNumberOfThreads(Kind kind) {
        train(kind.make.apply(parameters), weight, 0, STEPS, workspace);
        for (int threads : new int[] {1, 3, 8}) {
            Parameter other = parameter();
            try (Workspace more = Workspace.ofThreads(threads)) {
                train(kind.make.apply(Parameters.of(other)), other, 0, STEPS, more);
            }
            assertSameBits(other, weight);
        }
    }

    @ParameterizedTest
    @EnumSource
    void resumesFromItsState(Kind kind) {
        train(kind.make.apply(parameters), weight, 0, STEPS, workspace);
        Parameter other = parameter();
        Optimizer first = kind.make.apply(Parameters.of(other));
        train(first, other, 0, 5, workspace);
        Optimizer second = kind.make.apply(Parameters.of(other));
        for (Parameter moment : first.state()) {
            float[] to = second.state().get(moment.name()).value().array();
            System.arraycopy(moment.value().array(), 0, to, 0, to.length);
        }
        second.resume(first.steps());
        train(second, other, 5, STEPS, workspace);
        assertSameBits(other, weight);
        assertThat(second.steps()).isEqualTo(STEPS);
    }

    @Test
    void stateIsNamedAfterItsParameter() {
        Parameters two = parameters.and(Parameters.of(new Parameter("bias", Matrix.zeros(3, 1))));
        assertThat(Optimizer.sgd(two, 0).state()).isEmpty();
        assertThat(Optimizer.sgd(two, 0.5).state())
                .extracting(Parameter::name)
                .containsExactly("weight.momentum", "bias.momentum");
        assertThat(Optimizer.adagrad(two, 1e-8).state())
                .extracting(Parameter::name)
                .containsExactly("weight.sum", "bias.sum");
        assertThat(Optimizer.adam(two).state())
                .extracting(Parameter::toString)
                .containsExactly("weight.m 300 x 101", "weight.v 300 x 101", "bias.m 3 x 1", "bias.v 3 x 1");
    }

    @Test
    void refusesAParameterThatItWasNotMadeFor() {
        Parameter stranger = new Parameter("weight", Matrix.zeros(1, 2));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        Optimizer.adam(parameters).step(Gradients.dense(Parameters.of(stranger)), RATE, 1, workspace))
                .withMessage("This optimizer was not made for weight 1 x 2");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1, Double.NaN})
    void refusesSettingsByName(double wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.sgd(parameters, wrong))
                .withMessageContaining("momentum = " + wrong);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.adagrad(parameters, wrong))
                .withMessageContaining("epsilon = " + wrong);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.adamW(parameters, wrong, 0.9, 1e-8, 0))
                .withMessageContaining("beta1 = " + wrong);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.adamW(parameters, 0.9, wrong, 1e-8, 0))
                .withMessageContaining("beta2 = " + wrong);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.adamW(parameters, 0.9, 0.9, wrong, 0))
                .withMessageContaining("epsilon = " + wrong);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.adamW(parameters, 0.9, 0.9, 1e-8, -1))
                .withMessageContaining("decay = -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.adam(parameters).resume(-1))
                .withMessageContaining("steps = -1");
    }

    @Test
    void clipBringsANormDownToTheLimit() {
        assertThat(Optimizer.clip(8, 2)).isEqualTo(0.25);
        assertThat(Optimizer.clip(2, 2)).isEqualTo(1);
        assertThat(Optimizer.clip(0.5, 2)).isEqualTo(1);
        assertThat(Optimizer.clip(0, 2)).isEqualTo(1);
        assertThat(Optimizer.clip(1e30, Double.POSITIVE_INFINITY)).isEqualTo(1);
        for (double norm : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> Optimizer.clip(norm, 1))
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageContaining("" + norm);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN})
    void clipRefusesALimit(double limit) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Optimizer.clip(3, limit))
                .withMessageContaining("limit = " + limit);
    }

    private static void train(Optimizer optimizer, Parameter parameter, int from, int to, Workspace workspace) {
        Gradients gradients = Gradients.dense(Parameters.of(parameter));
        for (int t = from; t < to; t++) {
            fill(gradients.dense(parameter).array(), t);
            optimizer.step(gradients, RATE, SCALE, workspace);
        }
    }

    /** Random numbers, but zero in some places, as where no gradient comes in. */
    private static void fill(float[] array, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < array.length; i++) {
            array[i] = i % 11 == 3 ? 0 : (float) random.nextDouble(-1, 1);
        }
        array[7 * COLUMNS + 3] = 1;
    }

    private static void copyRow(Matrix from, int row, Gradient.ByRow to) {
        int offset = to.offset(row);
        System.arraycopy(from.array(), row * COLUMNS, to.values(), offset, COLUMNS);
    }

    private static float[] row(Matrix matrix, int row) {
        return Arrays.copyOfRange(matrix.array(), row * COLUMNS, (row + 1) * COLUMNS);
    }

    private static Parameter parameter() {
        Matrix matrix = Matrix.zeros(ROWS, COLUMNS);
        fill(matrix.array(), 99);
        return new Parameter("weight", matrix);
    }

    private static void assertSameBits(Parameter actual, Parameter expected) {
        assertThat(Arrays.mismatch(actual.value().array(), expected.value().array()))
                .as("first element that differs")
                .isEqualTo(-1);
    }
}

package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CosineSoftmax;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Margin;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cosine softmax passes the contract, and its margins are those of their papers. */
class CosineSoftmaxContractTest {
    abstract static class Contract extends OutputLayerContract<CosineSoftmax> {
        @Override
        protected CosineSoftmax create(int classes, int width, RandomKey key) {
            return CosineSoftmax.create(classes, width, 6, key);
        }

        @Override
        protected CosineSoftmax minimising(CosineSoftmax layer, CrossEntropy crossEntropy) {
            return layer.minimising(crossEntropy);
        }

        /** What a vector's length does not change is taken away from a gradient: what is left is rounded as the whole. */
        @Override
        protected double gradientNoise() {
            return 2e-6;
        }

        @Override
        protected Set<CrossEntropy.Feature> refused() {
            return EnumSet.of(CrossEntropy.Feature.NOISE);
        }

        @Override
        protected double[][] logProbs(CosineSoftmax layer, Point at) {
            Precision precision = at.precision();
            double[][] cosines = cosines(at);
            double[][] logProbs = new double[cosines.length][];
            for (int n = 0; n < cosines.length; n++) {
                double[] z = new double[cosines[n].length];
                for (int v = 0; v < z.length; v++) {
                    z[v] = Reference.transformed(
                            precision.round(layer.scale() * cosines[n][v]), precision, layer.transform());
                }
                logProbs[n] = precision.logSoftmax(z);
            }
            return logProbs;
        }

        /** Loss and gradients under margins small and large, of which some rows are beyond pi - m. */
        @ParameterizedTest
        @ValueSource(doubles = {0.1, 0.35, 0.5, 1.2, 2.5})
        void margins(double m) {
            for (Shape shape : new Shape[] {new Shape(13, 5, 6), new Shape(300, 20, 40), new Shape(1000, 5, 300)}) {
                Problem<CosineSoftmax> plain = problem(shape);
                float[] upstream = new float[shape.rows()];
                for (int n = 0; n < upstream.length; n++) {
                    upstream[n] = (n % 3 - 0.75f) / 2;
                }
                for (Margin margin : new Margin[] {Margin.additive(m), Margin.additiveAngular(m)}) {
                    for (double e : new double[] {0, 0.2}) {
                        CosineSoftmax layer = plain.objective()
                                .minimising(CrossEntropy.MEAN.withMargin(margin).smoothing(e));
                        checkAgainst(
                                new Problem<>(layer, plain.hidden(), plain.targets()),
                                at -> loss(layer, at, plain.targets(), null));
                        CosineSoftmax warm = layer.transforming(LogitTransform.IDENTITY.withTemperature(1.6));
                        checkAgainst(
                                new Problem<>(warm, plain.hidden(), plain.targets(), upstream),
                                at -> loss(warm, at, plain.targets(), upstream));
                    }
                }
            }
        }

        @Test
        void refusesNoiseAndSeveralTargetsUnderAMargin() {
            CosineSoftmax layer = create(5, 3, Problem.KEY);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> layer.minimising(CrossEntropy.MEAN.withMargin(Margin.noise(0.1))))
                    .withMessageContainingAll("cosine", "noise 0.1");
            CosineSoftmax margin = layer.minimising(CrossEntropy.MEAN.withMargin(Margin.additive(0.1)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> margin.lossAndGradients(
                            Matrix.zeros(1, 3), Targets.ofSeveral(new int[] {0, 2}), step(workspace()), null, null))
                    .withMessageContaining("targets");
        }
    }

    @Nested
    class Plenty extends Contract {}

    @Nested
    class InLittleMemory extends Contract {
        @Override
        protected Workspace workspace(int threads) {
            return Workspace.of(threads, 1 << 20);
        }
    }

    private static double[][] cosines(Point at) {
        Precision precision = at.precision();
        double[][] weight = at.block("cosine.weight");
        double[][] hidden = at.hidden();
        double[][] cosines = new double[hidden.length][weight.length];
        for (int n = 0; n < hidden.length; n++) {
            for (int v = 0; v < weight.length; v++) {
                cosines[n][v] = precision.round(precision.dot(hidden[n], weight[v])
                        / precision.round(length(hidden[n], precision) * length(weight[v], precision)));
            }
        }
        return cosines;
    }

    private static double length(double[] x, Precision precision) {
        return precision.round(Math.sqrt(precision.dot(x, x)));
    }

    private static double loss(CosineSoftmax layer, Point at, Targets targets, float @Nullable [] upstream) {
        double m = layer.objective().margin().size();
        double e = layer.objective().labelSmoothing();
        double sum = 0;
        double[][] cosines = cosines(at);
        for (int n = 0; n < cosines.length; n++) {
            double[] z = cosines[n];
            int y = targets.id(n);
            double theta = Math.acos(z[y]);
            if (layer.objective().margin().kind() == Margin.Kind.ADDITIVE) {
                z[y] -= m;
            } else {
                z[y] = theta + m < Math.PI ? Math.cos(theta + m) : z[y] - m * Math.sin(Math.PI - m);
            }
            for (int v = 0; v < z.length; v++) {
                z[v] = Reference.transformed(layer.scale() * z[v], Precision.DOUBLE, layer.transform());
            }
            double[] logProbs = Precision.DOUBLE.logSoftmax(z);
            double all = 0;
            for (double logProb : logProbs) {
                all -= logProb;
            }
            double loss = (1 - e) * -logProbs[y] + e / z.length * all;
            sum += upstream == null ? loss / cosines.length : upstream[n] * loss;
        }
        return sum;
    }

    /** Near its class a vector has nothing to gain and nothing to lose by much, whatever rounding makes of the angle. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5, 0})
    void anAngularMarginNearAlignment(double theta) {
        int width = 64;
        CosineSoftmax layer = CosineSoftmax.create(3, width, 4, Problem.KEY)
                .minimising(CrossEntropy.MEAN.withMargin(Margin.additiveAngular(0.5)));
        float[] w = layer.weight().value().array();
        double length = 0;
        double along = 0;
        for (int i = 0; i < width; i++) {
            length += w[i] * w[i];
            along += w[i] * w[width + i];
        }
        Matrix hidden = Matrix.zeros(1, width);
        for (int i = 0; i < width; i++) {
            double across = w[width + i] - along / length * w[i];
            hidden.set(0, i, (float) (w[i] * Math.cos(theta) + across * Math.sin(theta)));
        }
        try (Workspace workspace = Workspace.ofThreads(1)) {
            Matrix gradient = new Problem<>(layer, hidden, Targets.of(0))
                    .evaluate(workspace)
                    .gradient(Point.HIDDEN);
            double size = 0;
            double scale = 0;
            for (int i = 0; i < width; i++) {
                size += gradient.get(0, i) * gradient.get(0, i);
                scale += hidden.get(0, i) * hidden.get(0, i);
            }
            // |dz/dtheta| is at most s, the loss's derivative by it at most 1 for each class
            assertThat(Math.sqrt(size * scale)).isLessThan(2 * 4);
        }
    }

    /** Only directions count: lengths change nothing. */
    @Test
    void lengthsDoNotCount() {
        Problem<CosineSoftmax> problem = Problem.of(CosineSoftmax.create(40, 7, 10, Problem.KEY), 5);
        try (Workspace workspace = Workspace.ofThreads(1)) {
            double[] before = problem.losses(workspace);
            float[] weight = problem.objective().weight().value().array();
            for (int i = 0; i < weight.length; i++) {
                weight[i] *= 1 + i / 7;
            }
            float[] hidden = problem.hidden().array();
            for (int i = 0; i < hidden.length; i++) {
                hidden[i] *= 3;
            }
            double[] after = problem.losses(workspace);
            for (int n = 0; n < 5; n++) {
                assertThat(after[n]).isCloseTo(before[n], within(2e-6));
            }
        }
    }

    /** Vectors of zeros have no direction: their cosines are 0, and nothing is NaN. */
    @Test
    void zerosAreNoTrouble() {
        CosineSoftmax layer = CosineSoftmax.of(Matrix.zeros(4, 3), 10)
                .minimising(CrossEntropy.MEAN.withMargin(Margin.additiveAngular(0.5)));
        Problem<CosineSoftmax> problem = new Problem<>(layer, Matrix.zeros(2, 3), Targets.of(1, 2));
        try (Workspace workspace = Workspace.ofThreads(1)) {
            Problem.Evaluation evaluation = problem.evaluate(workspace);
            assertThat(evaluation.loss()).isFinite();
            evaluation.gradients().forEach((name, gradient) -> {
                for (float g : gradient.array()) {
                    assertThat(g).as(name).isFinite();
                }
            });
        }
    }

    @Test
    void refusesByNameAndValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CosineSoftmax.create(5, 3, 0, Problem.KEY))
                .withMessage("scale = 0.0: must be positive and finite");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Margin.additive(-0.1))
                .withMessage("margin = -0.1: must be finite and not negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Margin.additiveAngular(3.2))
                .withMessage("margin = 3.2: must be from 0 to below pi");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FullSoftmax.create(5, 3, Problem.KEY)
                        .minimising(CrossEntropy.MEAN.withMargin(Margin.additive(0.1))))
                .withMessageContainingAll("full softmax", "additive margin 0.1", "CosineSoftmax");
    }
}

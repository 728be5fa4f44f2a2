package io.vastmax;

/** {@link Optimizer#adagrad}. */
final class Adagrad extends ElementwiseOptimizer {
    private final float epsilon;
    private float rate;
    private float scale;

    Adagrad(Parameters parameters, double epsilon) {
        super(parameters, "sum");
        check("epsilon", epsilon, epsilon > 0 && epsilon < 1, "between 0 and 1");
        this.epsilon = (float) epsilon;
    }

    @Override
    void begin(long step, double rate, double scale) {
        this.rate = (float) rate;
        this.scale = (float) scale;
    }

    @Override
    void update(float[] w, float[][] moments, int from, float[] g, int gFrom, int length) {
        float[] s = moments[0];
        for (int i = 0; i < length; i++) {
            float gi = scale * g[gFrom + i];
            s[from + i] += gi * gi;
            w[from + i] -= rate * gi / ((float) Math.sqrt(s[from + i]) + epsilon);
        }
    }
}

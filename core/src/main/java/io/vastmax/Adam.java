package io.vastmax;

/** {@link Optimizer#adamW}. */
final class Adam extends ElementwiseOptimizer {
    private final double beta1;
    private final double beta2;
    private final float epsilon;
    private final double decay;
    private float keep;
    private float stepSize;
    private float correction;
    private float scale;

    Adam(Parameters parameters, double beta1, double beta2, double epsilon, double decay) {
        super(parameters, "m", "v");
        check("beta1", beta1, beta1 >= 0 && beta1 < 1, "from 0 to below 1");
        check("beta2", beta2, beta2 >= 0 && beta2 < 1, "from 0 to below 1");
        check("epsilon", epsilon, epsilon > 0 && epsilon < 1, "between 0 and 1");
        check("decay", decay, decay >= 0 && Double.isFinite(decay), "from 0 and finite");
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = (float) epsilon;
        this.decay = decay;
    }

    @Override
    void begin(long step, double rate, double scale) {
        double t = step + 1.0;
        this.keep = (float) (1 - rate * decay);
        this.stepSize = (float) (rate / (1 - Math.pow(beta1, t)));
        this.correction = (float) (1 / Math.sqrt(1 - Math.pow(beta2, t)));
        this.scale = (float) scale;
    }

    @Override
    void update(float[] w, float[][] moments, int from, float[] g, int gFrom, int length) {
        float[] m = moments[0];
        float[] v = moments[1];
        float b1 = (float) beta1;
        float c1 = (float) (1 - beta1);
        float b2 = (float) beta2;
        float c2 = (float) (1 - beta2);
        for (int i = 0; i < length; i++) {
            float gi = scale * g[gFrom + i];
            float mi = b1 * m[from + i] + c1 * gi;
            float vi = b2 * v[from + i] + c2 * gi * gi;
            m[from + i] = mi;
            v[from + i] = vi;
            w[from + i] = keep * w[from + i] - stepSize * mi / ((float) Math.sqrt(vi) * correction + epsilon);
        }
    }
}

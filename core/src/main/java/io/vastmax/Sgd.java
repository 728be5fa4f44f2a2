package io.vastmax;

/** {@link Optimizer#sgd}. */
final class Sgd extends ElementwiseOptimizer {
    private final float momentum;
    private float rate;
    private float scale;

    Sgd(Parameters parameters, double momentum) {
        super(parameters, momentum == 0 ? new String[0] : new String[] {"momentum"});
        check("momentum", momentum, momentum >= 0 && momentum < 1, "from 0 to below 1");
        this.momentum = (float) momentum;
    }

    @Override
    void begin(long step, double rate, double scale) {
        this.rate = (float) rate;
        this.scale = (float) scale;
    }

    @Override
    void update(float[] w, float[][] moments, int from, float[] g, int gFrom, int length) {
        if (momentum == 0) {
            for (int i = 0; i < length; i++) {
                w[from + i] -= rate * scale * g[gFrom + i];
            }
            return;
        }
        float[] b = moments[0];
        for (int i = 0; i < length; i++) {
            b[from + i] = momentum * b[from + i] + scale * g[gFrom + i];
            w[from + i] -= rate * b[from + i];
        }
    }
}

package io.vastmax.djl;

/**
 * The state that an LSTM carries from one window to the next: {@code h} and {@code c}, each {@code layers x B x d}.
 * Mutable: a pass replaces the numbers.
 */
public final class RecurrentState {
    private final int batch;
    private final float[] h;
    private final float[] c;

    RecurrentState(int layers, int batch, int width) {
        this.batch = batch;
        this.h = new float[layers * batch * width];
        this.c = new float[layers * batch * width];
    }

    /** The number of streams. */
    public int batch() {
        return batch;
    }

    float[] h() {
        return h;
    }

    float[] c() {
        return c;
    }
}

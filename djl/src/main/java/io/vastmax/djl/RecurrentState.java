package io.vastmax.djl;

/**
 * The state that an LSTM carries from one window to the next: {@code h} and {@code c}, each {@code layers x B x d}.
 * Mutable: a pass replaces the numbers.
 */
public final class RecurrentState {
    private final int batch;
    private final int width;
    private final float[] h;
    private final float[] c;

    RecurrentState(int layers, int batch, int width) {
        this.batch = batch;
        this.width = width;
        this.h = new float[layers * batch * width];
        this.c = new float[layers * batch * width];
    }

    /** The number of streams. */
    public int batch() {
        return batch;
    }

    /** A state whose stream i is that of {@code from[i]}. */
    RecurrentState gather(int... from) {
        int layers = h.length / (batch * width);
        RecurrentState gathered = new RecurrentState(layers, from.length, width);
        for (int i = 0; i < from.length; i++) {
            gathered.set(i, this, from[i]);
        }
        return gathered;
    }

    /** Replaces a stream by one of another state of the same model. */
    void set(int stream, RecurrentState other, int from) {
        for (int at = 0, source = 0; at < h.length; at += batch * width, source += other.batch * width) {
            System.arraycopy(other.h, source + from * width, h, at + stream * width, width);
            System.arraycopy(other.c, source + from * width, c, at + stream * width, width);
        }
    }

    float[] h() {
        return h;
    }

    float[] c() {
        return c;
    }
}

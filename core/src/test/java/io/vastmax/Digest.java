package io.vastmax;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * A checksum of the bits of what the full softmax computes: trained in much memory and in little, evaluated in a batch and
 * row by row.
 */
final class Digest {
    /**
     * What it is for any number of threads, any width of vectors, and scalar kernels. If this changes, results change for
     * users: change it only along with an algorithm, never to make one of several machines pass.
     */
    static final String EXPECTED = "d46855d3";

    private static final RandomKey KEY = new RandomKey(3, 1);

    private final CRC32 crc = new CRC32();

    private Digest() {}

    static String ofFullSoftmax(int threads) {
        Digest digest = new Digest();
        try (Workspace much = Workspace.ofThreads(threads);
                Workspace little = Workspace.of(threads, 1 << 20)) {
            digest.add(2800, 33, 40, much);
            digest.add(2800, 33, 40, little);
            digest.add(300, 20, 1, much);
        }
        return Long.toHexString(digest.crc.getValue());
    }

    private void add(int classes, int width, int rows, Workspace workspace) {
        FullSoftmax layer = FullSoftmax.create(classes, width, KEY);
        SplittableRandom random = new SplittableRandom(1);
        Matrix hidden = Matrix.zeros(rows, width);
        for (int i = 0; i < rows * width; i++) {
            hidden.array()[i] = (float) random.nextDouble(-3, 3);
        }
        int[] ids = random.ints(rows, 0, classes).toArray();
        Gradients gradients = layer.newGradients();
        Matrix hiddenGradient = Matrix.zeros(rows, width);
        double loss =
                layer.lossAndGradients(hidden, Targets.of(ids), new Step(KEY, workspace), hiddenGradient, gradients);
        add((float) loss);
        add(hiddenGradient.array());
        for (Gradient gradient : gradients) {
            add(gradients.dense(gradient.parameter()).array());
        }
        Matrix logProbs = Matrix.zeros(rows, classes);
        layer.logProbs(hidden, logProbs, workspace);
        add(logProbs.array());
        float[] logProb = new float[rows];
        layer.logProb(hidden, ids, logProb, workspace);
        add(logProb);
        layer.sample(hidden, KEY, ids, workspace);
        TopK top = TopK.of(rows, 5);
        layer.topK(hidden, top, workspace);
        for (int n = 0; n < rows; n++) {
            add(ids[n]);
            for (int rank = 0; rank < 5; rank++) {
                add(top.id(n, rank));
                add(top.logProb(n, rank));
            }
        }
    }

    private void add(float... x) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * x.length);
        bytes.asFloatBuffer().put(x);
        crc.update(bytes.array());
    }
}

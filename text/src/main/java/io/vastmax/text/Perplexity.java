package io.vastmax.text;

import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Workspace;
import io.vastmax.sampling.Logits;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * How well a model predicts a text.
 *
 * @param tokens the tokens predicted
 * @param nats the sum of their negative log-likelihoods
 */
public record Perplexity(long tokens, double nats) {
    /** How much of a stream is read at once, where a model sets no limit. */
    private static final int WINDOW = 1024;

    /** So many logits are asked for at once, or those of one token. */
    private static final int LOGITS = 1 << 24;

    /**
     * That of a text under the exact distribution of a model. The first token is not predicted, every later one is, once.
     *
     * <p>A model without a limit reads the text as one stream. One with a context of n tokens reads it in windows of n, side
     * by side: the first of a window is predicted from what the window before holds, all others from their own.
     *
     * @param text of at least two tokens
     * @param progress told the tokens predicted so far
     * @throws IllegalArgumentException if the text is shorter, or has ids that the model has not
     */
    public static Perplexity of(CausalLanguageModel model, TokenIds text, LongConsumer progress) {
        boolean stream = model.maxLength() == Integer.MAX_VALUE;
        int steps = stream ? WINDOW : (int) Math.min(model.maxLength(), text.size());
        EvaluationWindows windows = EvaluationWindows.of(text, steps);
        int[] inputs = new int[windows.steps()];
        int[] targets = new int[windows.steps()];
        Perplexity sum = new Perplexity(0, 0);
        Decoding decoding = model.start(1);
        try {
            for (long window = 0; window < windows.windows(); window++) {
                int n = windows.read(window, inputs, targets);
                if (window > 0 && !stream) {
                    decoding.close();
                    decoding = model.start(1);
                }
                sum = sum.and(model, decoding, Arrays.copyOf(inputs, n), targets);
                progress.accept(sum.tokens());
            }
        } finally {
            decoding.close();
        }
        return sum;
    }

    private Perplexity and(CausalLanguageModel model, Decoding decoding, int[] inputs, int[] targets) {
        int most = Math.max(1, LOGITS / model.vocabularySize());
        double sum = nats;
        for (int from = 0; from < inputs.length; from += most) {
            int[] block = Arrays.copyOfRange(inputs, from, Math.min(inputs.length, from + most));
            List<Logits> rows = decoding.feed(new int[][] {block}, block.length);
            for (int t = 0; t < block.length; t++) {
                int target = targets[from + t];
                if (target >= rows.get(t).size()) {
                    throw new IllegalArgumentException(
                            "text: its token " + target + " is none of the model's, whose vocabulary has "
                                    + rows.get(t).size());
                }
                sum -= rows.get(t).logProb(target);
            }
        }
        return new Perplexity(tokens + inputs.length, sum);
    }

    /** With some more tokens, under the exact distribution of a layer. */
    public Perplexity and(OutputLayer layer, Matrix hidden, int[] targets, Workspace workspace) {
        float[] logProbs = new float[targets.length];
        layer.logProb(hidden, targets, logProbs, workspace);
        double sum = nats;
        for (float logProb : logProbs) {
            sum -= logProb;
        }
        return new Perplexity(tokens + targets.length, sum);
    }

    /** {@code nats / tokens}, the mean loss. */
    public double loss() {
        return nats / tokens;
    }

    /** {@code exp(nats / tokens)}. */
    public double value() {
        return Math.exp(nats / tokens);
    }

    /** {@code nats / tokens / ln 2}. */
    public double bitsPerToken() {
        return nats / tokens / Math.log(2);
    }
}

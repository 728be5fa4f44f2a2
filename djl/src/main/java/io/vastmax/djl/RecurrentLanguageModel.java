package io.vastmax.djl;

import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.text.EvaluationWindows;
import io.vastmax.text.TokenIds;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * A language model: an embedding, LSTM layers (in PyTorch, through DJL), and an output layer of ours.
 *
 * <p>Close it to free PyTorch's memory. Not thread safe.
 */
public final class RecurrentLanguageModel implements AutoCloseable {
    /** Tokens that evaluation takes at a time: a matter of speed alone. */
    private static final int EVALUATION_STEPS = 1024;

    private final Settings settings;
    private final Embedding embedding;
    private final Lstm lstm;
    private final Objective objective;

    /**
     * The size of the body.
     *
     * @param width the size of embeddings and hidden states, d
     * @param layers the number of LSTM layers
     * @param dropout the probability with which training drops an input or output of an LSTM layer
     */
    public record Settings(int width, int layers, double dropout) {
        /** Checks the values. */
        public Settings {
            check("width", width, width >= 1);
            check("layers", layers, layers >= 1);
            if (!(dropout >= 0 && dropout < 1)) {
                throw new IllegalArgumentException("dropout = " + dropout + ": must be from 0 to below 1");
            }
        }

        private static void check(String name, int value, boolean valid) {
            if (!valid) {
                throw new IllegalArgumentException(name + " = " + value + ": must be positive");
            }
        }
    }

    /**
     * A model with random weights.
     *
     * @param objective what it is trained with: as wide as the settings say
     * @throws IllegalArgumentException if the objective has another width
     */
    public RecurrentLanguageModel(Settings settings, Objective objective, RandomKey key) {
        OutputLayer layer = objective.exact();
        if (layer.width() != settings.width()) {
            throw new IllegalArgumentException(
                    "objective has the width " + layer.width() + ", but settings say " + settings.width());
        }
        this.settings = settings;
        this.objective = objective;
        this.embedding = Embedding.create(layer.classes(), settings.width(), key);
        this.lstm = new Lstm(settings.layers(), settings.width(), settings.dropout(), key);
    }

    /** The size of the body. */
    public Settings settings() {
        return settings;
    }

    /** What it is trained with. */
    public Objective objective() {
        return objective;
    }

    /** All parameters: the embedding's, the LSTM's, the objective's. */
    public Parameters parameters() {
        return bodyParameters().and(objective.parameters());
    }

    /** A state of zeros for a number of streams. */
    public RecurrentState zeroState(int batch) {
        return lstm.zeroState(batch);
    }

    /** To be called after the parameters were changed from outside, as by reading a file. */
    public void parametersChanged() {
        lstm.push();
    }

    /**
     * The hidden state after each token.
     *
     * @param ids {@code B x T} ids
     * @param steps T
     * @param state of B streams; replaced with the state after the last token
     */
    public Matrix hidden(int[] ids, int steps, RecurrentState state) {
        int rows = state.batch() * steps;
        float[] x = new float[rows * settings.width()];
        embedding.lookUp(ids, rows, x);
        float[] hidden = new float[x.length];
        lstm.infer(x, steps, state, hidden);
        return Matrix.wrap(rows, settings.width(), hidden);
    }

    /** Takes a stretch of a text. */
    @FunctionalInterface
    public interface Stretch {
        /**
         * Takes the next tokens.
         *
         * @param hidden {@code N x width}
         * @param targets the token that follows each hidden state
         */
        void accept(Matrix hidden, int[] targets);
    }

    /**
     * The hidden states of a text as one stream, a stretch at a time: from a state of zeros, which is carried; the first
     * token is not predicted, every later one is.
     */
    public void forEachStretch(TokenIds text, Stretch sink) {
        EvaluationWindows windows = EvaluationWindows.of(text, EVALUATION_STEPS);
        int[] inputs = new int[EVALUATION_STEPS];
        int[] targets = new int[EVALUATION_STEPS];
        RecurrentState state = zeroState(1);
        for (long window = 0; window < windows.windows(); window++) {
            int n = windows.read(window, inputs, targets);
            sink.accept(hidden(inputs, n, state), Arrays.copyOf(targets, n));
        }
    }

    /**
     * The perplexity of a text under the exact distribution, over the tokens of {@link #forEachStretch}.
     *
     * @param progress told the tokens predicted so far
     */
    public Perplexity perplexity(TokenIds text, Workspace workspace, LongConsumer progress) {
        Perplexity[] sum = {new Perplexity(0, 0)};
        forEachStretch(text, (hidden, targets) -> {
            sum[0] = sum[0].and(objective.exact(), hidden, targets, workspace);
            progress.accept(sum[0].tokens());
        });
        return sum[0];
    }

    @Override
    public void close() {
        lstm.close();
    }

    Parameters bodyParameters() {
        return embedding.parameters().and(lstm.parameters());
    }

    /** Zeros: by row for the embedding, dense for the LSTM. */
    Gradients newBodyGradients() {
        return Gradients.byRow(embedding.parameters()).and(Gradients.dense(lstm.parameters()));
    }

    /**
     * The mean loss of a window and its gradients.
     *
     * @param layerNanos receives the time spent in the objective, in its first element
     */
    double lossAndGradients(
            int[] inputs,
            int[] targets,
            RecurrentState state,
            Step step,
            Gradients body,
            Gradients layer,
            long[] layerNanos) {
        int rows = inputs.length;
        float[] x = new float[rows * settings.width()];
        embedding.lookUp(inputs, rows, x);
        double[] loss = new double[1];
        lstm.train(
                x,
                rows / state.batch(),
                state,
                step.key().row(2).nextLong(),
                (hidden, hiddenGradient) -> {
                    long start = System.nanoTime();
                    loss[0] = objective.lossAndGradients(hidden, Targets.of(targets), step, hiddenGradient, layer);
                    layerNanos[0] = System.nanoTime() - start;
                },
                body);
        embedding.addGradients(inputs, rows, x, body);
        return loss[0];
    }
}

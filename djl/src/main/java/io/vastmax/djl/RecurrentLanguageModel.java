package io.vastmax.djl;

import io.vastmax.Embedding;
import io.vastmax.Gradients;
import io.vastmax.InputLayer;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.text.EvaluationWindows;
import io.vastmax.text.Perplexity;
import io.vastmax.text.TokenIds;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * A language model: an input layer of ours, LSTM layers (in PyTorch, through DJL), and an output layer of ours, with which the
 * first may be tied.
 *
 * <p>Close it to free PyTorch's memory. Not thread safe.
 */
public final class RecurrentLanguageModel implements AutoCloseable {
    /** Tokens that evaluation takes at a time: a matter of speed alone. */
    private static final int EVALUATION_STEPS = 1024;

    private final Settings settings;
    private final InputLayer input;
    private final Lstm lstm;
    private final Objective objective;

    /** For the input layer alone, which computes little: one thread, so that nothing depends on a caller's. */
    private final Workspace scratch = Workspace.ofThreads(1);

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
     * A model with random weights and an embedding of its own.
     *
     * @param objective what it is trained with: as wide as the settings say
     * @throws IllegalArgumentException if the objective has another width
     */
    public RecurrentLanguageModel(Settings settings, Objective objective, RandomKey key) {
        this(settings, Embedding.create(objective.exact().classes(), settings.width(), key), objective, key);
    }

    /**
     * A model with random weights in its body.
     *
     * @param input what it reads: as wide as the settings say, and of the objective's classes; parameters that it shares with
     *     the objective are trained by the gradients of both
     * @param objective what it is trained with, as wide
     * @throws IllegalArgumentException if the input or the objective has another width, or they have other classes, or
     *     parameters of the same name that they do not share
     */
    public RecurrentLanguageModel(Settings settings, InputLayer input, Objective objective, RandomKey key) {
        OutputLayer layer = objective.exact();
        checkWidth("objective", layer.width(), settings);
        checkWidth("input", input.width(), settings);
        if (input.classes() != layer.classes()) {
            throw new IllegalArgumentException(
                    "input has " + input.classes() + " classes, but objective " + layer.classes());
        }
        input.parameters().and(objective.parameters()); // refuses two of one name
        this.settings = settings;
        this.input = input;
        this.objective = objective;
        this.lstm = new Lstm(settings.layers(), settings.width(), settings.dropout(), key);
    }

    /**
     * A model with random weights in its body, which reads the vectors by which it predicts ({@link TiedInput}), times
     * {@code sqrt(d)}.
     *
     * @throws IllegalArgumentException if the objective has another width, or its layer no vectors that an input could read
     */
    public static RecurrentLanguageModel tied(Settings settings, Objective objective, RandomKey key) {
        InputLayer input = TiedInput.of(objective.exact());
        return new RecurrentLanguageModel(settings, input, objective, key);
    }

    private static void checkWidth(String name, int width, Settings settings) {
        if (width != settings.width()) {
            throw new IllegalArgumentException(
                    name + " has the width " + width + ", but settings say " + settings.width());
        }
    }

    /** The size of the body. */
    public Settings settings() {
        return settings;
    }

    /** What it is trained with. */
    public Objective objective() {
        return objective;
    }

    /** What it reads. */
    public InputLayer input() {
        return input;
    }

    /** Whether the input and the objective share parameters. */
    public boolean isTied() {
        return TiedInput.isTied(input, objective);
    }

    /** All parameters: the input's, the LSTM's, the objective's; those that are shared are among the objective's. */
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
     * @throws IllegalArgumentException if there are other than {@code B x T} ids, or one is no class
     */
    public Matrix hidden(int[] ids, int steps, RecurrentState state) {
        Matrix x = Matrix.zeros(state.batch() * steps, settings.width());
        input.lookUp(ids, x, scratch);
        Matrix hidden = Matrix.zeros(x.rows(), x.columns());
        lstm.infer(x.array(), steps, state, hidden.array());
        return hidden;
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
            sink.accept(hidden(Arrays.copyOf(inputs, n), n, state), Arrays.copyOf(targets, n));
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
        scratch.close();
    }

    /** All parameters but the objective's. */
    Parameters bodyParameters() {
        return ownInput().and(lstm.parameters());
    }

    private Parameters ownInput() {
        return input.parameters().without(objective.parameters());
    }

    /** Zeros for the gradients of {@link #bodyParameters}: of the LSTM they are dense. */
    Gradients newBodyGradients() {
        return input.newGradients().without(objective.parameters()).and(Gradients.dense(lstm.parameters()));
    }

    /**
     * The mean loss of a window and its gradients.
     *
     * @param body those of {@link #bodyParameters} are added to these
     * @param layer those of the objective's parameters are added to these, those by the input among them
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
        Matrix x = Matrix.zeros(inputs.length, settings.width());
        input.lookUp(inputs, x, step.workspace());
        double[] loss = new double[1];
        lstm.train(
                x.array(),
                inputs.length / state.batch(),
                state,
                step.key().row(2).nextLong(),
                (hidden, hiddenGradient) -> {
                    long start = System.nanoTime();
                    loss[0] = objective.lossAndGradients(hidden, Targets.of(targets), step, hiddenGradient, layer);
                    layerNanos[0] = System.nanoTime() - start;
                },
                body);
        input.addGradients(inputs, x, body.and(layer), step.workspace());
        return loss[0];
    }
}

package io.vastmax.bench;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.translate.TranslateException;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.djl.JointOptimizer;
import io.vastmax.djl.OutputBlock;
import io.vastmax.djl.TiedInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * A step of training a word model as DJL trains: {@code EasyTrain.trainBatch} and {@code Trainer.step}, with an embedding, an LSTM
 * and Adam of DJL's. Windows of the text are taken in turns, each from a state of zeros.
 */
final class TrainingStep implements AutoCloseable {
    static final int BATCH = 32;
    static final int STEPS = 32;
    private static final int WINDOWS = 8;

    private final Model model;
    private final Trainer trainer;
    private final ArrayDataset text;
    private final @Nullable Workspace workspace;
    private final Runnable beside;
    private Iterator<Batch> batches;

    private TrainingStep(
            Frequencies words,
            Block block,
            DefaultTrainingConfig config,
            Runnable beside,
            @Nullable Workspace workspace) {
        this.model = Model.newInstance("words");
        this.beside = beside;
        this.workspace = workspace;
        model.setBlock(block);
        trainer = model.newTrainer(config);
        trainer.initialize(new Shape(BATCH, STEPS));
        NDManager manager = trainer.getManager();
        int[] ids = words.text(BATCH * STEPS * WINDOWS + 1);
        int[] inputs = Arrays.copyOf(ids, ids.length - 1);
        int[] labels = Arrays.copyOfRange(ids, 1, ids.length);
        Shape shape = new Shape(BATCH * WINDOWS, STEPS);
        text = new ArrayDataset.Builder()
                .setData(manager.create(inputs, shape))
                .optLabels(manager.create(labels, shape))
                .setSampling(BATCH, false)
                .build();
        batches = batches();
    }

    /** With a layer of ours; tied to its input, or with DJL's own embedding. */
    static TrainingStep ours(Layer layer, boolean tied, Frequencies words, int width, int threads) {
        Objective objective = layer.of(new Problem(BATCH * STEPS, width, words.classes()));
        Workspace workspace = Workspace.ofThreads(threads);
        OutputBlock output = OutputBlock.of(objective, 0, workspace);
        Block input = tied ? output.embedding(TiedInput.of(objective.exact())) : embedding(words, width);
        Block block = new SequentialBlock().add(input).add(lstm(width)).add(output);
        DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                .optOptimizer(JointOptimizer.adam(block).build());
        return new TrainingStep(words, block, config, () -> {}, workspace);
    }

    /** With DJL's own linear block and softmax cross-entropy. */
    static TrainingStep djl(Frequencies words, int width) {
        Block block = new SequentialBlock()
                .add(embedding(words, width))
                .add(lstm(width))
                .add(Linear.builder().setUnits(words.classes()).build());
        return new TrainingStep(words, block, adam(Loss.softmaxCrossEntropyLoss()), () -> {}, null);
    }

    /** The body by itself, with a loss that costs nothing, and then the layer by itself, without DJL. */
    static TrainingStep apart(Layer layer, Frequencies words, int width, int threads) {
        Block block = new SequentialBlock().add(embedding(words, width)).add(lstm(width));
        Problem problem = new Problem(BATCH * STEPS, width, words.classes());
        Objective objective = layer.of(problem);
        Workspace workspace = Workspace.ofThreads(threads);
        Matrix hidden = problem.hidden();
        Matrix hiddenGradient = Matrix.zeros(hidden.rows(), width);
        Targets targets = Targets.of(words.text(BATCH * STEPS));
        Gradients gradients = objective.newGradients();
        io.vastmax.Optimizer optimizer = io.vastmax.Optimizer.adam(objective.parameters());
        return new TrainingStep(
                words,
                block,
                adam(new Sum()),
                () -> {
                    Step step = new Step(VastmaxLossStep.key(optimizer.steps()), workspace);
                    gradients.clear();
                    objective.lossAndGradients(hidden, targets, step, hiddenGradient, gradients);
                    optimizer.step(gradients, 1e-3, 1, workspace);
                },
                workspace);
    }

    void run() {
        if (!batches.hasNext()) {
            batches = batches();
        }
        try (Batch batch = batches.next()) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
        }
        beside.run();
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
        if (workspace != null) {
            workspace.close();
        }
    }

    private Iterator<Batch> batches() {
        try {
            return trainer.iterateDataset(text).iterator();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
    }

    private static DefaultTrainingConfig adam(Loss loss) {
        return new DefaultTrainingConfig(loss).optOptimizer(Optimizer.adam().build());
    }

    private static Block embedding(Frequencies words, int width) {
        return new IdEmbedding.Builder()
                .setDictionarySize(words.classes())
                .setEmbeddingSize(width)
                .build();
    }

    private static Block lstm(int width) {
        return LSTM.builder()
                .setNumLayers(1)
                .setStateSize(width)
                .optBatchFirst(true)
                .build();
    }

    /** The sum of the hidden states. */
    private static final class Sum extends Loss {
        Sum() {
            super("Sum");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return predictions.head().sum();
        }
    }
}

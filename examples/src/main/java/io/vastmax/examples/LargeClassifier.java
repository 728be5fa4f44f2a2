package io.vastmax.examples;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import io.vastmax.FullSoftmax;
import io.vastmax.RandomKey;
import io.vastmax.djl.JointOptimizer;
import io.vastmax.djl.OutputBlock;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.SampledSoftmax;
import java.util.Objects;
import java.util.SplittableRandom;

/** A classifier with 10,000 classes on dense features that are made up, trained by a sampled softmax, evaluated exactly. */
public final class LargeClassifier {
    private static final int CLASSES = 10_000;
    private static final int FEATURES = 64;
    private static final int WIDTH = 128;
    private static final int BATCH = 500;

    private LargeClassifier() {}

    /** Trains, and prints how often the right class is the likeliest. */
    public static void main(String[] args) throws Exception {
        System.out.printf("The right class is the likeliest of 10,000 in %.1f %% of the examples%n", 100 * run(4));
    }

    static double run(int epochs) throws Exception {
        FullSoftmax softmax = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(1));
        SampledSoftmax sampled = SampledSoftmax.of(softmax, NegativeSampler.distinctUniform(CLASSES, 500));
        try (Model model = Model.newInstance("classifier");
                OutputBlock output = OutputBlock.of(sampled)) {
            Block body = new SequentialBlock()
                    .add(Linear.builder().setUnits(WIDTH).build())
                    .add(Activation::relu);
            Block block = new SequentialBlock().add(body).add(output);
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(JointOptimizer.adam(block)
                            .optLearningRateTracker(Tracker.fixed(0.005f))
                            .build())
                    .addEvaluator(output.accuracy())
                    .addTrainingListeners(new EvaluatorTrainingListener());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(BATCH, FEATURES));
                NDManager manager = trainer.getManager();
                EasyTrain.fit(trainer, epochs, examples(manager, 3, 1), examples(manager, 1, 2));
                model.setBlock(new SequentialBlock().add(body).add(output.topK(5)));
                try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator())) {
                    NDArray one = examples(manager, 1, 2)
                            .getByRange(manager, 41, 42)
                            .getData()
                            .head();
                    NDList top = predictor.predict(new NDList(one));
                    System.out.println("The likeliest classes of an example of class 41: " + top.get(0));
                }
                return Objects.requireNonNull(trainer.getTrainingResult().getValidateEvaluation("Accuracy"));
            }
        }
    }

    /** So many examples of each class, near its point. */
    private static ArrayDataset examples(NDManager manager, int each, long seed) {
        SplittableRandom points = new SplittableRandom(0);
        SplittableRandom noise = new SplittableRandom(seed);
        float[] features = new float[CLASSES * each * FEATURES];
        int[] labels = new int[CLASSES * each];
        for (int c = 0; c < CLASSES; c++) {
            double[] point = points.doubles(FEATURES, -1, 1).toArray();
            for (int e = 0; e < each; e++) {
                labels[c * each + e] = c;
                for (int f = 0; f < FEATURES; f++) {
                    features[(c * each + e) * FEATURES + f] = (float) (point[f] + 0.3 * noise.nextGaussian());
                }
            }
        }
        return new ArrayDataset.Builder()
                .setData(manager.create(features, new Shape(labels.length, FEATURES)))
                .optLabels(manager.create(labels))
                .setSampling(BATCH, true)
                .build();
    }
}

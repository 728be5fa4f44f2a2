package io.vastmax.examples;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import io.vastmax.RandomKey;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.CostCurve;
import io.vastmax.adaptive.Cutoffs;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.djl.JointOptimizer;
import io.vastmax.djl.OutputBlock;
import io.vastmax.djl.TiedInput;
import io.vastmax.text.Corpus;
import java.nio.file.Path;

/** A word model: an LSTM of DJL between an adaptive input and an adaptive softmax, which share their weights. */
public final class LstmLanguageModel {
    private static final int WIDTH = 128;
    private static final int BATCH = 16;
    private static final int STEPS = 32;

    private LstmLanguageModel() {}

    /** Trains on the corpus that is named first, and saves the model to the folder that is named second. */
    public static void main(String[] args) throws Exception {
        System.out.printf("Perplexity of the validation text: %.1f%n", run(Path.of(args[0]), Path.of(args[1]), 6));
    }

    static double run(Path corpus, Path folder, int epochs) throws Exception {
        Words words = Words.of(Corpus.open(corpus, 0));
        long[] counts = words.vocabulary().counts();
        int[] cutoffs = Cutoffs.choose(counts, WIDTH, 2, BATCH * STEPS, Cutoffs.SHARE, CostCurve.standard());
        AdaptiveSoftmax softmax =
                AdaptiveSoftmax.create(FrequencyClusters.of(counts, cutoffs), WIDTH, 2, false, RandomKey.of(1));
        try (Model model = Model.newInstance("lstm");
                OutputBlock output = OutputBlock.of(softmax)) {
            Block body = LSTM.builder()
                    .setNumLayers(1)
                    .setStateSize(WIDTH)
                    .optBatchFirst(true)
                    .build();
            Block input = output.embedding(TiedInput.of(softmax));
            Block block = new SequentialBlock().add(input).add(body).add(output);
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(JointOptimizer.adam(block)
                            .optLearningRateTracker(Tracker.fixed(0.003f))
                            .optClipNorm(1)
                            .build())
                    .addEvaluator(output.perplexity())
                    .addTrainingListeners(new EvaluatorTrainingListener());
            double perplexity;
            try (Trainer trainer = model.newTrainer(config)) {
                perplexity = words.fit(trainer, epochs, BATCH, STEPS);
            }
            model.save(folder, "lstm");

            model.setBlock(new SequentialBlock().add(input).add(body).add(output.topK(5)));
            try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator())) {
                long[] the = {words.vocabulary().id("the")};
                NDList top = predictor.predict(new NDList(model.getNDManager().create(the, new Shape(1, 1))));
                for (int i = 0; i < 5; i++) {
                    String next = words.vocabulary().token((int) top.get(0).getLong(0, 0, i));
                    System.out.printf(
                            "the %s: %.3f%n", next, Math.exp(top.get(1).getFloat(0, 0, i)));
                }
            }
            return perplexity;
        }
    }
}

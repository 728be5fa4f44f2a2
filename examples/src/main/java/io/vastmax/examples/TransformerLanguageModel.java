package io.vastmax.examples;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.transformer.PointwiseFeedForwardBlock;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.listener.EvaluatorTrainingListener;
import io.vastmax.FullSoftmax;
import io.vastmax.RandomKey;
import io.vastmax.djl.JointOptimizer;
import io.vastmax.djl.OutputBlock;
import io.vastmax.djl.TiedInput;
import io.vastmax.text.Corpus;
import java.nio.file.Path;
import java.util.List;

/** A word model with self-attention: two layers of a transformer under a full softmax whose weights are the input's too. */
public final class TransformerLanguageModel {
    private static final int WIDTH = 128;
    private static final int BATCH = 16;
    private static final int STEPS = 32;

    private TransformerLanguageModel() {}

    /** Trains on the corpus that is named, and prints the perplexity of its validation text. */
    public static void main(String[] args) throws Exception {
        System.out.printf("Perplexity of the validation text: %.1f%n", run(Path.of(args[0]), 6));
    }

    static double run(Path corpus, int epochs) throws Exception {
        Words words = Words.of(Corpus.open(corpus, 0));
        FullSoftmax softmax = FullSoftmax.create(words.vocabulary().size(), WIDTH, RandomKey.of(1));
        try (Model model = Model.newInstance("transformer");
                OutputBlock output = OutputBlock.of(softmax)) {
            Block block = new SequentialBlock()
                    .add(output.embedding(TiedInput.of(softmax)))
                    .addSingleton(TransformerLanguageModel::withPositions)
                    .add(layer())
                    .add(layer())
                    .add(LayerNorm.builder().axis(2).build())
                    .add(output);
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(JointOptimizer.adam(block).build())
                    .addEvaluator(output.perplexity())
                    .addTrainingListeners(new EvaluatorTrainingListener());
            try (Trainer trainer = model.newTrainer(config)) {
                return words.fit(trainer, epochs, BATCH, STEPS);
            }
        }
    }

    /** Attention to the words before, then two linear layers, each beside what comes in. */
    private static Block layer() {
        Block causal = new SequentialBlock()
                .add(LayerNorm.builder().axis(2).build())
                .add(x -> new NDList(x.head(), past(x.head())))
                .add(ScaledDotProductAttentionBlock.builder()
                        .setEmbeddingSize(WIDTH)
                        .setHeadCount(4)
                        .build());
        Block linear = new SequentialBlock()
                .add(LayerNorm.builder().axis(2).build())
                .add(new PointwiseFeedForwardBlock(List.of(4 * WIDTH), WIDTH, Activation::gelu));
        return new SequentialBlock().add(residual(causal)).add(residual(linear));
    }

    private static Block residual(Block block) {
        return new ParallelBlock(
                lists -> new NDList(lists.get(0).head().add(lists.get(1).head())),
                List.of(new LambdaBlock(x -> x), block));
    }

    /** One where word t may look at word s, [B, T, T]. */
    private static NDArray past(NDArray x) {
        NDArray steps = x.getManager().arange((int) x.getShape().get(1));
        return steps.expandDims(1)
                .gte(steps.expandDims(0))
                .expandDims(0)
                .repeat(0, x.getShape().get(0));
    }

    /** Sines and cosines of falling frequency (Vaswani et al. 2017). */
    private static NDArray withPositions(NDArray x) {
        NDArray t = x.getManager().arange((float) x.getShape().get(1)).expandDims(1);
        NDArray i = x.getManager().arange(WIDTH / 2f);
        NDArray angles = t.mul(i.mul(-2 * Math.log(1e4) / WIDTH).exp());
        return x.add(angles.sin().concat(angles.cos(), 1));
    }
}

package io.vastmax.examples;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import io.vastmax.text.Corpus;
import io.vastmax.text.Text;
import io.vastmax.text.TokenIds;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.util.Objects;

/**
 * The words of a corpus as data for DJL.
 *
 * @param corpus the texts
 * @param vocabulary the words that occur twice or more in the training text
 */
record Words(Corpus corpus, Vocabulary vocabulary) {
    static Words of(Corpus corpus) throws IOException {
        Vocabulary.Counter counter = new Vocabulary.Counter();
        corpus.train().forEachToken(counter::add);
        return new Words(corpus, counter.build(2));
    }

    /** Trains on windows of the training text, [batch, steps], and returns the perplexity of the validation text's. */
    double fit(Trainer trainer, int epochs, int batch, int steps) throws Exception {
        trainer.initialize(new Shape(batch, steps));
        NDManager manager = trainer.getManager();
        EasyTrain.fit(
                trainer,
                epochs,
                windows(manager, corpus.train(), batch, steps),
                windows(manager, corpus.valid(), batch, steps));
        return Objects.requireNonNull(trainer.getTrainingResult().getValidateEvaluation("Perplexity"));
    }

    /** Windows of a text, one after the other; the label of each word is the next. */
    private ArrayDataset windows(NDManager manager, Text text, int batch, int steps) throws IOException {
        try (TokenIds ids = TokenIds.encode(text, vocabulary)) {
            int windows = Math.toIntExact((ids.size() - 1) / steps);
            int[] inputs = new int[windows * steps];
            int[] labels = new int[windows * steps];
            ids.copy(0, inputs, 0, inputs.length);
            ids.copy(1, labels, 0, labels.length);
            Shape shape = new Shape(windows, steps);
            return new ArrayDataset.Builder()
                    .setData(manager.create(inputs, shape))
                    .optLabels(manager.create(labels, shape))
                    .setSampling(batch, true)
                    .build();
        }
    }
}

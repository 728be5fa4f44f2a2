package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.FullSoftmax;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Workspace;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.PromptLookup;
import io.vastmax.sampling.Sampler;
import io.vastmax.sampling.Selectors;
import io.vastmax.text.Decoding;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.Generation;
import io.vastmax.text.GenerationListener;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecurrentDecoderTest {
    private static final int WORDS = 40;
    private static final int WIDTH = 8;
    private static final int[] LONG = {1, 2, 3, 4, 5, 6};
    private static final int[] SHORT = {7, 8};

    private final Workspace workspace = Workspace.ofThreads(2);
    private final RecurrentLanguageModel model = new RecurrentLanguageModel(
            new RecurrentLanguageModel.Settings(WIDTH, 2, 0),
            FullSoftmax.create(WORDS, WIDTH, RandomKey.of(2)),
            RandomKey.of(3));
    private final RecurrentDecoder decoder = new RecurrentDecoder(model, workspace);

    @AfterEach
    void close() {
        model.close();
        workspace.close();
    }

    /** The log-probabilities after each token of a sequence, run at once. */
    private Matrix reference(int... ids) {
        Matrix logProbs = Matrix.zeros(ids.length, WORDS);
        model.objective().exact().logProbs(model.hidden(ids, ids.length, model.zeroState(1)), logProbs, workspace);
        return logProbs;
    }

    @Test
    void logitsAreLogProbabilitiesOfEachSequenceAlone() {
        try (Decoding decoding = decoder.start(2)) {
            List<Logits> rows = decoding.feed(new int[][] {LONG, SHORT}, 2);
            close(rows.get(0), reference(LONG), 4);
            close(rows.get(1), reference(LONG), 5);
            close(rows.get(2), reference(SHORT), 0);
            close(rows.get(3), reference(SHORT), 1);
            decoding.reorder(1, 0, 1);
            assertThat(decoding.sequences()).isEqualTo(3);
            rows = decoding.feed(new int[] {9}, new int[] {10}, new int[] {11});
            close(rows.get(0), reference(7, 8, 9), 2);
            close(rows.get(1), reference(1, 2, 3, 4, 5, 6, 10), 6);
            close(rows.get(2), reference(7, 8, 11), 2);
            decoding.rollback(3, 2, 0);
            rows = decoding.feed(new int[] {12, 13}, new int[] {14}, new int[] {15});
            close(rows.get(0), reference(12, 13), 1);
            close(rows.get(1), reference(1, 2, 3, 4, 5, 14), 5);
            close(rows.get(2), reference(7, 8, 11, 15), 3);
            assertThatThrownBy(() -> decoding.reorder(3)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> decoding.rollback(0, 0, 5))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tokens[2] = 5: must be from 0 to the 4 of the sequence");
        }
    }

    /** Whatever was fed, taken back and gathered: the logits are those of the tokens that are left. */
    @Test
    void rollbacksOfAnyDepthLeaveWhatStandsBeforeThem() {
        for (int seed = 0; seed < 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<List<Integer>> texts = new ArrayList<>();
            int sequences = random.nextInt(1, 4);
            IntStream.range(0, sequences).forEach(i -> texts.add(new ArrayList<>()));
            try (Decoding decoding = decoder.start(sequences)) {
                for (int step = 0; step < 60; step++) {
                    int last = random.nextInt(1, 4);
                    int same = random.nextInt(3);
                    int[][] tokens = new int[sequences][];
                    Arrays.setAll(
                            tokens,
                            i -> random.ints(last + (same < 2 ? same : random.nextInt(3)), 0, WORDS)
                                    .toArray());
                    List<Logits> rows = decoding.feed(tokens, last);
                    for (int i = 0; i < sequences; i++) {
                        texts.get(i).addAll(Arrays.stream(tokens[i]).boxed().toList());
                        int length = texts.get(i).size();
                        Matrix expected = reference(
                                texts.get(i).stream().mapToInt(id -> id).toArray());
                        for (int row = 0; row < last; row++) {
                            close(rows.get(i * last + row), expected, length - last + row);
                        }
                    }
                    if (random.nextInt(8) == 0) {
                        int[] from = random.ints(sequences, 0, sequences).toArray();
                        decoding.reorder(from);
                        List<List<Integer>> before = List.copyOf(texts);
                        texts.clear();
                        Arrays.stream(from).forEach(i -> texts.add(new ArrayList<>(before.get(i))));
                    }
                    for (int times = random.nextInt(3); times > 0; times--) {
                        int deep = random.nextInt(10) == 0 ? 60 : 4;
                        int[] back = texts.stream()
                                .mapToInt(text -> Math.min(text.size(), random.nextInt(deep)))
                                .toArray();
                        decoding.rollback(back);
                        for (int i = 0; i < sequences; i++) {
                            List<Integer> text = texts.get(i);
                            text.subList(text.size() - back[i], text.size()).clear();
                        }
                    }
                }
            }
        }
    }

    /** The same weights draft for themselves: nearly all passes, and the text is what it is without drafts. */
    @Test
    void aGeneratorWritesTheSameWithDrafts() {
        Generator plain = new Generator(decoder, Detokenizer.bytes(id -> new byte[] {(byte) id}));
        Generator speculative = plain.withDraft(decoder, 3);
        GenerationSettings settings = GenerationSettings.of(Chain.of().select(Selectors.greedy()), 50);
        List<Generation> texts = speculative.generate(List.of(LONG, SHORT), settings, GenerationListener.NONE);
        assertThat(texts)
                .extracting(Generation::tokens)
                .containsExactly(
                        plain.generate(LONG, settings).tokens(),
                        plain.generate(SHORT, settings).tokens());
        assertThat(texts.getFirst().accepted()).isGreaterThan(30);
        Generation looked = plain.withPromptLookup(PromptLookup.of(2, 5)).generate(LONG, settings);
        assertThat(looked.tokens()).isEqualTo(plain.generate(LONG, settings).tokens());
        assertThat(looked.drafted()).isPositive();
    }

    @Test
    void idsThatAreRefusedChangeNothing() {
        try (Decoding decoding = decoder.start(2)) {
            decoding.feed(LONG, SHORT);
            assertThatThrownBy(() -> decoding.feed(new int[] {9, 10}, new int[] {WORDS}))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> decoding.feed(new int[] {9}, new int[] {WORDS}))
                    .isInstanceOf(IllegalArgumentException.class);
            List<Logits> rows = decoding.feed(new int[] {11}, new int[] {12});
            close(rows.get(0), reference(1, 2, 3, 4, 5, 6, 11), 6);
            close(rows.get(1), reference(7, 8, 12), 2);
        }
    }

    /** The loop written out for one sequence draws the same tokens, bit for bit. */
    @Test
    void aGeneratorDrawsWhatALoopOfOneSequenceDraws() {
        Chain chain = Chain.of(Filters.topK(30), Filters.temperature(0.9));
        Sampler sampler = chain.sampler(5).prompt(LONG);
        RecurrentState state = model.zeroState(1);
        Matrix logProbs = Matrix.zeros(1, WORDS);
        List<Integer> expected = new ArrayList<>();
        int[] ids = LONG;
        for (int i = 0; i < 50; i++) {
            float[] hidden = model.hidden(ids, ids.length, state).array();
            float[] last = Arrays.copyOfRange(hidden, hidden.length - WIDTH, hidden.length);
            model.objective().exact().logProbs(Matrix.wrap(1, WIDTH, last), logProbs, workspace);
            ids = new int[] {sampler.sample(logProbs.array())};
            expected.add(ids[0]);
        }
        Generator generator = new Generator(decoder, Detokenizer.bytes(id -> new byte[] {(byte) id}));
        GenerationSettings settings = GenerationSettings.of(chain, 50).withSeed(5);
        assertThat(generator.generate(LONG, settings).tokens()).isEqualTo(expected);
    }

    private static void close(Logits logits, Matrix expected, int row) {
        for (int id = 0; id < WORDS; id++) {
            assertThat(logits.get(id)).isCloseTo(expected.array()[row * WORDS + id], within(1e-6f));
        }
    }
}

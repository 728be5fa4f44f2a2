package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.modality.nlp.generate.SearchConfig;
import ai.djl.modality.nlp.generate.TextGenerator;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.TranslateException;
import io.vastmax.sampling.BeamSettings;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.sampling.Hypothesis;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Selectors;
import io.vastmax.text.Decoding;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.FinishReason;
import io.vastmax.text.Generation;
import io.vastmax.text.GenerationListener;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PredictorLanguageModelTest {
    private static final Chain GREEDY = Chain.of().select(Selectors.greedy());
    private static final Detokenizer TEXT = Detokenizer.bytes(id -> new byte[] {(byte) ('a' + id)});
    private static final int[] LONG = {3, 1, 4, 1, 5, 9, 2, 6};
    private static final int[] SHORT = {2, 7, 1};

    /** One run over the whole sequence, by itself, is what all else must agree with. */
    private static float[] reference(AttentionModel model, int... tokens) {
        try (Decoding decoding = model.languageModel().start(1)) {
            return floats(decoding.feed(tokens).getFirst());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CACHE", "NO_CACHE"})
    void logitsDependNeitherOnPaddingNorOnHowASequenceIsCut(AttentionModel.Output kind) {
        try (AttentionModel model = new AttentionModel(kind)) {
            try (Decoding decoding = model.languageModel().start(3)) {
                List<Logits> rows = decoding.feed(LONG, SHORT, new int[] {8});
                close(rows.get(0), reference(model, LONG));
                close(rows.get(1), reference(model, SHORT));
                close(rows.get(2), reference(model, 8));
                // Different numbers of tokens at once, and the last two rows of each
                rows = decoding.feed(new int[][] {{5, 6}, {1, 2, 3, 4, 5}, {7, 7}}, 2);
                close(rows.get(0), reference(model, and(LONG, 5)));
                close(rows.get(1), reference(model, and(LONG, 5, 6)));
                close(rows.get(2), reference(model, and(SHORT, 1, 2, 3, 4)));
                close(rows.get(3), reference(model, and(SHORT, 1, 2, 3, 4, 5)));
                close(rows.get(5), reference(model, 8, 7, 7));
                rows = decoding.feed(new int[] {1}, new int[] {2}, new int[] {3});
                close(rows.get(0), reference(model, and(LONG, 5, 6, 1)));
                close(rows.get(1), reference(model, and(SHORT, 1, 2, 3, 4, 5, 2)));
                close(rows.get(2), reference(model, 8, 7, 7, 3));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CACHE", "NO_CACHE"})
    void sequencesAreGatheredCopiedAndTakenBack(AttentionModel.Output kind) {
        try (AttentionModel model = new AttentionModel(kind);
                Decoding decoding = model.languageModel().start(2)) {
            decoding.feed(LONG, SHORT);
            decoding.reorder(1, 0, 1);
            List<Logits> rows = decoding.feed(new int[] {4, 4}, new int[] {5}, new int[] {6});
            close(rows.get(0), reference(model, and(SHORT, 4, 4)));
            close(rows.get(1), reference(model, and(LONG, 5)));
            close(rows.get(2), reference(model, and(SHORT, 6)));
            decoding.rollback(1, 4, 0);
            rows = decoding.feed(new int[] {9}, new int[] {8, 7, 6}, new int[] {5});
            close(rows.get(0), reference(model, and(SHORT, 4, 9)));
            close(rows.get(1), reference(model, and(Arrays.copyOf(LONG, 5), 8, 7, 6)));
            close(rows.get(2), reference(model, and(SHORT, 6, 5)));
            // Whole columns go: first those of the long sequence, then all
            decoding.reorder(2, 0);
            assertThat(decoding.sequences()).isEqualTo(2);
            rows = decoding.feed(new int[] {1}, new int[] {2});
            close(rows.get(0), reference(model, and(SHORT, 6, 5, 1)));
            close(rows.get(1), reference(model, and(SHORT, 4, 9, 2)));
            decoding.rollback(2, 2);
            rows = decoding.feed(new int[] {3}, new int[] {4});
            close(rows.get(0), reference(model, and(SHORT, 6, 3)));
            close(rows.get(1), reference(model, and(SHORT, 4, 4)));
            decoding.rollback(5, 5);
            rows = decoding.feed(SHORT, LONG);
            close(rows.get(0), reference(model, SHORT));
            close(rows.get(1), reference(model, LONG));
        }
    }

    /** The padding that a long prompt left goes with it. */
    @Test
    void aShortTextDoesNotKeepTheColumnsOfALongOne() {
        try (AttentionModel model = new AttentionModel(AttentionModel.Output.CACHE);
                Decoding decoding = model.languageModel().start(2)) {
            decoding.feed(LONG, SHORT);
            decoding.reorder(1);
            model.given.clear();
            decoding.feed(new int[] {4});
            assertThat(model.given.get(1).getShape()).isEqualTo(new Shape(1, 2, SHORT.length + 1, 4));
            assertThat(model.runs).containsExactly("2x8", "1x1");
        }
    }

    /** Where there are as many heads as columns, too. */
    @Test
    void aCacheMayHaveOtherAxes() {
        try (AttentionModel model = new AttentionModel(AttentionModel.Output.POSITIONS_FIRST);
                Decoding decoding = model.languageModel().start(2)) {
            decoding.feed(new int[] {1, 2}, new int[] {3});
            decoding.reorder(1);
            close(decoding.feed(new int[] {4, 5}).getFirst(), reference(model, 3, 4, 5));
            decoding.rollback(1);
            close(decoding.feed(new int[] {6}).getFirst(), reference(model, 3, 4, 6));
        }
    }

    @Test
    void aCacheOf16BitsIsGatheredAndTakenBack() {
        try (AttentionModel half = new AttentionModel(AttentionModel.Output.HALF);
                Decoding decoding = half.languageModel().start(2)) {
            decoding.feed(LONG, SHORT);
            decoding.reorder(1, 0, 1);
            decoding.rollback(1, 5, 0);
            List<Logits> rows = decoding.feed(new int[] {9}, new int[] {8, 7}, new int[] {5});
            assertThat(floats(rows.get(0))).containsExactly(reference(half, 2, 7, 9), within(2e-2f));
            assertThat(floats(rows.get(1))).containsExactly(reference(half, 3, 1, 4, 8, 7), within(2e-2f));
            assertThat(floats(rows.get(2))).containsExactly(reference(half, and(SHORT, 5)), within(2e-2f));
        }
    }

    @Test
    void logitsOf16BitsAreReadAsTheyAre() {
        try (AttentionModel half = new AttentionModel(AttentionModel.Output.HALF);
                AttentionModel single = new AttentionModel(AttentionModel.Output.CACHE)) {
            float[] expected = reference(single, LONG);
            float[] read = reference(half, LONG);
            for (int i = 0; i < expected.length; i++) {
                assertThat(read[i]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(expected[i])), within(4e-3f));
            }
            assertThatThrownBy(() -> half.languageModel().start(1).feed(new int[][] {LONG}, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("The model's logits have the shape (1, 1, 11): must be (1, at least 2, 11),"
                            + " of sequences, tokens and vocabulary");
        }
    }

    @Test
    void greedyIsThatOfDjlsTextGenerator() throws TranslateException {
        try (AttentionModel model = new AttentionModel(AttentionModel.Output.CACHE);
                NDManager manager = model.model.getNDManager().newSubManager()) {
            SearchConfig config = new SearchConfig();
            config.setMaxSeqLength(40);
            config.setPadTokenId(10);
            TextGenerator djl = new TextGenerator(model.predictor, "greedy", config);
            Generator generator = new Generator(model.languageModel(), TEXT);
            for (int[] prompt : List.of(LONG, SHORT, new int[] {0})) {
                NDArray ids =
                        manager.create(Arrays.stream(prompt).asLongStream().toArray(), new Shape(1, prompt.length));
                List<Integer> expected = Arrays.stream(djl.generate(ids).toLongArray())
                        .skip(prompt.length)
                        .mapToObj(Math::toIntExact)
                        .toList();
                GenerationSettings settings = GenerationSettings.of(GREEDY, 40 - prompt.length);
                assertThat(generator.generate(prompt, settings).tokens()).isEqualTo(expected);
                // Ours ends at its end token, DJL's goes on
                int end = expected.get(4);
                Generation ended = generator.generate(prompt, settings.withEndTokens(end));
                assertThat(ended.tokens()).isEqualTo(expected.subList(0, expected.indexOf(end) + 1));
                assertThat(ended.finish()).isEqualTo(FinishReason.END_TOKEN);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CACHE", "NO_CACHE"})
    void eachTextOfABatchIsThatOfItsPromptAlone(AttentionModel.Output kind) {
        try (AttentionModel model = new AttentionModel(kind)) {
            Generator generator = new Generator(model.languageModel(), TEXT);
            GenerationSettings settings = GenerationSettings.of(Chain.of(Filters.topP(0.9)), 30)
                    .withSeed(5)
                    .withEndTokens(10)
                    .withStopStrings("jj", "cab");
            List<int[]> prompts = List.of(LONG, SHORT, new int[] {0}, SHORT);
            List<Generation> batch = generator.generate(prompts, settings, GenerationListener.NONE);
            for (int i = 0; i < prompts.size(); i++) {
                assertThat(batch.get(i)).isEqualTo(generator.generate(prompts.get(i), settings.withSequence(i)));
            }
            assertThat(batch.stream().map(text -> text.tokens().size()).distinct())
                    .hasSizeGreaterThan(1);
        }
    }

    /** Greedily the very same texts; and gaps that rejected drafts leave in the cache are closed. */
    @ParameterizedTest
    @EnumSource(names = {"CACHE", "NO_CACHE", "POSITIONS_FIRST"})
    void draftsChangeNoText(AttentionModel.Output kind) {
        try (AttentionModel model = new AttentionModel(kind);
                AttentionModel small = new AttentionModel(kind)) {
            Generator plain = new Generator(model.languageModel(), TEXT);
            GenerationSettings settings = GenerationSettings.of(GREEDY, 60).withEndTokens(10);
            List<int[]> prompts = List.of(LONG, SHORT, new int[] {0}, SHORT, new int[] {5, 5});
            List<Generation> expected = plain.generate(prompts, settings, GenerationListener.NONE);
            // The same weights, the drafts drawn: some pass
            Generator speculative = plain.withDraft(small.languageModel(), Chain.of(Filters.temperature(0.5)), 4);
            int arrays = model.model.getNDManager().getManagedArrays().size();
            List<Long> columns = new ArrayList<>();
            model.runs.clear();
            List<Generation> texts = speculative.generate(prompts, settings, token -> {
                model.given.stream()
                        .filter(array -> !array.isReleased())
                        .forEach(array -> columns.add(array.getShape().get(2)));
                return true;
            });
            if (kind == AttentionModel.Output.CACHE) {
                assertThat(columns).allMatch(width -> width <= LONG.length + 60 + 5);
            }
            assertThat(model.model.getNDManager().getManagedArrays()).hasSize(arrays);
            assertThat(texts)
                    .extracting(Generation::tokens)
                    .isEqualTo(expected.stream().map(Generation::tokens).toList());
            assertThat(texts).allSatisfy(text -> assertThat(text.accepted()).isLessThan(text.drafted()));
            assertThat(model.runs).hasSizeLessThan(40);
        }
    }

    /** Against beam search without a cache. */
    @Test
    void beamsCarryTheirCache() {
        try (AttentionModel model = new AttentionModel(AttentionModel.Output.CACHE);
                AttentionModel plain = new AttentionModel(AttentionModel.Output.NO_CACHE)) {
            BeamSettings settings = BeamSettings.of(4, 12, 10);
            List<Hypothesis> found = new Generator(model.languageModel(), TEXT).beamSearch(LONG, Chain.of(), settings);
            List<Hypothesis> expected =
                    new Generator(plain.languageModel(), TEXT).beamSearch(LONG, Chain.of(), settings);
            assertThat(found)
                    .extracting(Hypothesis::tokens)
                    .isEqualTo(expected.stream().map(Hypothesis::tokens).toList());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CACHE", "NO_CACHE"})
    void nothingGrowsWithTheText(AttentionModel.Output kind) {
        try (AttentionModel model = new AttentionModel(kind)) {
            NDManager manager = model.model.getNDManager();
            int before = manager.getManagedArrays().size();
            List<Integer> during = new ArrayList<>();
            GenerationSettings settings = GenerationSettings.of(GREEDY, 200);
            new Generator(model.languageModel(), TEXT).generate(List.of(SHORT, LONG), settings, token -> {
                during.add(manager.getManagedArrays().size());
                // What earlier runs gave is free, what the last gave is logits and cache
                assertThat(model.given.stream().filter(array -> !array.isReleased()))
                        .hasSizeLessThanOrEqualTo(5);
                return true;
            });
            assertThat(during).hasSize(400);
            assertThat(during).allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(before + 6));
            assertThat(manager.getManagedArrays()).hasSize(before);
            assertThat(model.given).isNotEmpty().allMatch(NDArray::isReleased);
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (AttentionModel model = new AttentionModel(AttentionModel.Output.CACHE);
                AttentionModel attached = new AttentionModel(AttentionModel.Output.ATTACHED)) {
            NDManager manager = model.model.getNDManager();
            int before = manager.getManagedArrays().size();
            PredictorLanguageModel wide = new PredictorLanguageModel(model.predictor, manager, 12, 256);
            GenerationSettings settings = GenerationSettings.of(GREEDY, 3);
            assertThatThrownBy(() -> new Generator(wide, TEXT).generate(LONG, settings))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("(1, 8, 11): must be (1, at least 1, 12)");
            // DJL's error, as of a position beyond the table
            assertThatThrownBy(() -> new Generator(new PredictorLanguageModel(model.predictor, manager, 11, 1000), TEXT)
                            .generate(new int[300], settings))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("The model failed")
                    .hasCauseInstanceOf(TranslateException.class);
            assertThat(manager.getManagedArrays()).hasSize(before);
            assertThatThrownBy(() -> new Generator(attached.languageModel(), TEXT).generate(LONG, settings))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("detach()");
            assertThatThrownBy(() -> new PredictorLanguageModel(model.predictor, manager, 0, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("vocabularySize = 0: must be positive");
            try (Decoding decoding = model.languageModel().start(2)) {
                decoding.feed(LONG, SHORT);
                assertThatThrownBy(() -> decoding.reorder(0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> decoding.rollback(0, 4))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("tokens[1] = 4: must be from 0 to the 3 of the sequence");
                assertThatThrownBy(() -> decoding.feed(LONG))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("must be of 2");
            }
        }
    }

    private static void close(Logits logits, float... expected) {
        assertThat(floats(logits)).containsExactly(expected, within(2e-5f));
    }

    private static float[] floats(Logits logits) {
        float[] floats = new float[logits.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = logits.get(i);
        }
        return floats;
    }

    private static int[] and(int[] first, int... rest) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(rest)).toArray();
    }
}

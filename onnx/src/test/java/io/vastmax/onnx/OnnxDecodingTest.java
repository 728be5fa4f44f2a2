package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.DecoderGraph.Trait;
import io.vastmax.onnx.RecurrentGraph.Cell;
import io.vastmax.onnx.RecurrentGraph.Settings;
import io.vastmax.sampling.Logits;
import io.vastmax.text.Decoding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever happens to sequences, their logits are those that a reference in double precision gives for their tokens. */
final class OnnxDecodingTest {
    @TempDir
    private Path folder;

    /** Writes a model. */
    interface Writer {
        Path write(Path folder) throws IOException;
    }

    /** The logits that follow each token. */
    interface Reference {
        double[][] logits(int... tokens);
    }

    record Case(
            String name,
            Writer writer,
            Reference reference,
            int vocabulary,
            int longest,
            double tolerance,
            OnnxOptions options) {
        static Case of(Sizes sizes, Trait... traits) {
            DecoderGraph graph = DecoderGraph.of(sizes, 7, traits);
            boolean half = graph.has(Trait.HALF_CACHE) || graph.has(Trait.HALF_LOGITS);
            return new Case(
                    graph.toString(),
                    graph::write,
                    graph::logits,
                    sizes.vocabulary(),
                    sizes.positions(),
                    half ? 0.03 : 1e-4,
                    OnnxOptions.DEFAULT);
        }

        static Case of(Settings settings, OnnxOptions options) {
            RecurrentGraph graph = RecurrentGraph.of(settings, 7);
            return new Case(graph.toString(), graph::write, graph::logits, settings.vocabulary(), 40, 1e-4, options);
        }

        Case with(OnnxOptions other) {
            return new Case(name + " " + other, writer, reference, vocabulary, longest, tolerance, other);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        Sizes sizes = Sizes.SMALL;
        Sizes grouped = sizes.withKvHeads(2);
        OnnxOptions named = OnnxOptions.DEFAULT;
        for (int layer = 0; layer < 2; layer++) {
            named = named.withState("h" + layer + "_in", "h" + layer + "_out")
                    .withState("c" + layer + "_in", "c" + layer + "_out");
        }
        return Stream.of(
                Case.of(sizes),
                Case.of(sizes).with(OnnxOptions.DEFAULT.withoutPadding().withThreads(1)),
                Case.of(grouped, Trait.INT32, Trait.HALF_CACHE),
                Case.of(grouped, Trait.HALF_LOGITS, Trait.TIED),
                Case.of(sizes, Trait.LAST_LOGITS),
                Case.of(sizes, Trait.LAST_LOGITS, Trait.NO_CACHE),
                Case.of(sizes, Trait.KEPT_LOGITS, Trait.CACHE_BRANCH),
                Case.of(sizes, Trait.CACHE_BRANCH, Trait.NO_POSITIONS),
                Case.of(sizes, Trait.NO_MASK),
                Case.of(sizes, Trait.NO_MASK, Trait.NO_POSITIONS),
                Case.of(sizes, Trait.NO_CACHE),
                Case.of(sizes, Trait.NO_CACHE, Trait.NO_MASK, Trait.NO_POSITIONS),
                Case.of(sizes, Trait.GENAI),
                Case.of(grouped, Trait.GENAI, Trait.INT32, Trait.HALF_CACHE, Trait.HALF_LOGITS),
                Case.of(sizes, Trait.OWN_NAMES),
                Case.of(grouped, Trait.GROUP_QUERY_OPERATOR),
                Case.of(Settings.of(Cell.ELMAN), OnnxOptions.DEFAULT),
                Case.of(Settings.of(Cell.ELMAN).unstacked().named("%s", "present_%s"), OnnxOptions.DEFAULT),
                Case.of(Settings.of(Cell.LSTM), OnnxOptions.DEFAULT),
                Case.of(Settings.of(Cell.LSTM).unstacked().named("%s_in", "%s_out"), named));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void logitsAreThoseOfTheTokens(Case model) throws IOException {
        try (OnnxLanguageModel lm = OnnxLanguageModel.open(model.writer().write(folder), model.options())) {
            assertThat(lm.vocabularySize()).isEqualTo(model.vocabulary());
            Random random = new Random(3);
            for (int walk = 0; walk < 3; walk++) {
                walk(lm, model, random);
            }
        }
    }

    /** Feeds, reorders and takes back at random. */
    private static void walk(OnnxLanguageModel lm, Case model, Random random) {
        List<List<Integer>> texts = new ArrayList<>();
        int sequences = 1 + random.nextInt(4);
        for (int i = 0; i < sequences; i++) {
            texts.add(new ArrayList<>());
        }
        try (Decoding decoding = lm.start(sequences)) {
            for (int step = 0; step < 25; step++) {
                int action = random.nextInt(10);
                if (action == 0) {
                    int size = texts.size();
                    int[] from = random.ints(1 + random.nextInt(4), 0, size).toArray();
                    decoding.reorder(from);
                    List<List<Integer>> before = texts;
                    texts = new ArrayList<>(Arrays.stream(from)
                            .mapToObj(i -> (List<Integer>) new ArrayList<>(before.get(i)))
                            .toList());
                } else if (action <= 2) {
                    int[] counts = texts.stream()
                            .mapToInt(text -> random.nextInt(Math.min(4, text.size() + 1)))
                            .toArray();
                    decoding.rollback(counts);
                    for (int i = 0; i < counts.length; i++) {
                        List<Integer> text = texts.get(i);
                        text.subList(text.size() - counts[i], text.size()).clear();
                    }
                } else {
                    feed(decoding, texts, model, random);
                }
                assertThat(decoding.sequences()).isEqualTo(texts.size());
            }
        }
    }

    private static void feed(Decoding decoding, List<List<Integer>> texts, Case model, Random random) {
        int room = model.longest() - texts.stream().mapToInt(List::size).max().orElseThrow();
        if (room == 0) {
            return;
        }
        int last = 1 + random.nextInt(Math.min(3, room));
        boolean even = random.nextBoolean();
        int length = last + random.nextInt(Math.min(room, last + 5) - last + 1);
        int[][] tokens = texts.stream()
                .map(text -> random.ints(
                                even ? length : last + random.nextInt(length - last + 1), 0, model.vocabulary())
                        .toArray())
                .toArray(int[][]::new);
        List<Logits> rows = decoding.feed(tokens, last);
        assertThat(rows).hasSize(last * texts.size());
        for (int i = 0; i < tokens.length; i++) {
            List<Integer> text = texts.get(i);
            Arrays.stream(tokens[i]).forEach(text::add);
            double[][] expected =
                    model.reference().logits(text.stream().mapToInt(id -> id).toArray());
            for (int t = 0; t < last; t++) {
                Logits row = rows.get(i * last + t);
                double[] own = expected[text.size() - last + t];
                for (int id = 0; id < row.size(); id++) {
                    assertThat((double) row.get(id)).isCloseTo(own[id], within(model.tolerance()));
                }
            }
        }
    }
}

package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Selectors;
import io.vastmax.testkit.SharedData;
import io.vastmax.text.Decoding;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.Generation;
import io.vastmax.text.GenerationListener;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A decoder in ONNX Runtime GenAI's manner: int32 inputs, keys and values in one tensor, operators of Microsoft's. */
final class TinyGpt2Test {
    private static final int V = 1000;

    /** Its configuration names a file that is not there, so that the only one is taken. */
    private static OnnxLanguageModel open() throws IOException {
        return OnnxLanguageModel.open(SharedData.find("tiny-random-gpt2"));
    }

    @Test
    void itsConfigurationIsRead() throws IOException {
        try (OnnxLanguageModel model = open()) {
            assertThat(model.vocabularySize()).isEqualTo(V);
            assertThat(model.maxLength()).isEqualTo(512);
            assertThat(model.beginToken()).hasValue(98);
            assertThat(model.endTokens()).containsExactly(98);
        }
    }

    @Test
    void logitsDoNotDependOnHowAPromptIsCutOrPadded() throws IOException {
        Random random = new Random(1);
        int[] prompt = random.ints(400, 0, V).toArray();
        try (OnnxLanguageModel model = open()) {
            List<float[]> whole = inBlocks(model, prompt, 400);
            for (int block : new int[] {1, 7, 64, 399}) {
                assertClose(inBlocks(model, prompt, block).getLast(), whole.getLast());
            }
            List<float[]> one = inBlocks(model, prompt, 1);
            int[] lengths = {1, 50, 399, 200};
            try (Decoding decoding = model.start(lengths.length)) {
                int[][] prompts = Arrays.stream(lengths)
                        .mapToObj(n -> Arrays.copyOf(prompt, n))
                        .toArray(int[][]::new);
                List<Logits> rows = decoding.feed(prompts);
                for (int i = 0; i < lengths.length; i++) {
                    assertClose(floats(rows.get(i)), one.get(lengths[i] - 1));
                }
                int[][] next = Arrays.stream(lengths)
                        .mapToObj(n -> new int[] {prompt[n]})
                        .toArray(int[][]::new);
                rows = decoding.feed(next);
                for (int i = 0; i < lengths.length; i++) {
                    assertClose(floats(rows.get(i)), one.get(lengths[i]));
                }
            }
        }
    }

    /** The logits after each block. */
    private static List<float[]> inBlocks(OnnxLanguageModel model, int[] prompt, int block) {
        List<float[]> logits = new ArrayList<>();
        try (Decoding decoding = model.start(1)) {
            for (int from = 0; from < prompt.length; from += block) {
                int[] tokens = Arrays.copyOfRange(prompt, from, Math.min(prompt.length, from + block));
                logits.add(floats(decoding.feed(tokens).getFirst()));
            }
        }
        return logits;
    }

    private static float[] floats(Logits logits) {
        float[] floats = new float[logits.size()];
        for (int id = 0; id < floats.length; id++) {
            floats[id] = logits.get(id);
        }
        return floats;
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).containsExactly(expected, offset(2e-5f));
    }

    @Test
    void textsFillTheContextInABatchAsAlone() throws IOException {
        Detokenizer numbers = Detokenizer.bytes(id -> (id + " ").getBytes(StandardCharsets.UTF_8));
        GenerationSettings settings = GenerationSettings.of(Chain.of().select(Selectors.greedy()), Integer.MAX_VALUE);
        List<int[]> prompts =
                List.of(new int[] {5}, new Random(2).ints(300, 0, V).toArray());
        try (OnnxLanguageModel model = open()) {
            Generator generator = new Generator(model, numbers);
            List<Generation> texts = generator.generate(prompts, settings, GenerationListener.NONE);
            for (int i = 0; i < 2; i++) {
                assertThat(texts.get(i).tokens()).hasSize(512 - prompts.get(i).length);
                assertThat(generator.generate(prompts.get(i), settings).tokens())
                        .isEqualTo(texts.get(i).tokens());
            }
        }
    }
}

package io.vastmax.djl;

import static io.vastmax.sampling.Filters.temperature;
import static io.vastmax.sampling.Filters.topP;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.vastmax.sampling.Chain;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.Generation;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The example of docs/generation.md is this code, and it runs. */
class GenerationGuideTest {
    private static void example(
            Predictor<NDList, CausalLMOutput> predictor,
            NDManager manager,
            Function<int[], String> decode,
            int vocabularySize,
            int contextLength,
            int endToken,
            int[] firstPrompt,
            int[] secondPrompt) {
        // begin
        CausalLanguageModel model = new PredictorLanguageModel(predictor, manager, vocabularySize, contextLength);
        Generator generator = new Generator(model, Detokenizer.of(decode));
        GenerationSettings settings = GenerationSettings.of(Chain.of(topP(0.95), temperature(0.8)), 200)
                .withSeed(42)
                .withEndTokens(endToken)
                .withStopStrings("\n\n", "User:");
        List<Generation> texts = generator.generate(List.of(firstPrompt, secondPrompt), settings, token -> {
            if (token.prompt() == 0) {
                System.out.print(token.text()); // as it comes
            }
            return true; // false cancels this text
        });
        System.out.println();
        System.out.println(texts.get(1).text() + " [" + texts.get(1).finish() + "]");
        // end
    }

    @Test
    void theGuideShowsThisCode() throws IOException {
        String source =
                Files.readString(Path.of("src", "test", "java", "io", "vastmax", "djl", "GenerationGuideTest.java"));
        String code = source.substring(source.indexOf("// begin\n") + 9, source.indexOf("\n        // end\n"))
                .stripIndent();
        assertThat(Path.of("..", "docs", "generation.md")).content().contains("```java\n" + code + "\n```\n");
    }

    @Test
    void theExampleRuns() {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (AttentionModel model = new AttentionModel(AttentionModel.Output.CACHE)) {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            example(
                    model.predictor,
                    model.model.getNDManager(),
                    GenerationGuideTest::letters,
                    AttentionModel.VOCABULARY,
                    AttentionModel.LONGEST,
                    10,
                    new int[] {1, 2, 3},
                    new int[] {4});
        } finally {
            System.setOut(before);
        }
        String printed = out.toString(StandardCharsets.UTF_8);
        assertThat(printed).matches("[a-j]*\\R[a-j]* \\[(END_TOKEN|LENGTH)]\\R");
    }

    private static String letters(int... ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append((char) ('a' + id));
        }
        return text.toString();
    }
}

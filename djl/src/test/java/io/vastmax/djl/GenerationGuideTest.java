package io.vastmax.djl;

import static io.vastmax.sampling.Filters.temperature;
import static io.vastmax.sampling.Filters.topP;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorContext;
import io.vastmax.FullSoftmax;
import io.vastmax.RandomKey;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Selectors;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The examples of docs/generation.md are this code, and it runs. */
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

    private static Predictor<NDList, CausalLMOutput> ownPredictor(
            Model model, Block input, Block body, OutputBlock output) {
        // begin
        model.setBlock(new SequentialBlock()
                .add(input)
                .add(body)
                .addSingleton(hidden -> hidden.get(":, -1:")) // what follows the last word is enough
                .add(output.logProbs()));
        Predictor<NDList, CausalLMOutput> predictor =
                model.newPredictor(new NoBatchifyTranslator<NDList, CausalLMOutput>() {
                    @Override
                    public NDList processInput(TranslatorContext context, NDList in) {
                        return new NDList(in.head()); // the ids
                    }

                    @Override
                    public CausalLMOutput processOutput(TranslatorContext context, NDList out) {
                        out.detach();
                        return new CausalLMOutput(out.head(), null); // no past key values
                    }
                });
        // end
        return predictor;
    }

    @Test
    void theGuideShowsThisCode() throws IOException {
        String source =
                Files.readString(Path.of("src", "test", "java", "io", "vastmax", "djl", "GenerationGuideTest.java"));
        List<String> codes = Pattern.compile(
                        "^        // begin\\n(.*?)\\n        // end$", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(source)
                .results()
                .map(code -> code.group(1).stripIndent())
                .toList();
        assertThat(codes).hasSize(2);
        assertThat(codes)
                .allSatisfy(code -> assertThat(Path.of("..", "docs", "generation.md"))
                        .content()
                        .contains("```java\n" + code + "\n```\n"));
    }

    /** An LSTM of DJL under a layer of ours: as its words are looked up one by one. */
    @Test
    void aModelThatEndsWithALayerOfOursWrites() throws TranslateException {
        PyTorch.start();
        int words = 30;
        FullSoftmax softmax = FullSoftmax.create(words, 8, RandomKey.of(4));
        try (Model model = Model.newInstance("own", "PyTorch");
                OutputBlock output = OutputBlock.of(softmax)) {
            NDManager manager = model.getNDManager();
            Block input = output.embedding(TiedInput.of(softmax));
            Block body = LSTM.builder()
                    .setNumLayers(1)
                    .setStateSize(8)
                    .optBatchFirst(true)
                    .build();
            body.setInitializer(new NormalInitializer(1), Parameter.Type.WEIGHT);
            Block topK = new SequentialBlock().add(input).add(body).add(output.topK(1));
            topK.initialize(manager, DataType.FLOAT32, new Shape(1, 3));
            model.setBlock(topK);
            List<Integer> expected = new ArrayList<>();
            int[] tokens = {1, 2, 3};
            try (Predictor<NDList, NDList> likeliest = model.newPredictor(new NoopTranslator())) {
                for (int i = 0; i < 20; i++) {
                    NDArray ids = manager.create(tokens, new Shape(1, tokens.length));
                    int next = Math.toIntExact(
                            likeliest.predict(new NDList(ids)).head().getLong(0, tokens.length - 1, 0));
                    expected.add(next);
                    tokens = Arrays.copyOf(tokens, tokens.length + 1);
                    tokens[tokens.length - 1] = next;
                }
            }
            try (Predictor<NDList, CausalLMOutput> predictor = ownPredictor(model, input, body, output)) {
                Generator generator = new Generator(
                        new PredictorLanguageModel(predictor, manager, words, Integer.MAX_VALUE),
                        Detokenizer.of(GenerationGuideTest::letters));
                GenerationSettings settings = GenerationSettings.of(Chain.of().select(Selectors.greedy()), 20);
                assertThat(generator.generate(new int[] {1, 2, 3}, settings).tokens())
                        .isEqualTo(expected);
                assertThat(expected.stream().distinct()).hasSizeGreaterThan(2);
            }
        }
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

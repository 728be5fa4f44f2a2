package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDManager;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/generation.md compiles and runs. */
class GenerationGuideTest {
    private static final String HEAD = """
            import static io.vastmax.sampling.Filters.*;
            import ai.djl.inference.Predictor;
            import ai.djl.modality.nlp.generate.CausalLMOutput;
            import ai.djl.ndarray.*;
            import io.vastmax.djl.*;
            import io.vastmax.sampling.*;
            import io.vastmax.text.*;
            import java.util.*;
            import java.util.function.Function;

            public class Example {
                public static void run(Predictor<NDList, CausalLMOutput> predictor, NDManager manager,
                        Function<int[], String> decode, int vocabularySize, int contextLength, int endToken,
                        int[] firstPrompt, int[] secondPrompt) {
            """;

    @TempDir
    private Path folder;

    @Test
    void theExampleRuns() throws Exception {
        Matcher code = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("..", "docs", "generation.md")));
        assertThat(code.find()).isTrue();
        Path source = folder.resolve("Example.java");
        Files.writeString(source, HEAD + code.group(1) + "}\n}\n");
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        String classPath = System.getProperty("java.class.path");
        int result = ToolProvider.getSystemJavaCompiler()
                .run(null, null, errors, "-d", folder.toString(), "-cp", classPath, source.toString());
        assertThat(result).as(errors.toString(StandardCharsets.UTF_8)).isZero();

        String printed;
        try (AttentionModel model = new AttentionModel(AttentionModel.Output.CACHE)) {
            printed = run(model);
        }
        assertThat(printed.lines()).hasSize(2);
        assertThat(printed).matches("[a-j]*\\R[a-j]* \\[(END_TOKEN|LENGTH)]\\R");
    }

    private String run(AttentionModel model) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            Function<int[], String> decode = GenerationGuideTest::letters;
            loader.loadClass("Example")
                    .getMethod(
                            "run",
                            Predictor.class,
                            NDManager.class,
                            Function.class,
                            int.class,
                            int.class,
                            int.class,
                            int[].class,
                            int[].class)
                    .invoke(
                            null,
                            model.predictor,
                            model.model.getNDManager(),
                            decode,
                            AttentionModel.VOCABULARY,
                            AttentionModel.LONGEST,
                            10,
                            new int[] {1, 2, 3},
                            new int[] {4});
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String letters(int... ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append((char) ('a' + id));
        }
        return text.toString();
    }
}

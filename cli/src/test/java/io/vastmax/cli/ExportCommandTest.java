package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vastmax.Matrix;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.djl.RecurrentState;
import io.vastmax.onnx.OnnxModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code vastmax export} of trained models, in ONNX Runtime against what trained them. */
class ExportCommandTest {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
    private static final int STEPS = 7;

    @TempDir
    private Path folder;

    private Path model;
    private Path file;
    private String err = "";

    @BeforeEach
    void writeCorpus() throws IOException {
        model = folder.resolve("model");
        file = folder.resolve("out").resolve("model.onnx");
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        Files.writeString(corpus.resolve("train.txt"), "the cat sat on the mat\nthe dog sat on the cat\n".repeat(20));
        Files.writeString(corpus.resolve("valid.txt"), "the dog sat on the mat\n");
        Files.writeString(corpus.resolve("test.txt"), "the cat sat on the dog\n");
    }

    private void train(String layer) {
        String options = "train --layer=" + layer
                + " --min-count=1 --dim=8 --batch=2 --steps=5 --epochs=2 --lr=0.05 --threads=1";
        run(0, with(options.split(" ", -1), "--corpus=" + folder.resolve("corpus"), "--output=" + model));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "full --layers=2",
                "full --tied --soft-cap=20 --temperature=0.8",
                "sampled --negatives=4 --tied",
                "hierarchical --layers=2",
                "hierarchical --tree=balanced --arity=3 --temperature=0.8",
                "adaptive --cutoffs=3,5 --div-value=2 --head-bias --tied",
                "adaptive --cutoffs=3,5 --div-value=2 --adaptive-input --layers=3",
                "cosine --cosine-scale=8",
                "spherical --spherical-epsilon=0.1"
            })
    void aTrainedModelSaysTheSameInOnnxRuntime(String layer) throws IOException, OrtException {
        train(layer);

        run(0, "export", "--model=" + model, "--out=" + file);

        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(model);
        try (RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = Workspace.ofThreads(1);
                OrtSession session = ENVIRONMENT.createSession(file.toString())) {
            int[] ids = {0, 3, 1, 2, 7, 4, 5, 6, 0, 1, 2, 3, 4, 5};
            RecurrentState state = lm.zeroState(2);
            Matrix hidden = lm.hidden(ids, STEPS, state);
            Matrix expected = Matrix.zeros(2 * STEPS, 8);
            lm.objective().exact().logProbs(hidden, expected, workspace);
            assertClose(logProbs(session, ids, 2, lm.settings().layers(), 8), expected.array());

            Map<String, String> metadata = session.getMetadata().getCustomMetadata();
            assertThat(metadata.get(OnnxModel.VOCABULARY))
                    .isEqualTo(String.join("\n", loaded.vocabulary().tokens()));
            assertThat(metadata.get(OnnxModel.TOKENIZER)).isEqualTo("words");
            assertThat(metadata.get(OnnxModel.VERSION)).isEqualTo(Version.number());
            JsonNode settings = new ObjectMapper().readTree(metadata.get(OnnxModel.SETTINGS));
            assertThat(settings.path("layers").asInt()).isEqualTo(lm.settings().layers());
            assertThat(settings.path("training").path("min_count").asInt()).isEqualTo(1);
            assertThat(settings.toString()).doesNotContain(folder.toString(), "safetensors");
        }
    }

    /** The first call takes three tokens of each stream, the second the others and the state. */
    private static float[] logProbs(OrtSession session, int[] ids, int batch, int layers, int width)
            throws OrtException {
        float[] all = new float[ids.length * 8];
        float[] h = new float[layers * batch * width];
        float[] c = new float[layers * batch * width];
        for (int[] stretch : new int[][] {{0, 3}, {3, STEPS}}) {
            int n = stretch[1] - stretch[0];
            long[] some = new long[batch * n];
            for (int i = 0; i < some.length; i++) {
                some[i] = ids[i / n * STEPS + stretch[0] + i % n];
            }
            Map<String, OnnxTensor> in = new HashMap<>();
            in.put("input_ids", OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(some), new long[] {batch, n}));
            in.put("past_h", tensor(h, layers, batch, width));
            in.put("past_c", tensor(c, layers, batch, width));
            in.put("num_logits_to_keep", OnnxTensor.createTensor(ENVIRONMENT, 0L));
            try (OrtSession.Result out = session.run(in)) {
                float[] logProbs = floats(out, "log_probs");
                for (int b = 0; b < batch; b++) {
                    System.arraycopy(logProbs, b * n * 8, all, (b * STEPS + stretch[0]) * 8, n * 8);
                }
                h = floats(out, "present_h");
                c = floats(out, "present_c");
            }
            in.values().forEach(OnnxTensor::close);
        }
        return all;
    }

    private static OnnxTensor tensor(float[] numbers, long... shape) throws OrtException {
        return OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(numbers), shape);
    }

    private static float[] floats(OrtSession.Result out, String name) {
        FloatBuffer numbers = ((OnnxTensor) out.get(name).orElseThrow()).getFloatBuffer();
        float[] copy = new float[numbers.remaining()];
        numbers.get(copy);
        return copy;
    }

    @Test
    void theLayerAlone() throws IOException, OrtException {
        train("hierarchical");
        Matrix hidden = Matrix.wrap(2, 8, new float[] {1, -1, 0.5f, 0, 0.2f, 0, 1, 1, 0, 0, 0, 2, 0, -2, 0, 1});
        Matrix all = Matrix.zeros(2, 8);
        TopK top = TopK.of(2, 3);
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(model);
        try (RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = Workspace.ofThreads(1)) {
            lm.objective().exact().logProbs(hidden, all, workspace);
            lm.objective().exact().topK(hidden, top, workspace);
        }
        String[] export = {"export", "--model=" + model, "--out=" + file};

        run(0, with(export, "--layer-only=log-probs"));
        assertClose(layer(hidden, "log_probs"), all.array());

        run(0, with(export, "--layer-only=log-prob"));
        assertClose(layer(hidden, "log_prob"), new float[] {all.get(0, 5), all.get(1, 2)});

        run(0, with(export, "--layer-only=top-k", "--top-k=3"));
        float[] expected = new float[6];
        for (int i = 0; i < 6; i++) {
            expected[i] = top.logProb(i / 3, i % 3);
        }
        assertClose(layer(hidden, "log_probs"), expected);

        assertThat(run(0, with(export, "--layer-only=top-k"))).contains("ids int64 [batch, 8]");
    }

    private float[] layer(Matrix hidden, String output) throws OrtException {
        try (OrtSession session = ENVIRONMENT.createSession(file.toString());
                OnnxTensor in = tensor(hidden.array(), hidden.rows(), hidden.columns());
                OnnxTensor ids = OnnxTensor.createTensor(ENVIRONMENT, new long[] {5, 2})) {
            Map<String, OnnxTensor> inputs = new HashMap<>(Map.of("hidden", in));
            if (session.getInputNames().contains("ids")) {
                inputs.put("ids", ids);
            }
            try (OrtSession.Result out = session.run(inputs)) {
                return floats(out, output);
            }
        }
    }

    @Test
    void saysWhatItWrote() throws IOException {
        train("full");
        String[] export = {"export", "--model=" + model, "--out=" + file};
        assertThat(run(0, export)).isEqualToNormalizingNewlines("""
                        Wrote %s: 0.0 MB, opset 17
                          in:  input_ids int64 [batch, sequence]
                          in:  past_h float [1, batch, 8]
                          in:  past_c float [1, batch, 8]
                          in:  num_logits_to_keep int64 []
                          out: log_probs float [batch, kept, 8]
                          out: present_h float [1, batch, 8]
                          out: present_c float [1, batch, 8]
                        """.formatted(file));
        JsonNode result = new ObjectMapper().readTree(run(0, with(export, "--json")));
        assertThat(result.fieldNames()).toIterable().containsExactly("files", "bytes", "opset", "inputs", "outputs");
        assertThat(result.path("files")).hasToString("[\"" + file + "\"]");
        assertThat(result.path("bytes").asLong()).isEqualTo(Files.size(file));
        assertThat(result.path("opset").asInt()).isEqualTo(17);
        assertThat(result.path("inputs").path(1))
                .hasToString("{\"name\":\"past_h\",\"type\":\"float\",\"shape\":[\"1\",\"batch\",\"8\"]}");
        assertThat(result.path("outputs")).hasSize(3);
    }

    @Test
    void refusesWhatItCannotDoAndLeavesNothing() throws IOException {
        run(1, "export", "--model=" + folder.resolve("nowhere"), "--out=" + file);
        assertThat(err).contains("nowhere holds no model");
        assertThat(file.getParent()).doesNotExist();
        run(2, "export", "--model=" + model);
        assertThat(err).contains("--out");
        train("full");
        run(2, "export", "--model=" + model, "--out=" + file, "--top-k=3");
        assertThat(err).contains("--top-k goes with --layer-only top-k");
        run(2, "export", "--model=" + model, "--out=" + file, "--layer-only=top-k", "--top-k=9");
        assertThat(err).contains("--top-k 9: must be from 1 to 8, the model's words");
        run(2, "export", "--model=" + model, "--out=" + file, "--layer-only=logits");
        assertThat(err).contains("--layer-only", "logits", "log-probs, top-k, log-prob");
        assertThat(file.getParent()).doesNotExist();
        run(1, "export", "--model=" + model, "--out=" + model);
        assertThat(err).contains("model: is a folder");
        run(
                1,
                "export",
                "--model=" + model,
                "--out=" + model.resolve("config.json").resolve("x.onnx"));
        assertThat(err).contains("config.json").doesNotContain("Exception");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(model, folder.resolve("corpus"));
        }
    }

    private static String[] with(String[] arguments, String... more) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
        }
    }

    private String run(int exitCode, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(errors));
        int code = command.execute(arguments);
        err = errors.toString();
        assertThat(code).as(err).isEqualTo(exitCode);
        return out.toString();
    }
}

package io.vastmax.bench;

import ai.onnxruntime.OrtException;
import io.vastmax.onnx.DecoderGraph;
import io.vastmax.onnx.OnnxLanguageModel;
import io.vastmax.onnx.OnnxOptions;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Tokens behind a prompt, with a decoder of random weights in ONNX Runtime. The prompt's own run is not measured. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class GenerationBenchmark {
    /** How many tokens are written. */
    static final int TOKENS = 32;

    /** Of a model whose step takes some 5 ms. */
    static final int HEAD_SIZE = 64;

    /** Of one that computes next to nothing. */
    static final int SMALL_HEAD_SIZE = 2;

    @Param({"VASTMAX", "SESSION_RUN", "JAVA_CACHE"})
    public Implementation implementation = Implementation.VASTMAX;

    /** The tokens of the prompt. */
    @Param("256")
    public int context;

    @Param("64")
    public int headSize = HEAD_SIZE;

    @Param("2")
    public int threads;

    private @Nullable Path folder;
    private @Nullable OnnxLanguageModel model;
    private @Nullable PromptedModel prompted;
    private @Nullable BareDecoder bare;
    private int[] prompt = {};

    /** The model, for people. */
    static String description(int headSize) {
        DecoderGraph.Sizes sizes = sizes(headSize);
        return String.format(
                Locale.ROOT,
                "A decoder of %d layers, d = %d, V = %,d, keys and values of %d heads, float32; names as of Hugging Face Optimum.",
                sizes.layers(),
                sizes.width(),
                sizes.vocabulary(),
                sizes.kvHeads());
    }

    private static DecoderGraph.Sizes sizes(int headSize) {
        return new DecoderGraph.Sizes(6, 8, 8, headSize, 50_257, 1024);
    }

    @Setup
    public void setUp() throws IOException, OrtException {
        Path made = Files.createTempDirectory("vastmax-bench");
        folder = made;
        DecoderGraph.Sizes sizes = sizes(headSize);
        Path file = DecoderGraph.of(sizes, 1).write(made);
        prompt = new Random(1).ints(context, 0, sizes.vocabulary()).toArray();
        switch (implementation) {
            case VASTMAX -> model = OnnxLanguageModel.open(made, OnnxOptions.DEFAULT.withThreads(threads));
            case SESSION_RUN -> bare = new BareDecoder(file, sizes, threads, false);
            case JAVA_CACHE -> bare = new BareDecoder(file, sizes, threads, true);
            default -> throw implementation.notHere();
        }
    }

    @Setup(Level.Invocation)
    public void readPrompt() throws OrtException {
        if (model != null) {
            prompted = new PromptedModel(model, prompt);
        } else {
            Objects.requireNonNull(bare).read(prompt);
        }
    }

    @Benchmark
    public Object write() throws OrtException {
        if (bare != null) {
            return bare.write(TOKENS);
        }
        GenerationSettings settings = GenerationSettings.of(
                        Chain.of(Filters.topK(40), Filters.topP(0.95), Filters.temperature(0.8)), TOKENS + 1)
                .withEndTokens(0);
        Detokenizer text = Detokenizer.bytes(id -> Integer.toString(id).getBytes(StandardCharsets.UTF_8));
        return new Generator(Objects.requireNonNull(prompted), text).generate(prompt, settings);
    }

    @TearDown
    public void tearDown() throws IOException, OrtException {
        if (model != null) {
            model.close();
        }
        if (bare != null) {
            bare.close();
        }
        try (var files = Files.list(Objects.requireNonNull(folder))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}

package io.vastmax.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Decoding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A decoder language model that ONNX Runtime runs, for the generation loop. What it takes and gives is read from the
 * session's metadata:
 *
 * <ul>
 *   <li>{@code input_ids} {@code [B, T]}, int64 or int32, or another name where it is the only input that is nothing else;
 *   <li>{@code attention_mask} {@code [B, past + T]} and {@code position_ids} {@code [B, T]}, if it has them; if it has both,
 *       sequences of different lengths run as one batch, padded on the left;
 *   <li>{@code use_cache_branch} and {@code num_logits_to_keep} or {@code logits_to_keep}, if it has them;
 *   <li>states, which one step gives and the next one takes: keys and values with an axis for the tokens so far, as Hugging
 *       Face Optimum names them ({@code past_key_values.0.key} and {@code present.0.key}) or ONNX Runtime GenAI, also both in
 *       one ({@code past_0} and {@code present_0}, {@code [2, B, heads, past, size]}), with heads in groups, of 16 bits; or
 *       states of fixed size, as of a recurrent network. An output is the state of the input of the same name without or with
 *       {@code past} or {@code present} before it, or as {@link OnnxOptions#withState} says. Axes are told apart by their
 *       names, or by their order: sequences before tokens. A model without states gets whole sequences at each step;
 *   <li>{@code logits} {@code [B, T, V]} or of the last token alone, float, float16, bfloat16 or double; or another name, where
 *       it is the only output of floats that is nothing else.
 * </ul>
 *
 * <p>{@code genai_config.json}, {@code config.json} and {@code generation_config.json} {@linkplain #beside beside} the model are read for names, the
 * length of the context and end tokens. States never pass through Java: outputs of one step are inputs of the next, and those
 * that are cut or reordered are so by ONNX Runtime. Logits are copied. A state of fixed size cannot go back: a rollback computes
 * the sequence again.
 *
 * <p>Several threads may decode at once, each its own {@link Decoding}. Close it to free the session: that waits for runs of
 * other threads, and its decodings then are of no more use, but still to be closed. A run that fails throws an {@link IllegalStateException} with ONNX Runtime's message, and closes the decoding.
 */
public final class OnnxLanguageModel implements CausalLanguageModel, AutoCloseable {
    private final DecoderSession session;
    private final ModelFolder folder;
    private final int maxLength;
    private final OptionalInt beginToken;
    private final Set<Integer> endTokens;

    private OnnxLanguageModel(DecoderSession session, ModelFolder folder, int maxLength) {
        this.session = session;
        this.folder = folder;
        this.maxLength = maxLength;
        beginToken = folder.beginToken().stream().filter(this::isToken).findFirst();
        endTokens = folder.endTokens().stream().filter(this::isToken).collect(Collectors.toUnmodifiableSet());
    }

    private boolean isToken(int id) {
        return id >= 0 && id < vocabularySize();
    }

    /** As {@link #open(Path, OnnxOptions)}, with what fits most models. */
    public static OnnxLanguageModel open(Path path) throws IOException {
        return open(path, OnnxOptions.DEFAULT);
    }

    /**
     * Opens a model.
     *
     * @param path its file, or a folder: then the file that {@code genai_config.json} names, or {@code model.onnx},
     *     {@code decoder_model_merged.onnx}, or the only one; of a folder without any, those in its folder {@code onnx}
     * @throws IOException if there is no such file, it is no model, or one that cannot be run so; says why
     */
    public static OnnxLanguageModel open(Path path, OnnxOptions options) throws IOException {
        ModelFolder folder = ModelFolder.of(path);
        Names names = folder.names().withStates(options.states());
        Path file = folder.model();
        DecoderSession session = open(file, names, operators(file), options);
        return new OnnxLanguageModel(
                session, folder, options.maxLength().orElse(folder.maxLength().orElse(Integer.MAX_VALUE)));
    }

    private static Set<String> operators(Path file) throws IOException {
        try (OnnxFile model = OnnxFile.open(file)) {
            return model.operators();
        }
    }

    private static DecoderSession open(Path file, Names names, Set<String> operators, OnnxOptions options)
            throws IOException {
        try {
            OrtEnvironment environment = Environment.get();
            return open(environment, file, names, operators, options);
        } catch (OrtException | IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static DecoderSession open(
            OrtEnvironment environment, Path file, Names names, Set<String> operators, OnnxOptions options)
            throws OrtException {
        try (SessionOptions settings = new SessionOptions()) {
            settings.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL); // what fails is thrown
            settings.setMemoryPatternOptimization(false); // it would keep something for each length of a text
            options.setup().apply(settings);
            OrtSession session = environment.createSession(file.toString(), settings);
            try {
                return new DecoderSession(environment, session, names, operators, options.padding());
            } catch (OrtException | RuntimeException | Error e) {
                session.close();
                throw e;
            }
        }
    }

    @Override
    public int vocabularySize() {
        return session.vocabularySize();
    }

    @Override
    public int maxLength() {
        return maxLength;
    }

    /** The token that begins a text, as the files beside the model say; empty if they do not. */
    public OptionalInt beginToken() {
        return beginToken;
    }

    /** The tokens that end a text, as the files beside the model say; empty if they do not. */
    public Set<Integer> endTokens() {
        return endTokens;
    }

    /**
     * A file beside the model, such as {@code tokenizer.json}; empty if there is none. For a model in a folder {@code onnx},
     * as Hugging Face's repositories have it, the folder above counts, too.
     */
    public Optional<Path> beside(String name) {
        return folder.beside(name);
    }

    /** What the model's file says about itself. */
    public Map<String, String> metadata() {
        return session.metadata();
    }

    @Override
    public Decoding start(int sequences) {
        return new OnnxDecoding(session, sequences);
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("The session cannot be closed: " + e.getMessage(), e);
        }
    }
}

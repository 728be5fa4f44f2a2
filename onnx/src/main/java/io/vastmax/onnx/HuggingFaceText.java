package io.vastmax.onnx;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vastmax.text.Detokenizer;
import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Text of a model with a {@code tokenizer.json}, through Hugging Face's tokenizers: text to tokens, and, for the generation
 * loop, tokens to text as they come, where a character may span tokens.
 *
 * <p>Nothing is downloaded. Immutable and safe for use by several threads until it is closed, which frees native memory.
 */
public final class HuggingFaceText implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** No vocabulary comes near it. */
    private static final int HIGHEST_ID = 1 << 26;

    private final Path file;
    private final HuggingFaceTokenizer tokenizer;
    private final Object2IntOpenHashMap<String> ids;
    private final String[] tokens;

    /** How many ids there are without those of added tokens. */
    private final int size;

    private HuggingFaceText(Path file, HuggingFaceTokenizer tokenizer, Object2IntOpenHashMap<String> ids, int size) {
        this.size = size;
        this.file = file;
        this.tokenizer = tokenizer;
        this.ids = ids;
        tokens = new String[ids.values().intStream().max().orElse(-1) + 1];
        Arrays.fill(tokens, "");
        ids.forEach((token, id) -> tokens[id] = token);
    }

    /**
     * Opens a tokenizer.
     *
     * @param path {@code tokenizer.json}, or its folder
     * @throws IOException if there is none, or it is no tokenizer
     */
    public static HuggingFaceText open(Path path) throws IOException {
        Path file = Files.isDirectory(path) ? path.resolve("tokenizer.json") : path;
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        JsonNode json = json(file);
        Object2IntOpenHashMap<String> ids = ids(json.path("model").path("vocab"));
        int size = ids.values().intStream().max().orElse(-1) + 1;
        for (JsonNode token : json.path("added_tokens")) {
            ids.put(token.path("content").asText(), token.path("id").asInt());
        }
        if (ids.isEmpty()) {
            throw new IOException(file + " is no tokenizer: it has no tokens");
        }
        int highest = ids.values().intStream().max().orElse(0);
        if (highest > HIGHEST_ID) {
            throw new IOException(file + " is no tokenizer: it has a token with the id " + highest);
        }
        stayOffline();
        try {
            HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.builder()
                    .optTokenizerPath(file)
                    .optTruncation(false)
                    .optPadding(false)
                    .build();
            return new HuggingFaceText(file, tokenizer, ids, size);
        } catch (RuntimeException e) {
            throw new IOException(file + " is no tokenizer: " + e.getMessage(), e);
        }
    }

    private static JsonNode json(Path file) throws IOException {
        try {
            return JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (CharConversionException e) {
            throw new IOException(file + " is not JSON: " + e.getMessage(), e);
        }
    }

    /** DJL would look in the network for natives of other kinds, and for whether to report its use. */
    private static void stayOffline() {
        for (String key : List.of("ai.djl.offline", "OPT_OUT_TRACKING")) {
            if (System.getProperty(key) == null) {
                System.setProperty(key, "true");
            }
        }
    }

    /** Every token's id, as the file has them: by token, or a list of tokens with scores. */
    private static Object2IntOpenHashMap<String> ids(JsonNode vocabulary) {
        Object2IntOpenHashMap<String> ids = new Object2IntOpenHashMap<>(vocabulary.size());
        ids.defaultReturnValue(-1);
        vocabulary
                .properties()
                .forEach(token -> ids.put(token.getKey(), token.getValue().asInt()));
        for (int id = 0; vocabulary.isArray() && id < vocabulary.size(); id++) {
            ids.put(vocabulary.path(id).path(0).asText(), id);
        }
        return ids;
    }

    /** The number of ids, from 0 to the highest of a token. */
    public int vocabularySize() {
        return tokens.length;
    }

    /** The tokens of a text, with those that the tokenizer adds, such as one that begins it. */
    public int[] encode(String text) {
        return Arrays.stream(tokenizer.encode(text, true, false).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /** The text of tokens, without special ones. */
    public String decode(int... ids) {
        return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
    }

    /** The id of a token as {@code tokenizer.json} writes it; empty if there is none. */
    public OptionalInt id(String token) {
        int id = ids.getInt(token);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** A token as {@code tokenizer.json} writes it; empty for an id that it skips. */
    public String token(int id) {
        return id < tokens.length ? tokens[id] : "";
    }

    /**
     * Makes text of tokens as they come. It fits models of at least as many logits as the vocabulary has tokens without those
     * that were added to it: logits are often padded, and tokenizers are shared by models that know other additions.
     */
    public Detokenizer detokenizer() {
        Detokenizer decoder = Detokenizer.of(this::decode);
        return new Detokenizer() {
            @Override
            public Stream start(int... prompt) {
                return decoder.start(prompt);
            }

            @Override
            public void requireFit(int vocabularySize) {
                if (vocabularySize < size) {
                    throw new IllegalArgumentException(
                            file + " has " + size + " tokens, more than the model's " + vocabularySize + " logits");
                }
            }
        };
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}

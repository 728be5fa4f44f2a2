package io.vastmax.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A language model on disk: the file of its graph, and what stands about it in the files beside: ONNX Runtime GenAI's
 * {@code genai_config.json}, or Hugging Face's {@code config.json} and {@code generation_config.json}. Hugging Face's
 * repositories have graphs in a folder {@code onnx}, and the other files above it.
 *
 * @param model the graph
 * @param folders where the files beside it are
 * @param names of its inputs and outputs
 * @param maxLength the most tokens of a sequence
 * @param beginToken the one that begins a text
 * @param endTokens those that end one
 */
record ModelFolder(
        Path model,
        List<Path> folders,
        Names names,
        OptionalInt maxLength,
        OptionalInt beginToken,
        Set<Integer> endTokens) {
    private static final String GENAI = "genai_config.json";
    private static final String GRAPHS = "onnx";
    private static final List<String> USUAL = List.of("model.onnx", "decoder_model_merged.onnx");
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Of a folder or of a model's file.
     *
     * @throws IOException if there is no such, or a configuration file cannot be read
     */
    static ModelFolder of(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        boolean whole = Files.isDirectory(path);
        List<Path> folders = folders(whole ? path : path.resolveSibling(""), whole);
        JsonNode genai = json(GENAI, folders).path("model");
        JsonNode config = json("config.json", folders);
        JsonNode generation = json("generation_config.json", folders);
        Path model = whole ? model(folders.getFirst(), genai.path("decoder").path("filename")) : path;
        Names names = names(genai.path("decoder"));
        OptionalInt length = first(
                2,
                genai.path("context_length"),
                config.path("max_position_embeddings"),
                config.path("n_positions"),
                config.path("n_ctx"),
                config.path("max_seq_len"),
                config.path("seq_length"));
        OptionalInt begin =
                first(0, genai.path("bos_token_id"), generation.path("bos_token_id"), config.path("bos_token_id"));
        Set<Integer> ends = new TreeSet<>();
        for (JsonNode source : List.of(genai, generation, config)) {
            JsonNode ids = source.path("eos_token_id");
            if (ends.isEmpty() && ids.isArray()) {
                ids.forEach(id -> ends.add(id.asInt()));
            } else if (ends.isEmpty() && ids.isInt()) {
                ends.add(ids.asInt());
            }
        }
        return new ModelFolder(model, folders, names, length, begin, ends);
    }

    /** That of the graph, and the one above if they are laid out so; the graph may be below what was given. */
    private static List<Path> folders(Path given, boolean mayBeBelow) throws IOException {
        Path below = given.resolve(GRAPHS);
        if (mayBeBelow && graphs(given).isEmpty() && Files.isDirectory(below)) {
            return List.of(below, given);
        }
        Path whole = given.toAbsolutePath().normalize();
        Path above = whole.getParent();
        return above != null && whole.endsWith(GRAPHS) ? List.of(given, above) : List.of(given);
    }

    private static List<Path> graphs(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".onnx"))
                    .sorted()
                    .toList();
        }
    }

    /** A file beside the model, by its name. */
    Optional<Path> beside(String name) {
        return beside(name, folders);
    }

    private static Optional<Path> beside(String name, List<Path> folders) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static JsonNode json(String name, List<Path> folders) throws IOException {
        Path file = beside(name, folders).orElse(null);
        if (file == null) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static OptionalInt first(int least, JsonNode... nodes) {
        return Stream.of(nodes)
                .filter(JsonNode::isInt)
                .mapToInt(JsonNode::asInt)
                .filter(number -> number >= least)
                .findFirst();
    }

    /** The file that the configuration names, or that is called as usual, or that is the only one. */
    private static Path model(Path folder, JsonNode named) throws IOException {
        List<Path> found = graphs(folder);
        for (String name :
                Stream.concat(Stream.of(named.asText()), USUAL.stream()).toList()) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        if (found.size() == 1) {
            return found.getFirst();
        }
        throw new IOException(folder + " holds "
                + (found.isEmpty()
                        ? "no .onnx file"
                        : "several .onnx files, name one of them: "
                                + String.join(
                                        ", ",
                                        found.stream()
                                                .map(file -> file.getFileName().toString())
                                                .toList())));
    }

    /** Those of GenAI's configuration; patterns with {@code %d} are for each layer. */
    private static Names names(JsonNode decoder) {
        Map<String, String> roles = new HashMap<>();
        Map<String, String> layers = new HashMap<>();
        JsonNode inputs = decoder.path("inputs");
        JsonNode outputs = decoder.path("outputs");
        for (String role : List.of("input_ids", "attention_mask", "position_ids")) {
            if (inputs.has(role)) {
                roles.put(role, inputs.path(role).asText());
            }
        }
        if (outputs.has("logits")) {
            roles.put("logits", outputs.path("logits").asText());
        }
        for (String kind : List.of("names", "key_names", "value_names")) {
            String past = text(inputs, "past_" + kind);
            String present = text(outputs, "present_" + kind);
            for (int layer = 0;
                    past != null
                            && present != null
                            && layer < decoder.path("num_hidden_layers").asInt();
                    layer++) {
                layers.put(past.replace("%d", "" + layer), present.replace("%d", "" + layer));
            }
        }
        return new Names(roles, layers, Map.of());
    }

    private static @Nullable String text(JsonNode node, String name) {
        return node.path(name).textValue();
    }
}

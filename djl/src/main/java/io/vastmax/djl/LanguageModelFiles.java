package io.vastmax.djl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.LogitTransform;
import io.vastmax.ModelDirectory;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.RandomKey;
import io.vastmax.Safetensors;
import io.vastmax.text.Tokenizer;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Language models on disk: a {@link ModelDirectory} with {@code weights.safetensors}, {@code vocab.txt}, and, while the
 * training can be resumed, {@code checkpoint.safetensors}.
 */
public final class LanguageModelFiles {
    private static final String WEIGHTS = "weights.safetensors";
    private static final String CHECKPOINT = "checkpoint.safetensors";
    private static final String VOCABULARY = "vocab.txt";
    private static final String COUNTS = "vocabulary.counts";
    private static final ObjectMapper JSON = new ObjectMapper();

    private LanguageModelFiles() {}

    /**
     * A model with what it needs to read text.
     *
     * @param model the model
     * @param vocabulary the words of its ids
     * @param tokenizer what cuts a text into words
     * @param training how it was trained, as given to {@link #save}
     */
    public record Loaded(
            RecurrentLanguageModel model, Vocabulary vocabulary, Tokenizer tokenizer, ObjectNode training) {}

    /**
     * Saves a model in place of the one that the directory may hold.
     *
     * @param training settings to keep with the model, for reports and for a resumption
     * @param trainer its place is kept, so that the training can be resumed; null when it is done
     */
    public static void save(
            Path directory,
            RecurrentLanguageModel model,
            Vocabulary vocabulary,
            Tokenizer tokenizer,
            ObjectNode training,
            @Nullable Trainer trainer)
            throws IOException {
        ObjectNode config = JSON.createObjectNode();
        config.put("model", "lstm");
        config.put("tokenizer", tokenizer.name());
        config.put("vocabulary", vocabulary.size());
        config.put("width", model.settings().width());
        config.put("layers", model.settings().layers());
        config.put("dropout", model.settings().dropout());
        Map<String, long[]> integers = new LinkedHashMap<>();
        if (vocabulary.hasCounts()) {
            integers.put(COUNTS, vocabulary.counts());
        }
        LayerFiles.describe(model.objective(), config.putObject("layer"), integers);
        InputFiles.describe(model.input(), model.objective(), config, integers);
        config.set("training", training);
        Map<String, ModelDirectory.FileWriter> files = new LinkedHashMap<>();
        files.put(VOCABULARY, vocabulary::write);
        files.put(WEIGHTS, file -> Safetensors.write(file, model.parameters(), integers));
        if (trainer != null) {
            config.putPOJO("checkpoint", trainer.progress());
            files.put(CHECKPOINT, file -> Safetensors.write(file, trainer.checkpoint()));
        }
        ModelDirectory.save(directory, config, files);
    }

    /** What a layer that was loaded is trained with. */
    @FunctionalInterface
    public interface Training {
        /**
         * The objective, over the layer's parameters, which are zero yet.
         *
         * @param layer the layer
         * @param vocabulary with the counts it was saved with
         * @param learned what each of a sampler's learned distributions has counted, in their order
         */
        Objective objective(OutputLayer layer, Vocabulary vocabulary, List<long[]> learned) throws IOException;
    }

    /**
     * Loads a model to be used: the same bits as were saved, under its exact layer.
     *
     * @throws IOException if the directory holds no model, or a damaged one
     */
    public static Loaded load(Path directory) throws IOException {
        return load(directory, (layer, vocabulary, learned) -> layer);
    }

    /**
     * Loads a model to be trained on.
     *
     * @throws IOException if the directory holds no model, or a damaged one
     */
    public static Loaded load(Path directory, Training training) throws IOException {
        ModelDirectory files = ModelDirectory.open(directory);
        ObjectNode config = files.config();
        Map<String, long[]> integers = Safetensors.integers(files.file(WEIGHTS));
        Vocabulary vocabulary = vocabulary(files, integers);
        if (!config.path("model").asText().equals("lstm")
                || vocabulary.size() != number(directory, config, "vocabulary")) {
            throw new IOException(directory + ": config.json says \"model\": " + config.path("model")
                    + ", \"vocabulary\": " + config.path("vocabulary") + ", but vocab.txt holds " + vocabulary.size()
                    + " words of an lstm model");
        }
        int width = number(directory, config, "width");
        Objective objective = training.objective(
                LayerFiles.read(directory, config.path("layer"), integers, vocabulary.size(), width),
                vocabulary,
                LayerFiles.learned(integers));
        RecurrentLanguageModel model;
        try {
            model = new RecurrentLanguageModel(
                    new RecurrentLanguageModel.Settings(
                            width,
                            number(directory, config, "layers"),
                            config.path("dropout").asDouble()),
                    InputFiles.read(directory, config, integers, objective.exact()),
                    objective,
                    RandomKey.of(0));
        } catch (IllegalArgumentException e) {
            throw new IOException(directory + ": " + e.getMessage(), e);
        }
        try {
            Safetensors.read(files.file(WEIGHTS), model.parameters());
        } catch (IOException e) {
            model.close();
            throw e;
        }
        model.parametersChanged();
        JsonNode settings = config.path("training");
        return new Loaded(
                model,
                vocabulary,
                Tokenizer.named(config.path("tokenizer").asText()),
                settings instanceof ObjectNode object ? object : JSON.createObjectNode());
    }

    /** The words of a model, with the counts it was saved with, without the model. */
    public static Vocabulary vocabulary(Path directory) throws IOException {
        ModelDirectory files = ModelDirectory.open(directory);
        return vocabulary(files, Safetensors.integers(files.file(WEIGHTS)));
    }

    private static Vocabulary vocabulary(ModelDirectory files, Map<String, long[]> integers) throws IOException {
        Path file = files.file(VOCABULARY);
        Vocabulary words = Vocabulary.read(file);
        long[] counts = integers.get(COUNTS);
        if (counts == null) {
            return words;
        }
        try {
            return words.withCounts(counts);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " does not fit the weights: " + e.getMessage(), e);
        }
    }

    /**
     * Gives a saved model another transform of its logits, such as a temperature that was fitted to it. Its weights stay.
     *
     * @throws IOException if the directory holds no model
     * @throws IllegalArgumentException if its layer takes no transform
     */
    public static void transform(Path directory, LogitTransform transform) throws IOException {
        ModelDirectory files = ModelDirectory.open(directory);
        ObjectNode config = files.config().deepCopy();
        LayerFiles.retransform(transform, config.withObject("/layer"));
        files.configure(config);
    }

    /** Whether the training of a model can be resumed. */
    public static boolean canResume(Path directory) throws IOException {
        return ModelDirectory.open(directory).has(CHECKPOINT);
    }

    /**
     * Brings a trainer of a model that was just loaded to where it was saved.
     *
     * @throws IOException if the directory holds no checkpoint, or one that does not fit
     */
    public static void resume(Path directory, Trainer trainer) throws IOException {
        ModelDirectory files = ModelDirectory.open(directory);
        Safetensors.read(files.file(CHECKPOINT), trainer.checkpoint());
        JsonNode progress = files.config().path("checkpoint");
        trainer.resume(new Trainer.Progress(
                progress.path("steps").asLong(),
                progress.path("nanos").asLong(),
                progress.path("layerNanos").asLong()));
    }

    private static int number(Path directory, JsonNode config, String name) throws IOException {
        JsonNode value = config.path(name);
        if (!value.isInt() || value.asInt() < 1) {
            throw new IOException(
                    directory + ": config.json says \"" + name + "\": " + value + ", not a positive number");
        }
        return value.asInt();
    }
}

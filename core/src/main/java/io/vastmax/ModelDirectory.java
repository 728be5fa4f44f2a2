package io.vastmax;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model on disk: {@code config.json} and the files that it names.
 *
 * <p>{@code config.json} is the one pointer. A save gives each file a name that is not in use, forces it to the disk, and
 * then replaces {@code config.json} by a rename; only after that do the files of the save before go. Whatever interrupts
 * it, a reader finds a whole model: the old one or the new. One writer at a time.
 */
public final class ModelDirectory {
    /** The version of the layout that this class writes, and the only one that it reads. */
    public static final int VERSION = 1;

    private static final String CONFIG = "config.json";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path directory;
    private final ObjectNode config;

    private ModelDirectory(Path directory, ObjectNode config) {
        this.directory = directory;
        this.config = config;
    }

    /** Writes one of a model's files. */
    @FunctionalInterface
    public interface FileWriter {
        /** Writes a new file. */
        void write(Path file) throws IOException;
    }

    /**
     * Opens a model.
     *
     * @throws IOException if the directory holds no model, or one of another version, or a file is missing
     */
    public static ModelDirectory open(Path directory) throws IOException {
        Path file = directory.resolve(CONFIG);
        JsonNode config;
        try {
            config = JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IOException(directory + " holds no model: cannot read " + file, e);
        }
        if (!(config instanceof ObjectNode object) || config.path("vastmax").asInt() != VERSION) {
            throw new IOException(
                    file + ": \"vastmax\" is " + config.path("vastmax") + ", this program reads version " + VERSION);
        }
        for (JsonNode name : config.path("files")) {
            if (!Files.isRegularFile(directory.resolve(name.asText()))) {
                throw new NoSuchFileException(directory.resolve(name.asText()).toString(), null, "named in " + file);
            }
        }
        return new ModelDirectory(directory, object);
    }

    /** Whether a directory has a {@code config.json}. */
    public static boolean exists(Path directory) {
        return Files.exists(directory.resolve(CONFIG));
    }

    /**
     * Saves a model, in place of the one that the directory may hold.
     *
     * @param directory made if it is missing
     * @param config what is written to {@code config.json}, beside {@code vastmax}, the version, and {@code files}
     * @param files the file for each key, such as {@code weights.safetensors}; a file on disk is called like its key, with
     *     a number before the ending where that name is in use
     */
    public static void save(Path directory, ObjectNode config, Map<String, FileWriter> files) throws IOException {
        Files.createDirectories(directory);
        JsonNode before = exists(directory) ? open(directory).config.path("files") : JSON.createObjectNode();
        Map<String, Path> written = new LinkedHashMap<>();
        try {
            ObjectNode names = JSON.createObjectNode();
            for (Map.Entry<String, FileWriter> entry : files.entrySet()) {
                Path file = unused(directory, entry.getKey());
                written.put(entry.getKey(), file);
                entry.getValue().write(file);
                force(file);
                names.put(entry.getKey(), file.getFileName().toString());
            }
            writeConfig(directory, config, names);
            written.clear();
            for (JsonNode old : before) {
                Files.deleteIfExists(directory.resolve(old.asText()));
            }
        } catch (IOException | RuntimeException e) {
            for (Path file : written.values()) {
                Files.deleteIfExists(file);
            }
            throw e;
        }
    }

    /**
     * Replaces what {@code config.json} says, and keeps the files.
     *
     * @param changed as for {@link #save}
     */
    public void configure(ObjectNode changed) throws IOException {
        writeConfig(directory, changed, config.path("files"));
    }

    /** Whole or not at all: to a name of its own first. */
    private static void writeConfig(Path directory, ObjectNode config, JsonNode files) throws IOException {
        ObjectNode complete = JSON.createObjectNode();
        complete.put("vastmax", VERSION);
        complete.setAll(config);
        complete.set("files", files);
        Path temporary = directory.resolve(CONFIG + ".new");
        Files.write(temporary, JSON.writeValueAsBytes(complete));
        force(temporary);
        Files.move(
                temporary,
                directory.resolve(CONFIG),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** What {@code config.json} says. */
    public ObjectNode config() {
        return config;
    }

    /** Whether there is a file of a key. */
    public boolean has(String key) {
        return config.path("files").has(key);
    }

    /**
     * The file of a key.
     *
     * @throws IOException if there is none
     */
    public Path file(String key) throws IOException {
        if (!has(key)) {
            throw new IOException(directory.resolve(CONFIG) + " names no file " + key);
        }
        return directory.resolve(config.get("files").get(key).asText());
    }

    private static Path unused(Path directory, String key) {
        int dot = key.lastIndexOf('.');
        Path file = directory.resolve(key);
        for (int i = 1; Files.exists(file); i++) {
            file = directory.resolve(key.substring(0, dot) + "-" + i + key.substring(dot));
        }
        return file;
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }
}

package io.vastmax.djl;

import ai.djl.MalformedModelException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.Parameters;
import io.vastmax.Safetensors;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A layer within a parameter file of DJL: what it is, in JSON; the number of bytes that follow; and these, a safetensors file with
 * its parameters and what no training changes, a tree or clusters. It is read into a layer of the same build, wholly or not at
 * all.
 */
final class LayerStream {
    private static final ObjectMapper JSON = new ObjectMapper();

    private LayerStream() {}

    /** Describes a layer: its name and sizes, and its integers by name. */
    @FunctionalInterface
    interface Description {
        void of(ObjectNode config, Map<String, long[]> integers);
    }

    static void write(DataOutputStream os, Description description, Parameters parameters) throws IOException {
        ObjectNode config = JSON.createObjectNode();
        Map<String, long[]> integers = new LinkedHashMap<>();
        description.of(config, integers);
        os.writeUTF(config.toString());
        try (TemporaryFile file = new TemporaryFile()) {
            Safetensors.write(file.path(), parameters, integers);
            os.writeLong(Files.size(file.path()));
            Files.copy(file.path(), os);
        }
    }

    /**
     * Fills a layer's parameters.
     *
     * @throws MalformedModelException if the layer that was written is another
     */
    static void read(DataInputStream is, Description description, Parameters parameters)
            throws IOException, MalformedModelException {
        ObjectNode config = JSON.createObjectNode();
        Map<String, long[]> integers = new LinkedHashMap<>();
        description.of(config, integers);
        String written = is.readUTF();
        if (!config.equals(JSON.readTree(written))) {
            throw new MalformedModelException(
                    "The model file holds the layer " + written + ", this model has " + config);
        }
        try (TemporaryFile file = new TemporaryFile()) {
            copy(is, is.readLong(), file.path());
            Map<String, long[]> found = Safetensors.integers(file.path());
            for (Map.Entry<String, long[]> expected : integers.entrySet()) {
                if (!java.util.Arrays.equals(expected.getValue(), found.get(expected.getKey()))) {
                    throw new MalformedModelException(
                            "The layer of the model file has another " + expected.getKey() + " than this model's");
                }
            }
            Safetensors.read(file.path(), parameters);
        }
    }

    private static void copy(DataInputStream is, long bytes, Path to) throws IOException {
        byte[] buffer = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(to)) {
            for (long left = bytes; left > 0; ) {
                int n = is.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (n < 0) {
                    throw new EOFException("The model file ends " + left + " bytes before its layer does");
                }
                out.write(buffer, 0, n);
                left -= n;
            }
        }
    }

    /** A file that is gone afterwards. */
    private record TemporaryFile(Path folder) implements AutoCloseable {
        TemporaryFile() throws IOException {
            this(Files.createTempDirectory("vastmax"));
        }

        Path path() {
            return folder.resolve("layer.safetensors");
        }

        @Override
        public void close() throws IOException {
            Files.deleteIfExists(path());
            Files.delete(folder);
        }
    }
}

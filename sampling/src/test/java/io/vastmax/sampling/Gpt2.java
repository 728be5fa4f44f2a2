package io.vastmax.sampling;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Logits of GPT-2 for the token after each of three prompts. */
final class Gpt2 {
    private static final int VOCABULARY = 50_257;

    private Gpt2() {}

    /** Those after a prompt; the test is skipped where the data is not there. */
    static float[] logits(int prompt) {
        Path file = data().resolve("gpt2").resolve("logits_3x50257.f32le");
        assumeTrue(Files.exists(file), "Logits of GPT-2 are absent: " + file);
        try {
            float[] logits = new float[VOCABULARY];
            ByteBuffer.wrap(Files.readAllBytes(file))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(prompt * VOCABULARY, logits);
            return logits;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code VASTMAX_DATA}, or {@code ../shared/data} beside the project. */
    private static Path data() {
        String given = System.getenv("VASTMAX_DATA");
        if (given != null) {
            return Path.of(given);
        }
        @Nullable Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.isDirectory(root.resolve(".mvn"))) {
            root = root.getParent();
        }
        if (root == null) {
            return abort("VASTMAX_DATA is not set, and the project's root was not found above the working directory");
        }
        return root.resolveSibling("shared").resolve("data");
    }
}

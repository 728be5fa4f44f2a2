package io.vastmax.sampling;

import io.vastmax.testkit.SharedData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Logits of GPT-2 for the token after each of three prompts. */
final class Gpt2 {
    private static final int VOCABULARY = 50_257;

    private Gpt2() {}

    /** Those after a prompt; the test is skipped where the data is not there. */
    static float[] logits(int prompt) {
        Path file = SharedData.find("gpt2/logits_3x50257.f32le");
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
}

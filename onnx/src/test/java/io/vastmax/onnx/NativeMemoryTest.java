package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.RecurrentGraph.Cell;
import io.vastmax.onnx.RecurrentGraph.Settings;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.GenerationListener;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ONNX Runtime holds does not grow with the tokens that were written. */
final class NativeMemoryTest {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Detokenizer LETTERS = Detokenizer.bytes(id -> new byte[] {(byte) ('0' + id)});

    /** Tensors of 10,000 tokens that are never closed would be 40 MB and more. */
    private static final long MOST = 8 << 20;

    @TempDir
    private Path folder;

    @Test
    void ofARecurrentModel() throws IOException {
        Settings settings = new Settings(Cell.LSTM, 2, 40, 512, true, "past_%s", "present_%s");
        RecurrentGraph.of(settings, 1).write(folder);
        try (OnnxLanguageModel model = OnnxLanguageModel.open(folder, OnnxOptions.DEFAULT.withThreads(1))) {
            Generator generator = new Generator(model, LETTERS);
            assertNoGrowth(() -> generator.generate(new int[] {1}, settings(10_000)));
        }
    }

    @Test
    void ofADecoderWithACache() throws IOException {
        DecoderGraph.of(new Sizes(2, 4, 2, 16, 50, 512), 1).write(folder);
        try (OnnxLanguageModel model = OnnxLanguageModel.open(folder, OnnxOptions.DEFAULT.withThreads(1))) {
            Generator generator = new Generator(model, LETTERS);
            assertNoGrowth(() -> {
                for (int i = 0; i < 10; i++) {
                    generator.generate(
                            List.of(new int[] {1, 2, 3}, new int[] {4}), settings(500), GenerationListener.NONE);
                }
            });
        }
    }

    private static GenerationSettings settings(int tokens) {
        return GenerationSettings.of(Chain.of(Filters.topK(20)), tokens);
    }

    /** The second time against the first, in which all that is kept for good is made. */
    private static void assertNoGrowth(Runnable work) throws IOException {
        assumeTrue(Files.exists(STATUS), "Resident memory is read from " + STATUS);
        work.run();
        long before = residentBeyondTheHeap();
        work.run();
        assertThat(residentBeyondTheHeap() - before).isLessThan(MOST);
    }

    /** What is resident and lies in no file: the heap is touched from its beginning on (-XX:+AlwaysPreTouch). */
    private static long residentBeyondTheHeap() throws IOException {
        System.gc();
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
            }
        }
        throw new IllegalStateException(STATUS + " has no RssAnon");
    }
}

package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.RecurrentGraph.Cell;
import io.vastmax.onnx.RecurrentGraph.Settings;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.text.Decoding;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.GenerationListener;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ONNX Runtime holds does not grow with the tokens that were written. */
final class NativeMemoryTest {
    private static final Detokenizer LETTERS = Detokenizer.bytes(id -> new byte[] {(byte) ('0' + id)});

    /** Some bytes for each of 10,000 tokens. */
    private static final long MOST = 1 << 20;

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

    /** What a session has at its end, after 1,500 lengths and after one. */
    @Test
    void nothingIsKeptForEachLength() throws IOException {
        Path file = DecoderGraph.of(new Sizes(4, 4, 2, 16, 50, 1500), 1).write(folder);
        held(file, 1500);
        long once = held(file, 1500);
        assertThat(held(file, 1) - once).isLessThan(MOST);
    }

    private static long held(Path file, int block) throws IOException {
        OnnxOptions options =
                OnnxOptions.DEFAULT.withThreads(1).withSetup(session -> session.setCPUArenaAllocator(false));
        OnnxLanguageModel model = OnnxLanguageModel.open(file, options);
        try (Decoding decoding = model.start(1)) {
            for (int from = 0; from < 1500; from += block) {
                decoding.feed(new int[block]);
            }
        }
        long before = allocated();
        model.close();
        return before - allocated();
    }

    private static GenerationSettings settings(int tokens) {
        return GenerationSettings.of(Chain.of(Filters.topK(20)), tokens);
    }

    /** The median of five times, after the one that makes what is kept for good: Java's compilers come and go meanwhile. */
    private static void assertNoGrowth(Runnable work) {
        work.run();
        long[] growth = new long[5];
        for (int i = 0; i < growth.length; i++) {
            long before = allocated();
            work.run();
            growth[i] = allocated() - before;
        }
        Arrays.sort(growth);
        assertThat(growth[growth.length / 2]).isLessThan(MOST);
    }

    /** The bytes that the C library has given out, to ONNX Runtime among others. */
    @SuppressWarnings("restricted")
    private static long allocated() {
        Optional<MemorySegment> mallinfo = Linker.nativeLinker().defaultLookup().find("mallinfo2");
        assumeTrue(mallinfo.isPresent(), "The C library does not say what is allocated (glibc 2.33 does)");
        MemoryLayout numbers = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(mallinfo.get(), FunctionDescriptor.of(numbers))
                    .invokeExact((SegmentAllocator) arena);
            long mapped = info.getAtIndex(ValueLayout.JAVA_LONG, 4); // hblkhd
            long used = info.getAtIndex(ValueLayout.JAVA_LONG, 7); // uordblks
            return mapped + used;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}

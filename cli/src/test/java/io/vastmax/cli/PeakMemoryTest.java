package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class PeakMemoryTest {
    private static final long MIB = 1 << 20;

    @Test
    @EnabledOnOs(
            value = {OS.LINUX, OS.MAC},
            disabledReason = "no other operating system is asked for it")
    void countsMemoryOutsideTheHeapAndRemembersIt() {
        long size = 64 * MIB;
        long mapped;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(size);
            memory.fill((byte) 1);
            mapped = PeakMemory.bytes().orElseThrow();
        }
        assertThat(mapped).isGreaterThan(size);
        // Resident pages are counted per thread and summed up now and then: the mark may fall by some of them
        assertThat(PeakMemory.bytes().orElseThrow()).isGreaterThan(mapped - 2 * MIB);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere there is no second source to compare with")
    void bothSourcesAgree() {
        // as far as they count the same pages
        assertThat(LibC.maxResidentSet().orElseThrow() * 1024.0)
                .isGreaterThan(0.5 * PeakMemory.bytes().orElseThrow());
    }

    @Test
    void readsTheHighWaterMark(@TempDir Path folder) throws IOException {
        Path status = folder.resolve("status");
        assertThat(PeakMemory.highWaterMark(status)).isEmpty();
        Files.writeString(status, "Name:\tjava\nVmPeak:\t  999 kB\nVmHWM:\t  123456 kB\nVmRSS:\t 7 kB\n");
        assertThat(PeakMemory.highWaterMark(status)).isEqualTo(OptionalLong.of(123456L * 1024));
        Files.writeString(status, "Name:\tjava\n");
        assertThat(PeakMemory.highWaterMark(status)).isEmpty();
    }
}

package io.vastmax.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * The most memory that this process ever had resident: heap, native libraries and their buffers together. It never
 * falls, so what is to be measured needs a process of its own (see {@link ChildProcess}).
 */
final class PeakMemory {
    private static final String HIGH_WATER_MARK = "VmHWM:";

    private PeakMemory() {}

    /** In bytes; empty where the operating system is neither Linux nor macOS or does not say. */
    static OptionalLong bytes() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (os.startsWith("linux")) {
            // Not getrusage, which starts from the peak of the process that forked this one
            return highWaterMark(Path.of("/proc/self/status"));
        }
        return os.startsWith("mac") ? LibC.maxResidentSet() : OptionalLong.empty();
    }

    static OptionalLong highWaterMark(Path status) {
        List<String> lines;
        try {
            lines = Files.readAllLines(status);
        } catch (IOException e) {
            return OptionalLong.empty();
        }
        return lines.stream()
                .filter(line -> line.startsWith(HIGH_WATER_MARK) && line.endsWith(" kB"))
                .mapToLong(line -> Long.parseLong(line.substring(HIGH_WATER_MARK.length(), line.length() - 3)
                                .strip())
                        * 1024)
                .findFirst();
    }
}

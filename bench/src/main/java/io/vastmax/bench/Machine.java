package io.vastmax.bench;

import ai.djl.engine.Engine;
import ai.djl.util.Platform;
import com.sun.management.OperatingSystemMXBean;
import io.vastmax.internal.simd.Simd;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** What the figures were measured on. */
final class Machine {
    private Machine() {}

    /** The machine, the JDK and the peers in a line. */
    static String description() {
        OperatingSystemMXBean system = system();
        return "%s, %d processors (%s), %d GiB; %s %s; Java %s (%s); PyTorch %s through DJL %s"
                .formatted(
                        processor(),
                        system.getAvailableProcessors(),
                        Simd.description(),
                        Math.round(system.getTotalMemorySize() / 0x1p30),
                        system.getName(),
                        system.getVersion(),
                        Runtime.version(),
                        System.getProperty("java.vendor"),
                        Platform.detectPlatform("pytorch").getVersion(),
                        Engine.getDjlVersion());
    }

    /** The date, and how busy the machine is before anything is measured: other load spoils the figures. */
    static String now() {
        String date = ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'"));
        return "%s, load before it %.2f".formatted(date, system().getSystemLoadAverage());
    }

    /** Free memory in bytes, what the system would drop for it included. */
    static long availableMemory() {
        long available = kibibytes(Path.of("/proc/meminfo"), "MemAvailable");
        return available < 0 ? system().getFreeMemorySize() : available << 10;
    }

    /** Whether Java can have transparent huge pages: Linux only, and there it complains where they are switched off. */
    static boolean hasHugePages() {
        try {
            return !Files.readString(Path.of("/sys/kernel/mm/transparent_hugepage/enabled"))
                    .contains("[never]");
        } catch (IOException e) {
            return false;
        }
    }

    /** A line {@code key: number kB} of a file under Linux's /proc; -1 if there is none. */
    static long kibibytes(Path file, String key) {
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith(key + ":")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        } catch (IOException e) {
            // not Linux
        }
        return -1;
    }

    private static String processor() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException e) {
            // not Linux
        }
        return System.getProperty("os.arch");
    }

    private static OperatingSystemMXBean system() {
        return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }
}

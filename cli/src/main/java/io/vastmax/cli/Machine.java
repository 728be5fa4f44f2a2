package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.vastmax.internal.simd.Simd;
import java.util.Locale;
import oshi.SystemInfo;
import oshi.hardware.CentralProcessor;
import oshi.hardware.HardwareAbstractionLayer;

/**
 * What a measurement was taken on.
 *
 * @param cpu the processor's name
 * @param cores physical cores of the machine
 * @param processors logical processors that Java may use here, which a container may limit
 * @param memoryBytes memory of the machine
 * @param os operating system, with its version and architecture
 * @param jdk version and name of the Java that runs
 * @param kernels what Vastmax's kernels run on
 */
@JsonNaming(SnakeCaseStrategy.class)
record Machine(String cpu, int cores, int processors, long memoryBytes, String os, String jdk, String kernels) {
    /** Asks the operating system: some tenths of a second. */
    static Machine describe() {
        SystemInfo system = new SystemInfo();
        HardwareAbstractionLayer hardware = system.getHardware();
        CentralProcessor processor = hardware.getProcessor();
        return new Machine(
                processor.getProcessorIdentifier().getName().strip(),
                processor.getPhysicalProcessorCount(),
                Runtime.getRuntime().availableProcessors(),
                hardware.getMemory().getTotal(),
                system.getOperatingSystem() + ", " + System.getProperty("os.arch"),
                Runtime.version() + ", " + System.getProperty("java.vendor") + " " + System.getProperty("java.vm.name"),
                Simd.description());
    }

    /** The machine without its software's kernels and Java, on one line. */
    String hardware() {
        return String.format(
                Locale.ROOT,
                "%s, %d cores, %d processors for Java, %.1f GB, %s",
                cpu,
                cores,
                processors,
                memoryBytes / 1e9,
                os);
    }
}

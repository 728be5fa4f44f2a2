package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.junit.jupiter.api.Test;

class MachineTest {
    private static final Machine MACHINE =
            new Machine("Fast CPU", 4, 8, 16_000_000_000L, "Some OS 1, amd64", "25", "512-bit vectors");

    @Test
    void knowsThisMachine() {
        Machine machine = Machine.describe();
        assertThat(machine.cpu()).isNotBlank();
        assertThat(machine.cores()).isPositive();
        assertThat(machine.processors()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(machine.memoryBytes()).isGreaterThan(Runtime.getRuntime().totalMemory());
        assertThat(machine.os()).contains(System.getProperty("os.arch"));
        assertThat(machine.jdk()).startsWith(Runtime.version().toString());
        assertThat(machine.kernels()).isNotBlank();
    }

    @Test
    void jsonNamesAreInSnakeCase() throws JsonProcessingException {
        assertThat(Json.write(MACHINE)).contains("\"memory_bytes\": 16000000000");
        assertThat(Json.read(Json.write(MACHINE), Machine.class)).isEqualTo(MACHINE);
    }

    @Test
    void hardwareIsOneLine() {
        assertThat(MACHINE.hardware()).isEqualTo("Fast CPU, 4 cores, 8 processors for Java, 16.0 GB, Some OS 1, amd64");
    }
}

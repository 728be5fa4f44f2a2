package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void runsTheSameProgramWithTheSameFlags() throws Exception {
        assertThat(ChildProcess.run(List.of("--version")))
                .startsWith("vastmax " + Version.number())
                .contains("Kernels: " + Machine.describe().kernels());
    }

    @Test
    void resultIsStandardOutputWhateverTheLocale() throws Exception {
        assertThat(ChildProcess.run(Echo.class, List.of("two words", "--flag")))
                .isEqualTo("Käse 🧀\ntwo words\n--flag\n%s\n".formatted(System.getProperty("vastmax.corpus")));
    }

    @Test
    void failureNamesTheCommandAndItsExitCode() {
        assertThatThrownBy(() -> ChildProcess.run(List.of("--bogus")))
                .isInstanceOf(IOException.class)
                .hasMessage("vastmax --bogus ended with the exit code 2");
    }

    @Test
    void interruptEndsTheChild(@TempDir Path folder) throws Exception {
        Path started = folder.resolve("pid");
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                ChildProcess.run(Sleep.class, List.of(started.toString()));
            } catch (Exception e) {
                thrown.set(e);
            }
        });
        ProcessHandle child = startedAt(started);
        waiting.interrupt();
        waiting.join(SOON);
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        assertEnds(child);
    }

    @Test
    void endOfTheParentEndsTheChildEvenWhenItIsKilled(@TempDir Path folder) throws Exception {
        Path started = folder.resolve("pid");
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                ChildProcess.run(Parent.class, List.of(started.toString()));
            } catch (IOException | InterruptedException e) {
                // killed below
            }
        });
        ProcessHandle child = startedAt(started);
        child.parent().orElseThrow().destroyForcibly();
        waiting.join(SOON);
        assertEnds(child);
    }

    private static ProcessHandle startedAt(Path pidFile) throws Exception {
        long end = System.nanoTime() + SOON.toNanos();
        while (!Files.exists(pidFile)) {
            assertThat(System.nanoTime()).as("time to start").isLessThan(end);
            Thread.sleep(20);
        }
        return ProcessHandle.of(Long.parseLong(Files.readString(pidFile))).orElseThrow();
    }

    private static void assertEnds(ProcessHandle process) {
        assertThat(process.onExit()).succeedsWithin(SOON);
    }

    static final class Echo {
        public static void main(String[] arguments) {
            System.out.print("Käse 🧀\n");
            for (String argument : arguments) {
                System.out.print(argument + "\n");
            }
            System.out.print(System.getProperty("vastmax.corpus") + "\n");
        }
    }

    static final class Sleep {
        public static void main(String[] arguments) throws Exception {
            ChildProcess.endWithParent();
            Path pid = Path.of(arguments[0]);
            Path written = pid.resolveSibling("written");
            Files.writeString(written, String.valueOf(ProcessHandle.current().pid()));
            Files.move(written, pid);
            Thread.sleep(Duration.ofMinutes(5));
        }
    }

    static final class Parent {
        public static void main(String[] arguments) throws Exception {
            ChildProcess.run(Sleep.class, List.of(arguments));
        }
    }
}

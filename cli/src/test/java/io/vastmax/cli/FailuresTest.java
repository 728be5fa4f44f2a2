package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {
    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new IOException("model/config.json: no field width"), "model/config.json: no field width"),
                Arguments.of(new IllegalArgumentException("k must be positive: 0"), "k must be positive: 0"),
                Arguments.of(new IllegalStateException(), "java.lang.IllegalStateException"),
                Arguments.of(new NoSuchFileException("model"), "model: no such file or folder"),
                Arguments.of(new AccessDeniedException("model"), "model: access denied"),
                Arguments.of(new FileSystemException("model", null, "No space left"), "model: No space left"),
                Arguments.of(new UncheckedIOException(new IOException("short read")), "short read"),
                Arguments.of(
                        new CompletionException(new UncheckedIOException(new IOException("short read"))), "short read"),
                Arguments.of(new CompletionException("no cause", null), "no cause"),
                Arguments.of(new IOException("two\n  lines\n"), "two lines"),
                Arguments.of(new InterruptedException(), "interrupted"),
                Arguments.of(
                        new NullPointerException("x is null"),
                        "java.lang.NullPointerException: x is null (--verbose shows where)"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void oneLineForEach(Throwable failure, String line) {
        assertThat(Failures.describe(failure))
                .startsWith(line.equals("no cause") ? "" : line)
                .doesNotContain("\n");
    }
}

package io.vastmax.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What went wrong, in one line for someone who does not read Java. */
final class Failures {
    private Failures() {}

    static String describe(Throwable failure) {
        boolean wrapped = failure instanceof UncheckedIOException
                || failure instanceof CompletionException
                || failure instanceof ExecutionException;
        if (wrapped && failure.getCause() != null) {
            return describe(failure.getCause());
        }
        return oneLine(
                switch (failure) {
                    case NoSuchFileException e -> about(e, "no such file or folder");
                    case AccessDeniedException e -> about(e, "access denied");
                    case FileAlreadyExistsException e -> about(e, "exists already");
                    case NotDirectoryException e -> about(e, "not a folder");
                    case InterruptedException e -> "interrupted";
                    case OutOfMemoryError e -> outOfMemory(e);
                    // Their messages are written for whoever passed the argument or the file
                    case IOException e -> messageOf(e);
                    case IllegalArgumentException e -> messageOf(e);
                    case IllegalStateException e -> messageOf(e);
                    default -> failure + " (--verbose shows where)";
                });
    }

    private static String about(FileSystemException e, String problem) {
        return e.getFile() + ": " + Objects.requireNonNullElse(e.getReason(), problem);
    }

    private static String outOfMemory(OutOfMemoryError e) {
        return String.format(
                Locale.ROOT,
                "out of memory: %s. Java may take %.1f GB here; VASTMAX_JAVA_OPTS=-Xmx... sets another limit",
                e.getMessage(),
                Runtime.getRuntime().maxMemory() / 1e9);
    }

    private static String messageOf(Exception e) {
        return Objects.requireNonNullElse(e.getMessage(), e.toString());
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}

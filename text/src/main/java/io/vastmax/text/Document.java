package io.vastmax.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file, or an entry of a jar.
 *
 * @param name what tells it apart within its corpus, with {@code /} on every platform, so that a split does not depend on
 *     where the corpus lies
 * @param file the file or the jar
 * @param entry the entry's name in the jar; null for a file
 * @param bytes its size, unpacked
 */
record Document(String name, Path file, @Nullable String entry, long bytes) {
    /** Opens it for reading; {@code jars} keeps the jar open for the documents that follow. */
    InputStream open(Jars jars) throws IOException {
        return entry == null ? Files.newInputStream(file) : jars.open(file, entry);
    }

    /** Where it is, for an error. */
    String location() {
        return entry == null ? file.toString() : file + "!/" + entry;
    }
}

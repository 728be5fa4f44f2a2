package io.vastmax.testkit;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Data that is too large for the project, or under other licences: in {@code VASTMAX_DATA}, or in {@code ../shared/data}
 * beside the project.
 */
public final class SharedData {
    private SharedData() {}

    /** A file or folder of it. Where that is absent, the test is skipped and says so. */
    public static Path find(String path) {
        Path found = folder().resolve(path);
        assumeTrue(Files.exists(found), "Data is absent: " + found);
        return found;
    }

    private static Path folder() {
        String given = System.getenv("VASTMAX_DATA");
        if (given != null) {
            return Path.of(given);
        }
        @Nullable Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.isDirectory(root.resolve(".mvn"))) {
            root = root.getParent();
        }
        if (root == null) {
            return abort("VASTMAX_DATA is not set, and the project's root was not found above the working directory");
        }
        return root.resolveSibling("shared").resolve("data");
    }
}

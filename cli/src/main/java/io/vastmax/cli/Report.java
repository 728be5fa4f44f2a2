package io.vastmax.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that a command writes for people and programs to read. */
final class Report {
    private Report() {}

    /** Writes a file whole or not at all: to a name of its own first. The folder is made if it is missing. */
    static void write(Path folder, String name, String text) throws IOException {
        Files.createDirectories(folder);
        Path temporary = folder.resolve(name + ".new");
        Files.writeString(temporary, text);
        Files.move(temporary, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
}

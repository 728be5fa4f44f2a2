package io.vastmax.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds a corpus's files in a folder, always in the order of their names. */
record Folder(Path path) {
    /** The text files at any depth, without hidden ones. */
    List<Document> documents() throws IOException {
        List<Document> documents = new ArrayList<>();
        for (Path file : paths(Integer.MAX_VALUE)) {
            if (Files.isRegularFile(file)) {
                documents.add(document(file));
            }
        }
        documents.sort(Comparator.comparing(Document::name));
        return documents;
    }

    /**
     * The documents of a part that the folder holds under its name, as {@code train}, {@code train.txt} or
     * {@code wiki.train.tokens}; where it is itself a folder, all files in there. Empty if there is none.
     *
     * @throws IOException if there are two of that name
     */
    List<Document> part(String part) throws IOException {
        Pattern name = Pattern.compile("(?:[^.]+\\.)?" + part + "(?:\\.(?:txt|tokens|raw))?");
        List<Path> found = paths(1).stream()
                .filter(file -> name.matcher(fileName(file)).matches())
                .toList();
        if (found.size() > 1) {
            throw new IOException("%s holds two %s parts, %s and %s: which one is meant?"
                    .formatted(path, part, fileName(found.get(0)), fileName(found.get(1))));
        }
        if (found.isEmpty()) {
            return List.of();
        }
        Path file = found.getFirst();
        return Files.isDirectory(file) ? new Folder(file).documents() : List.of(document(file));
    }

    /** The jars that lie directly in the folder. */
    List<Path> jars() throws IOException {
        return paths(1).stream().filter(file -> fileName(file).endsWith(".jar")).toList();
    }

    /** What is below this folder, hidden files and folders left out. */
    private List<Path> paths(int depth) throws IOException {
        try (Stream<Path> paths = Files.walk(path, depth, FileVisitOption.FOLLOW_LINKS)) {
            return paths.filter(file -> !file.equals(path) && !isHidden(file))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw new IOException("cannot list " + path + ": " + e.getMessage(), e);
        }
    }

    private boolean isHidden(Path file) {
        for (Path element : path.relativize(file)) {
            if (element.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    private Document document(Path file) throws IOException {
        String name =
                path.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
        return new Document(name, file, null, Files.size(file));
    }

    private static String fileName(Path file) {
        return String.valueOf(file.getFileName());
    }
}

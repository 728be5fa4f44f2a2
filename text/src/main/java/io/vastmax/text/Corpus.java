package io.vastmax.text;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A training, a validation and a test text.
 *
 * <ul>
 *   <li>A <b>folder with the parts {@code train}, {@code valid} and {@code test}</b>, each a file such as {@code train.txt}, in
 *       WikiText's manner {@code wiki.train.tokens}, or a folder of files. Nothing else in it is read.
 *   <li>Any <b>other folder</b> of at least three text files, at any depth; hidden and empty ones are left out. It is split by
 *       file, never by line, 90/5/5 by size; which file goes where follows from the seed and the files' names and sizes.
 *   <li>A <b>single file</b> is a test text, to evaluate a model on. There is nothing to train on.
 * </ul>
 *
 * <p>Opening a corpus looks at names and sizes; {@link Text#forEachToken} reads. Immutable and safe for use by several
 * threads.
 */
public final class Corpus {
    private static final String WHAT_TO_GIVE =
            "give a folder which holds train.txt, valid.txt and test.txt, or at least three text files";

    private final String name;
    private final Tokenizer tokenizer;
    private final @Nullable Text train;
    private final @Nullable Text valid;
    private final Text test;

    private Corpus(String name, Tokenizer tokenizer, @Nullable Text train, @Nullable Text valid, Text test) {
        this.name = name;
        this.tokenizer = tokenizer;
        this.train = train;
        this.valid = valid;
        this.test = test;
    }

    /**
     * Opens text in WikiText's format, see {@link WikiTextTokenizer}.
     *
     * @param path a folder or a file
     * @param seed of the split, where the folder has no parts of its own
     * @throws IOException if there is nothing at the path, a part is missing or empty, or there are too few files to split;
     *     the message names the path and says what to give
     */
    public static Corpus open(Path path, long seed) throws IOException {
        return open(path, new WikiTextTokenizer(), seed);
    }

    /** As {@link #open(Path, long)}, with another tokenizer. */
    public static Corpus open(Path path, Tokenizer tokenizer, long seed) throws IOException {
        if (!Files.exists(path)) {
            throw new FileNotFoundException("no such file or folder: " + path);
        }
        if (!Files.isDirectory(path)) {
            Document file = new Document(nameOf(path), path, null, Files.size(path));
            return new Corpus(nameOf(path), tokenizer, null, null, text(path, "test", List.of(file), tokenizer));
        }
        Folder folder = new Folder(path);
        List<Document> train = folder.part("train");
        if (train.isEmpty()) {
            return split(path, folder.documents(), tokenizer, seed);
        }
        return of(path, new Split(train, folder.part("valid"), folder.part("test")), tokenizer);
    }

    /**
     * Opens the {@code .java} entries of the jars in a folder, such as libraries' {@code *-sources.jar}: split by source file
     * as other text is, and cut into words by {@link JavaTokenizer}.
     *
     * @param folder holds the jars; its other files and its folders are not looked at
     * @param seed of the split
     * @throws IOException if there is no such folder, no jar in it, or the jars hold fewer than three sources
     */
    public static Corpus javaSources(Path folder, long seed) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new FileNotFoundException("no such folder: " + folder);
        }
        List<Path> paths = new Folder(folder).jars();
        if (paths.isEmpty()) {
            throw new FileNotFoundException("there is no *.jar in " + folder);
        }
        List<Document> sources = new ArrayList<>();
        try (Jars jars = new Jars()) {
            for (Path jar : paths) {
                sources.addAll(jars.documents(jar, ".java"));
            }
        }
        return split(folder, sources, new JavaTokenizer(), seed);
    }

    private static Corpus split(Path path, List<Document> documents, Tokenizer tokenizer, long seed)
            throws IOException {
        List<Document> filled =
                documents.stream().filter(document -> document.bytes() > 0).toList();
        if (filled.size() < 3) {
            throw new IOException("%s holds %s to split by file: %s"
                    .formatted(
                            path,
                            filled.isEmpty() ? "no text" : "only " + filled.size() + " file(s) of text",
                            WHAT_TO_GIVE));
        }
        return of(path, Split.of(filled, seed), tokenizer);
    }

    private static Corpus of(Path path, Split split, Tokenizer tokenizer) throws IOException {
        return new Corpus(
                nameOf(path),
                tokenizer,
                text(path, "train", split.train(), tokenizer),
                text(path, "valid", split.valid(), tokenizer),
                text(path, "test", split.test(), tokenizer));
    }

    private static Text text(Path path, String part, List<Document> documents, Tokenizer tokenizer) throws IOException {
        if (documents.isEmpty()) {
            throw new IOException("%s has no %s part: add %s.txt".formatted(path, part, part));
        }
        Text text = new Text(documents, tokenizer);
        if (text.bytes() == 0) {
            throw new IOException("%s has an empty %s part: %s".formatted(path, part, text.documents()));
        }
        return text;
    }

    private static String nameOf(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /** The name of the folder or file. */
    public String name() {
        return name;
    }

    /** What cuts the texts into tokens, and what a model trained on them keeps. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Whether there is a train and a valid part: false for a single file. */
    public boolean isTrainable() {
        return train != null;
    }

    /**
     * The text to train on.
     *
     * @throws IllegalStateException if the corpus is a single file
     */
    public Text train() {
        return present(train, "train");
    }

    /**
     * The text to stop training by.
     *
     * @throws IllegalStateException if the corpus is a single file
     */
    public Text valid() {
        return present(valid, "valid");
    }

    /** The text to report results on; a single file is this. */
    public Text test() {
        return test;
    }

    private Text present(@Nullable Text text, String part) {
        if (text == null) {
            throw new IllegalStateException(
                    "%s is a single file and has no %s part: %s".formatted(name, part, WHAT_TO_GIVE));
        }
        return text;
    }
}

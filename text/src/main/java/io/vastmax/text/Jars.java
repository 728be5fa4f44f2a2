package io.vastmax.text;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** The jars that one pass over a text has open: opening one reads its whole directory, too dear for each entry. Mutable. */
final class Jars implements Closeable {
    private final Map<Path, ZipFile> open = new HashMap<>();

    /** The entries of {@code jar} whose names end in {@code suffix}. */
    List<Document> documents(Path jar, String suffix) throws IOException {
        List<Document> documents = new ArrayList<>();
        for (ZipEntry entry : jar(jar).stream().toList()) {
            if (!entry.isDirectory() && entry.getName().endsWith(suffix)) {
                documents.add(new Document(
                        jar.getFileName() + "!/" + entry.getName(), jar, entry.getName(), entry.getSize()));
            }
        }
        return documents;
    }

    InputStream open(Path jar, String entry) throws IOException {
        ZipFile zip = jar(jar);
        ZipEntry found = zip.getEntry(entry);
        if (found == null) {
            throw new FileNotFoundException(jar + " no longer has the entry " + entry);
        }
        return zip.getInputStream(found);
    }

    private ZipFile jar(Path path) throws IOException {
        ZipFile jar = open.get(path);
        if (jar == null) {
            try {
                jar = new ZipFile(path.toFile());
            } catch (ZipException e) {
                throw new IOException(path + " is not a jar: " + e.getMessage(), e);
            }
            open.put(path, jar);
        }
        return jar;
    }

    @Override
    public void close() throws IOException {
        for (ZipFile jar : open.values()) {
            jar.close();
        }
    }
}

package io.vastmax.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code vastmax --version} says: all that a report about speed or a fault needs. */
final class Version implements IVersionProvider {
    Version() {}

    /** Vastmax's own version, as in {@code 1.2.0}. */
    static String number() {
        Properties properties = new Properties();
        try (InputStream in = Objects.requireNonNull(Version.class.getResourceAsStream("version.properties"))) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Objects.requireNonNull(properties.getProperty("version"));
    }

    @Override
    public String[] getVersion() {
        Machine machine = Machine.describe();
        return new String[] {
            "vastmax " + number(),
            "JDK:     " + machine.jdk(),
            "Kernels: " + machine.kernels(),
            "Machine: " + machine.hardware(),
        };
    }
}

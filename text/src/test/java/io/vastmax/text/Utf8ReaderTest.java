package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8ReaderTest {
    private static String read(byte[] bytes) throws IOException {
        StringWriter text = new StringWriter();
        try (Utf8Reader reader = new Utf8Reader(new ByteArrayInputStream(bytes), "some.txt")) {
            reader.transferTo(text);
        }
        return text.toString();
    }

    @Property(tries = 200)
    void readsWhatUtf8Encodes(@ForAll @StringLength(max = 300) String any) throws IOException {
        byte[] bytes = any.getBytes(StandardCharsets.UTF_8);
        String encodable = new String(bytes, StandardCharsets.UTF_8);
        assertThat(read(bytes)).isEqualTo(encodable.startsWith("\uFEFF") ? encodable.substring(1) : encodable);
    }

    @Test
    void readsSequencesThatTheBufferCuts() throws IOException {
        for (int shift = 0; shift < 4; shift++) {
            String text = "x".repeat((1 << 16) - shift) + "\uD83D\uDE00é\n".repeat(30_000);
            assertThat(read(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(text);
        }
    }

    @Test
    void readsOneCharAtATime() throws IOException {
        byte[] bytes = "a\uD83D\uDE00b".getBytes(StandardCharsets.UTF_8);
        try (Utf8Reader reader = new Utf8Reader(new ByteArrayInputStream(bytes), "some.txt")) {
            assertThat(new int[] {reader.read(), reader.read(), reader.read(), reader.read(), reader.read()})
                    .containsExactly('a', 0xD83D, 0xDE00, 'b', -1);
        }
    }

    @Test
    void skipsAByteOrderMarkAtTheStartOnly() throws IOException {
        assertThat(read("\uFEFFa\uFEFF".getBytes(StandardCharsets.UTF_8))).isEqualTo("a\uFEFF");
    }

    @ParameterizedTest
    @CsvSource({
        // bytes,               offset, line, malformed
        "ff,                    0,      1,    FF",
        "61 62 0a 63 c3 28,     4,      2,    C3",
        "0a 0a 61 c0 80,        3,      3,    C0",
        "61 0d 0a ed a0 80,     3,      2,    ED A0 80",
        "e2 82,                 0,      1,    E2 82",
        "ef bb bf 61 0a f5,     5,      2,    F5",
    })
    void refusesMalformedBytesWithTheirPosition(String hex, long offset, long line, String malformed) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOfSatisfying(MalformedTextException.class, e -> {
                    assertThat(e.document()).isEqualTo("some.txt");
                    assertThat(e.offset()).isEqualTo(offset);
                    assertThat(e.line()).isEqualTo(line);
                })
                .hasMessage("some.txt is not UTF-8: malformed bytes %s at byte offset %d, line %d"
                        .formatted(malformed, offset, line));
    }

    @Test
    void countsLinesAcrossBuffers() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write("line\n".repeat(40_000).getBytes(StandardCharsets.UTF_8));
        bytes.write(0x80);
        assertThatThrownBy(() -> read(bytes.toByteArray()))
                .hasMessageEndingWith("malformed bytes 80 at byte offset 200000, line 40001");
    }
}

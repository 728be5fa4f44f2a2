package io.vastmax.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/** Text of tokens that are bytes of UTF-8; what is no UTF-8 becomes U+FFFD. */
final class ByteText implements Detokenizer.Stream {
    private final IntFunction<byte[]> bytes;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);

    /** The bytes of a character that is not whole. */
    private byte[] rest = {};

    ByteText(IntFunction<byte[]> bytes) {
        this.bytes = bytes;
    }

    @Override
    public String append(int id) {
        byte[] more = bytes.apply(id);
        ByteBuffer in = ByteBuffer.allocate(rest.length + more.length);
        in.put(rest).put(more).flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        decoder.decode(in, out, false);
        rest = new byte[in.remaining()];
        in.get(rest);
        return out.flip().toString();
    }

    @Override
    public String finish() {
        CharBuffer out = CharBuffer.allocate(rest.length + 1);
        decoder.decode(ByteBuffer.wrap(rest), out, true);
        decoder.flush(out);
        decoder.reset();
        rest = new byte[0];
        return out.flip().toString();
    }
}

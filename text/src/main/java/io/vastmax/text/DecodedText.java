package io.vastmax.text;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.function.Function;

/**
 * Text as a decoder of whole sequences gives it, token by token. A window of tokens is decoded with and without the new one:
 * the first part of the window, whose text was given already, lets the decoder treat spaces as inside of a text. The window
 * moves on with each piece that ends in a whole character, so that the cost of a token does not depend on the length of the text.
 * (So do vLLM and Hugging Face's text-generation-inference.) Where no whole character comes, as of special tokens or of bytes
 * that are no text, it forgets the oldest of these tokens instead.
 */
final class DecodedText implements Detokenizer.Stream {
    /** How many tokens of the prompt are the window's first part at the beginning. */
    private static final int CONTEXT = 5;

    /** Decoders give one U+FFFD for each byte of a character that is not whole, or one for all: at most so many. */
    private static final int INCOMPLETE = 3;

    /** How many tokens behind the first part the window keeps: more than belong to the characters that are held back. */
    private static final int RECENT = 16;

    private final Function<int[], String> decode;
    private final IntArrayList window = new IntArrayList();

    /** How many tokens of the window are its first part. */
    private int known;

    /** How many characters of the window's text were given, or were there before. */
    private int given;

    DecodedText(Function<int[], String> decode, int... prompt) {
        this.decode = decode;
        int from = Math.max(0, prompt.length - CONTEXT);
        window.addElements(0, prompt, from, prompt.length - from);
        known = window.size();
        given = certain(text());
    }

    @Override
    public String append(int id) {
        window.add(id);
        String text = text();
        int certain = certain(text);
        String piece = text.substring(Math.min(given, certain), certain);
        given = Math.max(given, certain);
        if (certain == text.length() && !piece.isEmpty()) {
            window.removeElements(0, known);
            known = window.size();
            given = text().length();
        } else if (window.size() - known > RECENT) {
            int open = text.length() - given;
            window.removeInt(known);
            given = Math.max(0, text().length() - open);
        }
        return piece;
    }

    @Override
    public String finish() {
        String text = text();
        String piece = text.substring(Math.min(given, text.length()));
        given = text.length();
        return piece;
    }

    private String text() {
        return window.isEmpty() ? "" : decode.apply(window.toIntArray());
    }

    /** The length of the text without what may be a character that is not whole. */
    private static int certain(String text) {
        int length = text.length();
        while (length > 0 && text.length() - length < INCOMPLETE && text.charAt(length - 1) == '\uFFFD') {
            length--;
        }
        return length;
    }
}

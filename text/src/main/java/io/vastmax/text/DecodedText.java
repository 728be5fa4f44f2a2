package io.vastmax.text;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.function.Function;

/**
 * Text as a decoder of whole sequences gives it, token by token. A window of tokens is decoded with and without the new one:
 * the first part of the window, whose text was given already, lets the decoder treat spaces as inside of a text. The window
 * moves on with each piece that ends in a whole character, so that the cost of a token does not depend on the length of the text.
 * (So do vLLM and Hugging Face's text-generation-inference.) Where no whole character comes, as of special tokens or of bytes
 * that are no text, it forgets the oldest of these tokens instead.
 *
 * <p>Decoders with byte fallback, as Llama 2's, take a run of bytes for text or for none as a whole: the first byte of a
 * character takes back those before it, until it is whole.
 */
final class DecodedText implements Detokenizer.Stream {
    /** How many tokens of the prompt are the window's first part at the beginning. */
    private static final int CONTEXT = 5;

    /** Decoders give one U+FFFD for each byte of a character that is not whole, or one for all: at most so many. */
    private static final int INCOMPLETE = 3;

    /** How many tokens behind the first part the window keeps: more than belong to the characters that are held back. */
    private static final int RECENT = 16;

    private static final String UNKNOWN = "\uFFFD";

    private final Function<int[], String> decode;
    private final IntArrayList window = new IntArrayList();

    /** How many tokens of the window are its first part. */
    private int known;

    /** What of the window's text was given, or was there before. */
    private String given;

    DecodedText(Function<int[], String> decode, int... prompt) {
        this.decode = decode;
        int from = Math.max(0, prompt.length - CONTEXT);
        window.addElements(0, prompt, from, prompt.length - from);
        // What was cut within a character may be no text, although the prompt is
        for (int more = 0; more < CONTEXT && from > 0 && text().endsWith(UNKNOWN); more++) {
            window.add(0, prompt[--from]);
        }
        known = window.size();
        String text = text();
        given = text.substring(0, certain(text, INCOMPLETE));
    }

    @Override
    public String append(int id) {
        window.add(id);
        String text = text();
        boolean takenBack = !text.startsWith(given) && window.size() - known <= RECENT;
        int certain = certain(text, takenBack ? text.length() : INCOMPLETE);
        int from = given.length();
        String piece = text.substring(Math.min(from, certain), certain);
        if (certain == text.length() && !piece.isEmpty()) {
            window.removeElements(0, known);
            known = window.size();
            given = text();
        } else if (window.size() - known > RECENT) {
            int open = text.length() - Math.max(from, certain);
            window.removeInt(known);
            String rest = text();
            given = rest.substring(0, Math.max(0, rest.length() - open));
        } else if (certain > from) {
            given = text.substring(0, certain);
        }
        return piece;
    }

    @Override
    public String finish() {
        String text = text();
        String piece = text.substring(Math.min(given.length(), text.length()));
        given = text;
        return piece;
    }

    private String text() {
        return window.isEmpty() ? "" : decode.apply(window.toIntArray());
    }

    /** The length of the text without what may be a character that is not whole. */
    private static int certain(String text, int incomplete) {
        int length = text.length();
        while (text.length() - length < incomplete && text.startsWith(UNKNOWN, length - 1)) {
            length--;
        }
        return length;
    }
}

package io.vastmax.text;

/**
 * The one definition of white space: Unicode's White_Space and the separators U+001C to U+001F, which is what Python's
 * {@code str.split()} cuts at, so that counts agree with those published for WikiText.
 */
final class WhiteSpace {
    private WhiteSpace() {}

    /** Whether {@code c} separates tokens. All white space lies in the basic plane, so a {@code char} is enough. */
    static boolean is(char c) {
        if (c > ' ' && c < 0x80) {
            return false;
        }
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    /** Whether {@code text} holds white space. */
    static boolean isIn(String text) {
        return text.chars().anyMatch(c -> is((char) c));
    }
}

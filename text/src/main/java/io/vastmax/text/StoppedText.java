package io.vastmax.text;

import java.util.List;

/**
 * A text up to the first stop string. The string that is complete first counts, of those complete at once the longest: where
 * the text ends does not depend on the pieces in which it comes. Mutable.
 */
final class StoppedText {
    private final List<String> stops;
    private final StringBuilder text = new StringBuilder();
    private int given;
    private boolean stopped;

    StoppedText(List<String> stops) {
        this.stops = stops;
    }

    /** Adds a piece, and gives what is certain to stand before any stop string. */
    String add(String piece) {
        int before = text.length();
        text.append(piece);
        int start = 0;
        int end = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = text.indexOf(stop, Math.max(0, before - stop.length() + 1));
            if (at >= 0 && (at + stop.length() < end || (at + stop.length() == end && at < start))) {
                start = at;
                end = at + stop.length();
            }
        }
        if (end < Integer.MAX_VALUE) {
            stopped = true;
            text.setLength(start);
            return give(start);
        }
        return give(text.length() - held());
    }

    /** Whether it came to a stop string. */
    boolean isStopped() {
        return stopped;
    }

    /** What was held back, at the end of a text that came to no stop string. */
    String rest() {
        return give(text.length());
    }

    /** All that was given. */
    String given() {
        return text.substring(0, given);
    }

    private String give(int to) {
        String piece = text.substring(given, to);
        given = to;
        return piece;
    }

    /** The length of the longest end of the text that is a beginning of a stop string. */
    private int held() {
        int held = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, text.length()); n > held; n--) {
                if (stop.startsWith(text.substring(text.length() - n))) {
                    held = n;
                }
            }
        }
        return held;
    }
}

package io.vastmax.sampling;

/**
 * Which tokens of the history a penalty looks at: those that followed the prompt or the prompt's too, and of these the last
 * ones.
 *
 * @param window the most of them that it looks at, counted from the end of the history
 * @param promptIncluded whether the prompt's are among them
 */
public record Scope(int window, boolean promptIncluded) {
    private static final int UNLIMITED = Integer.MAX_VALUE;

    /** Refuses a window without a token. */
    public Scope {
        Check.positive("window", window);
    }

    /** The whole history, the prompt included. */
    public static Scope all() {
        return new Scope(UNLIMITED, true);
    }

    /** The last n tokens of the history, the prompt included. */
    public static Scope last(int n) {
        return new Scope(n, true);
    }

    /** All tokens that followed the prompt. */
    public static Scope generated() {
        return new Scope(UNLIMITED, false);
    }

    /** How many tokens at the end of a history it takes in. */
    int length(History history) {
        return Math.min(window, promptIncluded ? history.length() : history.generated());
    }

    /** As in {@code "the last 64 tokens"}. */
    @Override
    public String toString() {
        String tokens = promptIncluded ? "tokens" : "generated tokens";
        return window == UNLIMITED ? "all " + tokens : "the last " + window + " " + tokens;
    }
}

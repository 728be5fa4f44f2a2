package io.vastmax.text;

/** Is told of each token as it is drawn, in the thread that generates. */
@FunctionalInterface
public interface GenerationListener {
    /** Wants all of it, and does nothing. */
    GenerationListener NONE = token -> true;

    /**
     * Takes a token.
     *
     * @return whether this sequence goes on; if not, it is {@link FinishReason#CANCELLED}, unless the token ended it
     */
    boolean next(GeneratedToken token);
}

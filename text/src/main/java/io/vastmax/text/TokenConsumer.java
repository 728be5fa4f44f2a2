package io.vastmax.text;

import java.io.IOException;

/** Takes the tokens of a text one after the other, such as {@link Vocabulary.Counter#add}. */
@FunctionalInterface
public interface TokenConsumer {
    /**
     * Takes the next token.
     *
     * @param token not empty, without white space
     * @throws IOException where the token is written somewhere and that fails; it ends the reading
     */
    void accept(String token) throws IOException;
}

package io.vastmax.text;

import io.vastmax.sampling.ScoredToken;
import java.util.List;

/**
 * A text that a model wrote.
 *
 * @param tokens all that were drawn after the prompt: an end token is the last of them, and so is the token that completed a
 *     stop string
 * @param text theirs, without that of an end token, and up to a stop string, which is not part of it; of a text that was
 *     cancelled, what the listener was given
 * @param finish why it ended
 * @param scores one for each token if {@link GenerationSettings#logProbs} asks for them, else none
 * @param drafted how many tokens were drafted, see {@link Generator#withDraft}
 * @param accepted how many of these passed and are among the tokens. The others, {@code tokens - accepted}, the model drew
 *     itself: one in each run, but for the last if the text ended with a draft
 */
public record Generation(
        List<Integer> tokens, String text, FinishReason finish, List<ScoredToken> scores, int drafted, int accepted) {
    /** Copies the lists. */
    public Generation {
        tokens = List.copyOf(tokens);
        scores = List.copyOf(scores);
    }
}

package io.vastmax.text;

import io.vastmax.sampling.ScoredToken;
import org.jspecify.annotations.Nullable;

/**
 * A token as it is drawn, with the text that became certain by it.
 *
 * @param prompt the place of its prompt among those given, from 0
 * @param id the token
 * @param text may be empty: a character that is not whole yet is held back, as is what may be the beginning of a stop
 *     string; all texts of a sequence, one after the other, are its {@link Generation#text}
 * @param score if {@link GenerationSettings#logProbs} asks for it, else null
 * @param finish why the text ends with this token; null if it goes on
 */
public record GeneratedToken(
        int prompt,
        int id,
        String text,
        @Nullable ScoredToken score,
        @Nullable FinishReason finish) {}

package io.vastmax.text;

import io.vastmax.sampling.Chain;
import io.vastmax.sampling.PromptLookup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a generator has drafts from. Immutable. */
interface Drafts {
    /** There are none. */
    Drafts NONE = (prompts, sequences) -> (active, room) -> {};

    /** What draws those of a text; null if they are not drawn from logits. */
    default @Nullable Chain chain(GenerationSettings settings) {
        return null;
    }

    /**
     * Begins a batch.
     *
     * @param prompts the different ones
     * @param sequences their rows are those of their prompts
     */
    Drafter start(List<int[]> prompts, List<Sequence> sequences);

    /** Of the tokens before. */
    static Drafts of(PromptLookup lookup) {
        return (prompts, sequences) -> (active, room) -> active.forEach(sequence -> sequence.look(lookup, room));
    }

    /**
     * Of a smaller model.
     *
     * @param own draws them; each text's own chain if null
     * @param tokens how many at once
     */
    static Drafts of(CausalLanguageModel model, @Nullable Chain own, int tokens) {
        return new Drafts() {
            @Override
            public Chain chain(GenerationSettings settings) {
                return own == null ? settings.chain() : own;
            }

            @Override
            public Drafter start(List<int[]> prompts, List<Sequence> sequences) {
                return ModelDrafter.start(model, tokens, prompts, sequences);
            }
        };
    }
}

package io.vastmax.bench;

import io.vastmax.sampling.Logits;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Decoding;
import java.util.List;

/** A model that has read a prompt already: its one decoding skips the first feed. */
final class PromptedModel implements CausalLanguageModel {
    private final CausalLanguageModel model;
    private final Decoding decoding;
    private final List<Logits> logits;

    PromptedModel(CausalLanguageModel model, int... prompt) {
        this.model = model;
        decoding = model.start(1);
        logits = decoding.feed(prompt);
    }

    @Override
    public int vocabularySize() {
        return model.vocabularySize();
    }

    @Override
    public int maxLength() {
        return model.maxLength();
    }

    @Override
    public Decoding start(int sequences) {
        return new Rest();
    }

    /** What is behind the prompt. */
    private final class Rest implements Decoding {
        private boolean begun;

        @Override
        public int sequences() {
            return 1;
        }

        @Override
        public List<Logits> feed(int[][] tokens, int last) {
            if (!begun) {
                begun = true;
                return logits;
            }
            return decoding.feed(tokens, last);
        }

        @Override
        public void reorder(int... from) {
            decoding.reorder(from);
        }

        @Override
        public void rollback(int... tokens) {
            decoding.rollback(tokens);
        }

        @Override
        public void close() {
            decoding.close();
        }
    }
}

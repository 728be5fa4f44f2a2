package io.vastmax.cli;

import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.text.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The hidden states that predict a text, to be read several times: computed at the first reading and kept where they fit into
 * the memory allowed, computed anew at each reading where they do not. For one thread.
 */
final class HiddenStates {
    private final RecurrentLanguageModel model;
    private final TokenIds text;
    private final boolean fits;

    /** Give their stretch to a sink. */
    private @Nullable List<Consumer<RecurrentLanguageModel.Stretch>> kept;

    /**
     * Those of a text, which must stay open.
     *
     * @param memory how many bytes they may take
     */
    HiddenStates(RecurrentLanguageModel model, TokenIds text, long memory) {
        this.model = model;
        this.text = text;
        this.fits = tokens() <= memory / (Float.BYTES * model.settings().width() + Integer.BYTES);
    }

    /** The tokens that are predicted. */
    long tokens() {
        return text.size() - 1;
    }

    /** Reads all of them, in order. */
    void forEachStretch(RecurrentLanguageModel.Stretch sink) {
        if (kept != null) {
            kept.forEach(stretch -> stretch.accept(sink));
        } else if (fits) {
            List<Consumer<RecurrentLanguageModel.Stretch>> read = new ArrayList<>();
            model.forEachStretch(text, (hidden, targets) -> {
                read.add(again -> again.accept(hidden, targets));
                sink.accept(hidden, targets);
            });
            kept = read;
        } else {
            model.forEachStretch(text, sink);
        }
    }
}

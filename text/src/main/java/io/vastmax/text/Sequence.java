package io.vastmax.text;

import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Sampler;
import io.vastmax.sampling.ScoredToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A text in the making. Mutable. */
final class Sequence {
    private final int prompt;
    private final GenerationSettings settings;
    private final GenerationListener listener;
    private final Sampler sampler;
    private final Detokenizer.Stream stream;
    private final StoppedText text;
    private final int limit;
    private final List<Integer> tokens = new ArrayList<>();
    private final List<ScoredToken> scores = new ArrayList<>();
    private @Nullable FinishReason finish;

    /** The row of the logits to come that is this sequence's. */
    private int row;

    /**
     * A text without tokens.
     *
     * @param prompt its place
     * @param room for how many tokens the model has room
     */
    Sequence(
            int prompt,
            int[] ids,
            int row,
            int room,
            GenerationSettings settings,
            Detokenizer detokenizer,
            GenerationListener listener) {
        this.prompt = prompt;
        this.row = row;
        this.settings = settings;
        this.listener = listener;
        sampler = settings.chain().sampler(settings.seed(), settings.sequence()).prompt(ids);
        stream = detokenizer.start(ids);
        text = new StoppedText(settings.stopStrings());
        limit = Math.min(settings.maxTokens(), room);
    }

    int row() {
        return row;
    }

    void setRow(int newRow) {
        row = newRow;
    }

    boolean isFinished() {
        return finish != null;
    }

    int lastToken() {
        return tokens.getLast();
    }

    /** Draws the next token. */
    void next(Logits logits) {
        ScoredToken score = null;
        int id;
        if (settings.logProbs().isPresent()) {
            score = sampler.sampleScored(logits, settings.logProbs().getAsInt());
            scores.add(score);
            id = score.id();
        } else {
            id = sampler.sample(logits);
        }
        tokens.add(id);
        String piece = write(id);
        boolean goesOn = listener.next(new GeneratedToken(prompt, id, piece, score, finish));
        if (!goesOn && finish == null) {
            finish = FinishReason.CANCELLED;
        }
    }

    /** Adds the token to the text, and decides whether it is the last. */
    private String write(int id) {
        boolean ends = settings.endTokens().contains(id);
        String piece = ends ? "" : text.add(stream.append(id));
        if (!text.isStopped() && (ends || tokens.size() == limit)) {
            finish = ends ? FinishReason.END_TOKEN : FinishReason.LENGTH;
            piece += text.add(stream.finish());
            if (!text.isStopped()) {
                piece += text.rest();
            }
        }
        if (text.isStopped()) {
            finish = FinishReason.STOP_STRING;
        }
        return piece;
    }

    Generation result() {
        return new Generation(tokens, text.given(), Objects.requireNonNull(finish), scores);
    }
}

package io.vastmax.text;

import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.NoCandidatesException;
import io.vastmax.sampling.PromptLookup;
import io.vastmax.sampling.Sampler;
import io.vastmax.sampling.ScoredToken;
import io.vastmax.sampling.SpeculativeDecoding;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A text in the making, with the drafts of its next tokens. Mutable. */
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

    /** Draws drafts; null if they are not drawn. */
    private final @Nullable Sampler drafter;

    private final SpeculativeDecoding speculation;
    private final IntArrayList drafts = new IntArrayList();

    /** What each draft was drawn from. */
    private final List<Logits> draftLogits = new ArrayList<>();

    private boolean draftsEnd;
    private int drafted;
    private int accepted;

    /** The row of the logits to come that is this sequence's. */
    private int row;

    /**
     * A text without tokens.
     *
     * @param prompt its place
     * @param room for how many tokens the model has room
     * @param draftChain null if drafts are not drawn
     */
    Sequence(
            int prompt,
            int[] ids,
            int row,
            int room,
            GenerationSettings settings,
            @Nullable Chain draftChain,
            Detokenizer detokenizer,
            GenerationListener listener) {
        this.prompt = prompt;
        this.row = row;
        this.settings = settings;
        this.listener = listener;
        stream = detokenizer.start(ids);
        text = new StoppedText(settings.stopStrings());
        limit = Math.min(settings.maxTokens(), room);
        sampler = settings.chain().sampler(settings.seed(), settings.sequence()).prompt(ids);
        drafter = draftChain == null
                ? null
                : draftChain.sampler(settings.seed(), settings.sequence()).prompt(ids);
        SpeculativeDecoding verification = (drafter == null
                        ? SpeculativeDecoding.of(sampler)
                        : SpeculativeDecoding.of(sampler, drafter))
                .until(this::take);
        speculation = settings.logProbs().isPresent()
                ? verification.scoring(settings.logProbs().getAsInt())
                : verification;
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

    /** How many tokens it has, the prompt's included, drafts not. */
    int length() {
        return sampler.history().length();
    }

    /** So many tokens from a place on: those of the text, its drafts, and then the last of these over and over. */
    int[] tokens(int from, int count) {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            int place = Math.min(from + i, length() + drafts.size() - 1);
            ids[i] = place < length() ? sampler.history().token(place) : drafts.getInt(place - length());
        }
        return ids;
    }

    /** How many drafts it has. */
    int drafts() {
        return drafts.size();
    }

    /** Whether another draft may have its place in the text: there is room for it and for a token behind it. */
    boolean mayDraft() {
        return !isFinished() && !draftsEnd && tokens.size() + drafts.size() + 1 < limit;
    }

    /** Draws another draft, if the chain of the drafts leaves any; this is no failure of the text. */
    void draft(Logits logits) {
        try {
            int id = Objects.requireNonNull(drafter).sample(logits);
            drafts.add(id);
            draftLogits.add(logits.copy());
            draftsEnd = settings.endTokens().contains(id);
        } catch (NoCandidatesException e) {
            draftsEnd = true;
        }
    }

    /** Looks drafts up in what stands before. */
    void look(PromptLookup lookup, int room) {
        int most = Math.min(room, limit - tokens.size() - 1);
        int[] found = lookup.draft(sampler.history(), most);
        drafts.addElements(0, found);
    }

    /**
     * Takes the next tokens: the drafts that pass, and one more.
     *
     * @param rows what follows the last token and each draft
     * @return how many drafts passed
     */
    int next(List<Logits> rows) {
        if (drafter == null) {
            speculation.verify(rows, drafts.toIntArray());
        } else {
            speculation.verify(rows, draftLogits);
        }
        drafted += drafts.size();
        accepted += speculation.accepted();
        drafts.clear();
        draftLogits.clear();
        draftsEnd = false;
        return speculation.accepted();
    }

    /** Takes a token, and says whether it is the last. */
    private boolean take(int id) {
        ScoredToken score = null;
        if (settings.logProbs().isPresent()) {
            score = speculation.scores().getLast();
            scores.add(score);
        }
        tokens.add(id);
        String piece = write(id);
        boolean goesOn = listener.next(new GeneratedToken(prompt, id, piece, score, finish));
        if (!goesOn && finish == null) {
            finish = FinishReason.CANCELLED;
        }
        return isFinished();
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
        return new Generation(tokens, text.given(), Objects.requireNonNull(finish), scores, drafted, accepted);
    }
}

package io.vastmax.text;

import io.vastmax.sampling.Logits;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Drafts of a smaller model, which follows the texts in a decoding of its own. A text leaves that when it ends, and when the
 * context of the smaller model has no room for all the drafts of a round. So how many drafts a text gets does not depend on the
 * others, as long as the large model has room for them. Mutable.
 */
final class ModelDrafter implements Drafter {
    private final CausalLanguageModel model;
    private final int tokens;
    private final Decoding decoding;

    /** Those that the model is yet to read; {@link #rows} are the places of the sequences' own among them. */
    private int[][] prompts;

    private final int[] rows;

    /** The sequences of the decoding. */
    private List<Sequence> followed;

    /** How many tokens of each it was fed, wrong drafts included. */
    private int[] fed;

    private ModelDrafter(CausalLanguageModel model, int tokens, int[][] prompts, int[] rows, List<Sequence> followed) {
        this.model = model;
        this.tokens = tokens;
        this.prompts = prompts;
        this.rows = rows;
        this.followed = followed;
        fed = Arrays.stream(rows).map(row -> prompts[row].length).toArray();
        decoding = model.start(prompts.length);
    }

    /** As {@link Drafts#start}, with so many drafts a round. */
    static Drafter start(CausalLanguageModel model, int tokens, List<int[]> prompts, List<Sequence> sequences) {
        int[] fitting = IntStream.range(0, prompts.size())
                .filter(row -> fits(model, tokens, prompts.get(row).length + 1))
                .toArray();
        if (fitting.length == 0) {
            return (active, room) -> {};
        }
        List<Sequence> followed = sequences.stream()
                .filter(sequence -> Arrays.binarySearch(fitting, sequence.row()) >= 0)
                .toList();
        return new ModelDrafter(
                model,
                tokens,
                Arrays.stream(fitting).mapToObj(prompts::get).toArray(int[][]::new),
                followed.stream()
                        .mapToInt(sequence -> Arrays.binarySearch(fitting, sequence.row()))
                        .toArray(),
                followed);
    }

    /** Whether the drafts of a round follow so many tokens. The last draft is not fed. */
    private static boolean fits(CausalLanguageModel model, int tokens, int length) {
        return model.maxLength() - length >= tokens - 1;
    }

    @Override
    public void draft(List<Sequence> active, int room) {
        if (followed.stream().noneMatch(Sequence::mayDraft)) {
            return; // nor will any later: the texts have no room
        }
        if (prompts.length > 0) {
            decoding.feed(prompts);
            Generator.gather(decoding, rows);
            prompts = new int[0][];
        }
        follow();
        for (int i = 0; i < Math.min(tokens, room) && followed.stream().anyMatch(Sequence::mayDraft); i++) {
            List<Logits> logits = feed();
            for (int row = 0; row < followed.size(); row++) {
                if (followed.get(row).mayDraft()) {
                    followed.get(row).draft(logits.get(row));
                }
            }
        }
    }

    /** Leaves out the sequences that it can follow no more, and takes back the drafts that were wrong. */
    private void follow() {
        int[] wrong = new int[followed.size()];
        int[] from = IntStream.range(0, wrong.length)
                .filter(row -> !followed.get(row).isFinished()
                        && fits(model, tokens, followed.get(row).length()))
                .toArray();
        if (from.length == 0) {
            followed = List.of();
            return;
        }
        for (int row : from) {
            wrong[row] = Math.max(0, fed[row] - (followed.get(row).length() - 1));
        }
        Generator.rollback(decoding, wrong);
        Generator.gather(decoding, from);
        int[] before = fed;
        fed = Arrays.stream(from).map(row -> before[row] - wrong[row]).toArray();
        followed = Arrays.stream(from).mapToObj(followed::get).toList();
    }

    /** Feeds each sequence what it has beyond what was fed: at least the last token, of those that draft no more any. */
    private List<Logits> feed() {
        int[][] next = new int[followed.size()][];
        for (int row = 0; row < next.length; row++) {
            Sequence sequence = followed.get(row);
            next[row] = sequence.tokens(fed[row], Math.max(1, sequence.length() - fed[row]));
            fed[row] += next[row].length;
        }
        return Generator.feed("draft", model, decoding, 1, next);
    }

    @Override
    public void close() {
        decoding.close();
    }
}

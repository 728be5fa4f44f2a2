package io.vastmax.sampling;

import java.util.Arrays;
import java.util.stream.Collectors;

/** {@link Constraints#banSequences}. */
final class BannedSequences implements Filter {
    private final Scope scope;
    private final int[][] sequences;
    private final TokenIds ids;

    BannedSequences(Scope scope, int[]... sequences) {
        this.scope = scope;
        this.sequences = new int[sequences.length][];
        for (int i = 0; i < sequences.length; i++) {
            if (sequences[i].length == 0) {
                throw new IllegalArgumentException("sequences[" + i + "] is empty: must have at least one id");
            }
            this.sequences[i] = sequences[i].clone();
        }
        ids = TokenIds.of(
                "ban sequences",
                Arrays.stream(this.sequences).flatMapToInt(Arrays::stream).toArray());
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        ids.requireIn(candidates);
        for (int[] sequence : sequences) {
            if (begun(sequence, step.history(), scope.length(step.history()))) {
                candidates.setLogit(sequence[sequence.length - 1], Float.NEGATIVE_INFINITY);
            }
        }
        candidates.settle();
    }

    /** Whether the last {@code size} tokens of a history end with all but the last. */
    private static boolean begun(int[] sequence, History history, int size) {
        int last = sequence.length - 1;
        if (size < last) {
            return false;
        }
        int back = 0;
        while (back < last && sequence[last - 1 - back] == history.last(back)) {
            back++;
        }
        return back == last;
    }

    @Override
    public String toString() {
        return sequences.length == 1
                ? "ban sequence "
                        + Arrays.stream(sequences[0])
                                .mapToObj(Integer::toString)
                                .collect(Collectors.joining(" "))
                : "ban " + sequences.length + " sequences";
    }
}

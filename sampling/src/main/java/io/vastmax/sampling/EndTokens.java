package io.vastmax.sampling;

import java.util.Arrays;
import java.util.List;

/** The tokens that end a sequence, in no order, each once. */
final class EndTokens {
    private final int[] ids;

    private EndTokens(int[] ids) {
        this.ids = ids;
    }

    /** Refuses negative ids. */
    static EndTokens of(int... ids) {
        for (int id : ids) {
            Check.id("endTokens", id);
        }
        return new EndTokens(Arrays.stream(ids).distinct().sorted().toArray());
    }

    static EndTokens of(List<Integer> ids) {
        return of(ids.stream().mapToInt(id -> id).toArray());
    }

    boolean contains(int id) {
        return Arrays.binarySearch(ids, id) >= 0;
    }

    /** By rising id. */
    List<Integer> toList() {
        return Arrays.stream(ids).boxed().toList();
    }
}

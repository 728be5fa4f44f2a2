package io.vastmax.sampling;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The tokens of a setting, by rising id, each once. Immutable. */
final class TokenIds {
    private static final int SHOWN = 4;

    private final String name;
    private final int[] ids;

    private TokenIds(String name, int[] ids) {
        this.name = name;
        this.ids = ids;
    }

    /**
     * Those of some ids, as often as they are among them.
     *
     * @param name what they are for, in errors
     */
    static TokenIds of(String name, int... ids) {
        for (int id : ids) {
            Check.id(name + ": id", id);
        }
        return new TokenIds(name, Arrays.stream(ids).sorted().distinct().toArray());
    }

    /** The same, of which there must be one. */
    static TokenIds some(String name, int... ids) {
        if (ids.length == 0) {
            throw new IllegalArgumentException(name + ": must be given at least one id");
        }
        return of(name, ids);
    }

    int size() {
        return ids.length;
    }

    int get(int i) {
        return ids[i];
    }

    boolean contains(int id) {
        return Arrays.binarySearch(ids, id) >= 0;
    }

    /** Refuses candidates from a vocabulary that has not all of them: they were made with another tokenizer. */
    void requireIn(Candidates candidates) {
        if (ids.length > 0 && ids[ids.length - 1] >= candidates.vocabulary()) {
            int first = 0;
            while (ids[first] < candidates.vocabulary()) {
                first++;
            }
            throw new IllegalArgumentException(name + ": id = " + ids[first] + ": must be below "
                    + candidates.vocabulary() + ", the size of the vocabulary");
        }
    }

    /** Removes them all. */
    void removeFrom(Candidates candidates) {
        for (int id : ids) {
            candidates.setLogit(id, Float.NEGATIVE_INFINITY);
        }
        candidates.settle();
    }

    /** As in {@code "3, 7"}, or how many where they are more than a few. */
    @Override
    public String toString() {
        return switch (ids.length) {
            case 0 -> "no tokens";
            case 1, 2, 3, SHOWN ->
                Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(", "));
            default -> ids.length + " tokens";
        };
    }
}

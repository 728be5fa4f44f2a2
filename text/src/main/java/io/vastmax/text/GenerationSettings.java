package io.vastmax.text;

import io.vastmax.sampling.Chain;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a text is drawn, and when it ends. Immutable, to be shared.
 *
 * @param chain chooses the tokens
 * @param seed of the draws
 * @param sequence the number of the sequence under the seed: (seed, sequence, position) decide a draw, whatever else is in
 *     the batch
 * @param maxTokens how many tokens are drawn at most
 * @param endTokens each of them ends a text; by rising id
 * @param stopStrings each of them ends a text where it is first complete, wherever tokens begin and end
 * @param logProbs how many of the likeliest tokens are scored beside the one drawn, 0 or more; empty: none is
 */
public record GenerationSettings(
        Chain chain,
        long seed,
        int sequence,
        int maxTokens,
        Set<Integer> endTokens,
        List<String> stopStrings,
        OptionalInt logProbs) {
    /** Checks the values and copies the collections. */
    public GenerationSettings {
        if (sequence < 0) {
            throw new IllegalArgumentException("sequence = " + sequence + ": must not be negative");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens = " + maxTokens + ": must be at least 1");
        }
        endTokens = Collections.unmodifiableSortedSet(new TreeSet<>(endTokens));
        for (int id : endTokens) {
            if (id < 0) {
                throw new IllegalArgumentException("endTokens: " + id + ": must not be negative");
            }
        }
        stopStrings = List.copyOf(stopStrings);
        if (stopStrings.contains("")) {
            throw new IllegalArgumentException("stopStrings: one is empty, which every text would stop at");
        }
        if (logProbs.isPresent() && logProbs.getAsInt() < 0) {
            throw new IllegalArgumentException("logProbs = " + logProbs.getAsInt() + ": must not be negative");
        }
    }

    /** Texts of so many tokens, with the seed 0. */
    public static GenerationSettings of(Chain chain, int maxTokens) {
        return new GenerationSettings(chain, 0, 0, maxTokens, Set.of(), List.of(), OptionalInt.empty());
    }

    /** The same with another seed. */
    public GenerationSettings withSeed(long other) {
        return new GenerationSettings(chain, other, sequence, maxTokens, endTokens, stopStrings, logProbs);
    }

    /** The same for another sequence of the seed. */
    public GenerationSettings withSequence(int number) {
        return new GenerationSettings(chain, seed, number, maxTokens, endTokens, stopStrings, logProbs);
    }

    /** The same that ends with any of these tokens. */
    public GenerationSettings withEndTokens(int... ids) {
        Set<Integer> ends = new TreeSet<>(Arrays.stream(ids).boxed().toList());
        return new GenerationSettings(chain, seed, sequence, maxTokens, ends, stopStrings, logProbs);
    }

    /** The same that stops at any of these strings. */
    public GenerationSettings withStopStrings(String... strings) {
        return new GenerationSettings(chain, seed, sequence, maxTokens, endTokens, List.of(strings), logProbs);
    }

    /** The same that scores each token, and so many of the likeliest beside it. */
    public GenerationSettings withLogProbs(int top) {
        return new GenerationSettings(chain, seed, sequence, maxTokens, endTokens, stopStrings, OptionalInt.of(top));
    }
}

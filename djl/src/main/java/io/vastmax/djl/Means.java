package io.vastmax.djl;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Weighted means by name: what an evaluator of DJL accumulates. Thread safe. */
final class Means {
    private final Map<String, Mean> means = new ConcurrentHashMap<>();

    private record Mean(double sum, double weight) {}

    /** Begins a mean anew. */
    void reset(String key) {
        means.put(key, new Mean(0, 0));
    }

    /** Adds to a mean; one that is not there begins. */
    void add(String key, double sum, double weight) {
        means.merge(key, new Mean(sum, weight), (a, b) -> new Mean(a.sum + b.sum, a.weight + b.weight));
    }

    /**
     * A mean; not a number while nothing was added.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    double mean(String key) {
        Mean mean = means.get(key);
        if (mean == null) {
            throw new IllegalArgumentException("No accumulator \"" + key + "\" among " + means.keySet());
        }
        return mean.sum / mean.weight;
    }
}

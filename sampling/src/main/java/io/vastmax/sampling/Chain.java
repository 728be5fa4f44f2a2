package io.vastmax.sampling;

import java.util.List;
import java.util.stream.Collectors;

/**
 * How tokens are chosen: filters, applied in their order, and exactly one selector. Immutable, to be shared; each sequence
 * gets a {@link Sampler} of it.
 *
 * <pre>{@code
 * Chain chain = Chain.of(topK(40), topP(0.95), minP(0.05), temperature(0.8));
 * Sampler sampler = chain.sampler(seed);
 * int token = sampler.sample(logits);
 * }</pre>
 *
 * @param filters applied in this order
 * @param selector chooses from what they leave
 */
public record Chain(List<Filter> filters, Selector selector) {
    private static final int MOST = 1 << 15;

    /** Copies the list. */
    public Chain {
        filters = List.copyOf(filters);
        if (filters.size() >= MOST) {
            throw new IllegalArgumentException("filters are " + filters.size() + ": must be fewer than " + MOST);
        }
    }

    /** Filters, and a draw from the distribution that they leave. */
    public static Chain of(Filter... filters) {
        return new Chain(List.of(filters), Selectors.categorical());
    }

    /** The same filters with another selector. */
    public Chain select(Selector other) {
        return new Chain(filters, other);
    }

    /** A sampler for the only sequence, number 0. */
    public Sampler sampler(long seed) {
        return sampler(seed, 0);
    }

    /**
     * A sampler for one of several sequences under a seed.
     *
     * @param sequence its number, from 0
     */
    public Sampler sampler(long seed, int sequence) {
        return new Sampler(this, seed, sequence);
    }

    /** As in {@code "top-k 40, temperature 0.8, categorical"}. */
    @Override
    public String toString() {
        return filters.stream().map(filter -> filter + ", ").collect(Collectors.joining()) + selector;
    }
}

package io.vastmax.sampling;

/**
 * Narrows down the candidates of a step, or changes their logits. {@link Filters} has those that people use; write others as
 * a class or a lambda.
 *
 * <p>A filter holds settings only and is shared by sequences and threads: what it needs to know of a sequence, and its random
 * numbers, come with the step. So a sampler can be copied and rolled back.
 */
@FunctionalInterface
public interface Filter {
    /** Does it. At least one candidate should stay: a chain refuses to go on with none. */
    void apply(Candidates candidates, SamplingStep step);
}

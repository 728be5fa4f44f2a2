package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/** What a filter makes of logits after a prompt and the tokens that followed it. */
final class HistoryFiltering {
    static final float MASKED = Float.NEGATIVE_INFINITY;

    private HistoryFiltering() {}

    static int[] ids(int... ids) {
        return ids;
    }

    static float[] zeros(int vocabulary) {
        return new float[vocabulary];
    }

    /** The logits of all tokens, {@code -inf} for those that are no candidates any more. */
    static float[] after(Filter filter, int[] prompt, int[] generated, float... logits) {
        float[] given = logits.clone();
        float[] whole = run(Chain.of(filter), prompt, generated, given);
        Filter list = (candidates, step) -> assertThat(candidates.id(0)).isNotNegative();
        assertThat(run(Chain.of(list, filter), prompt, generated, given))
                .as("candidates in a list, %s", filter)
                .isEqualTo(whole);
        assertThat(given).as("the caller's logits, %s", filter).isEqualTo(logits);
        return whole;
    }

    private static float[] run(Chain chain, int[] prompt, int[] generated, float[] logits) {
        Candidates candidates = new Candidates();
        candidates.begin(logits, 0, logits.length);
        sampler(chain, prompt, generated).filter(candidates);
        return row(candidates, logits.length);
    }

    static Sampler sampler(Chain chain, int[] prompt, int[] generated) {
        Sampler sampler = chain.sampler(1).prompt(prompt);
        for (int id : generated) {
            sampler.accept(id);
        }
        return sampler;
    }

    static float[] row(Candidates candidates, int vocabulary) {
        float[] row = new float[vocabulary];
        Arrays.fill(row, MASKED);
        for (int i = 0; i < candidates.size(); i++) {
            row[candidates.id(i)] = candidates.logit(i);
        }
        return row;
    }
}

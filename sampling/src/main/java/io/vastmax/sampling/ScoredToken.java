package io.vastmax.sampling;

import java.util.ArrayList;
import java.util.List;

/**
 * A token that was chosen, with its log-probabilities (natural) and ranks. Ranks begin with 1, the likeliest; of equal
 * logits the lower id stands first.
 *
 * @param id the token
 * @param logProb under the logits as they came, {@code z - lse(z)}
 * @param rank among all tokens, likewise
 * @param chainLogProb in the distribution that the chain left and the selector drew from
 * @param chainRank among the candidates there
 * @param top the likeliest tokens under the logits as they came, the likeliest first
 */
public record ScoredToken(
        int id, double logProb, int rank, double chainLogProb, int chainRank, List<TokenLogProb> top) {
    /** Copies the list. */
    public ScoredToken {
        top = List.copyOf(top);
    }

    /** A token and its log-probability. */
    public record TokenLogProb(int id, double logProb) {}

    /**
     * Scores a token.
     *
     * @param logits as they came
     * @param chain what it was drawn from
     */
    static ScoredToken of(int id, Logits logits, Candidates chain, int top) {
        Candidates raw = new Candidates();
        raw.begin(logits.untouchable());
        double logProb = raw.logProbabilityOf(id);
        int rank = raw.rankOf(id) + 1;
        double lse = raw.logSumExp();
        List<TokenLogProb> likeliest = new ArrayList<>();
        if (top > 0) {
            raw.keepTop(top);
            for (int i = 0; i < raw.size(); i++) {
                int candidate = raw.ranked(i);
                likeliest.add(new TokenLogProb(raw.id(candidate), raw.logit(candidate) - lse));
            }
        }
        return new ScoredToken(id, logProb, rank, chain.logProbabilityOf(id), chain.rankOf(id) + 1, likeliest);
    }
}

package io.vastmax.sampling;

import java.util.ArrayList;
import java.util.List;

/**
 * What a chain did with the logits of a step, for people who tune one.
 *
 * @param stages the logits as they came, then each filter in its order, then what the selector draws from
 * @param candidates the likeliest that the filters left, the likeliest first
 */
public record Explanation(List<Stage> stages, List<Candidate> candidates) {
    /** Copies the lists. */
    public Explanation {
        stages = List.copyOf(stages);
        candidates = List.copyOf(candidates);
    }

    /**
     * The candidates after a filter.
     *
     * @param name the filter's, as in {@code "top-k 40"}
     * @param candidates how many it left
     * @param kept the share of the probability that came to it which lay on these, from 0 to 1
     * @param mass the share of the probability under the logits as they came which lies on these
     * @param entropy of the distribution that it left, natural
     * @param highest the largest probability in it
     */
    public record Stage(String name, int candidates, double kept, double mass, double entropy, double highest) {}

    /**
     * A token.
     *
     * @param raw its probability under the logits as they came
     * @param logit after the filters
     * @param probability after the filters
     */
    public record Candidate(int id, double raw, float logit, double probability) {}

    /** Runs the filters of a sampler's next step. */
    static Explanation of(Sampler sampler, Candidates candidates, int top) {
        double[] raw = probabilities(candidates);
        List<Stage> stages = new ArrayList<>();
        stages.add(stage("logits", candidates, raw, raw));
        for (int i = 0; i < sampler.chain().filters().size(); i++) {
            double[] before = probabilities(candidates);
            sampler.apply(i, candidates);
            stages.add(stage(sampler.chain().filters().get(i).toString(), candidates, before, raw));
        }
        List<Candidate> likeliest = new ArrayList<>();
        for (int rank = 0; rank < Math.min(top, candidates.size()); rank++) {
            int i = candidates.ranked(rank);
            int id = candidates.id(i);
            likeliest.add(new Candidate(id, raw[id], candidates.logit(i), candidates.probability(i)));
        }
        double[] before = probabilities(candidates);
        sampler.applySelector(candidates);
        stages.add(stage(sampler.chain().selector().toString(), candidates, before, raw));
        return new Explanation(stages, likeliest);
    }

    private static Stage stage(String name, Candidates candidates, double[] before, double[] raw) {
        double kept = 0;
        double mass = 0;
        double highest = 0;
        for (int i = 0; i < candidates.size(); i++) {
            int id = candidates.id(i);
            kept += before[id];
            mass += raw[id];
            highest = Math.max(highest, candidates.probability(i));
        }
        return new Stage(name, candidates.size(), Math.min(kept, 1), Math.min(mass, 1), candidates.entropy(), highest);
    }

    /** By id. */
    private static double[] probabilities(Candidates candidates) {
        double[] probabilities = new double[candidates.vocabulary()];
        for (int i = 0; i < candidates.size(); i++) {
            probabilities[candidates.id(i)] = candidates.probability(i);
        }
        return probabilities;
    }
}

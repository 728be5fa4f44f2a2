package io.vastmax.sampling;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.List;

/** The beams of one group of a {@link BeamSearch} and the hypotheses that it finished. Mutable. */
final class BeamGroup {
    private final BeamSettings settings;
    private final EndTokens endTokens;
    private final int most;
    private final int promptLength;
    private final BeamQueue queue;
    private final List<Hypothesis> finished = new ArrayList<>();
    private List<Beam> beams = new ArrayList<>();
    private int length;

    /** An unfinished hypothesis: its tokens are in the sampler's history. */
    private record Beam(Sampler sampler, double sum) {}

    BeamGroup(BeamSettings settings, Sampler sampler) {
        this.settings = settings;
        endTokens = EndTokens.of(settings.endTokens());
        most = settings.beams() / settings.groups();
        promptLength = sampler.history().length();
        queue = new BeamQueue(Math.max(2, 1 + settings.endTokens().size()) * most);
        beams.add(new Beam(sampler.copy(), 0));
    }

    /** How many beams want logits: none once it is done. */
    int size() {
        return beams.size();
    }

    List<Hypothesis> finished() {
        return finished;
    }

    List<Hypothesis> unfinished() {
        List<Hypothesis> hypotheses = new ArrayList<>();
        for (Beam beam : length > 0 ? beams : List.<Beam>of()) {
            hypotheses.add(hypothesis(beam.sampler.history(), beam.sum));
        }
        return hypotheses;
    }

    /**
     * Goes a step on, if it is not done.
     *
     * @param rows of logits, the group's from {@code from}
     * @param parents gets the row that each beam continues
     * @param tokens has those that earlier groups continue with, and gets this group's
     */
    void step(List<Logits> rows, int from, Candidates candidates, IntArrayList parents, IntArrayList tokens) {
        queue.clear();
        for (int b = 0; b < beams.size(); b++) {
            candidates.begin(rows.get(from + b));
            try {
                expand(b, candidates, tokens);
            } catch (NoCandidatesException ignored) {
                // Such a beam has no continuations: it ends here
            }
        }
        length++;
        List<Beam> former = beams;
        beams = new ArrayList<>(most);
        for (int rank = 0; rank < queue.size(); rank++) {
            Beam parent = former.get(queue.beam(rank));
            int id = queue.id(rank);
            boolean ends = length == settings.maxTokens() || endTokens.contains(id);
            if (ends ? rank < most : beams.size() < most) {
                Sampler sampler = parent.sampler.copy();
                sampler.accept(id);
                if (ends) {
                    finish(hypothesis(sampler.history(), queue.sum(rank)));
                } else {
                    beams.add(new Beam(sampler, queue.sum(rank)));
                    parents.add(from + queue.beam(rank));
                    tokens.add(id);
                }
            }
        }
        if (!isWorthwhile()) {
            parents.size(parents.size() - beams.size());
            tokens.size(tokens.size() - beams.size());
            beams.clear();
        }
    }

    /** Offers the best continuations of a beam. */
    private void expand(int b, Candidates candidates, IntArrayList chosen) {
        Beam beam = beams.get(b);
        double lse = 0;
        boolean penalised = settings.diversityPenalty() > 0 && !chosen.isEmpty();
        if (penalised || !beam.sampler.chain().filters().isEmpty()) {
            candidates.normalise();
            if (penalised) {
                penalise(candidates, chosen);
            }
            beam.sampler.filter(candidates);
        } else {
            lse = candidates.logSumExp();
        }
        candidates.keepTop(queue.capacity());
        for (int rank = 0; rank < candidates.size(); rank++) {
            int i = candidates.ranked(rank);
            if (!queue.offer(beam.sum + (candidates.logit(i) - lse), b, candidates.id(i))) {
                return;
            }
        }
    }

    private void penalise(Candidates candidates, IntArrayList chosen) {
        for (int i = 0; i < chosen.size(); i++) {
            int id = chosen.getInt(i);
            if (chosen.indexOf(id) == i) {
                int count = 0;
                for (int j = i; j < chosen.size(); j++) {
                    count += chosen.getInt(j) == id ? 1 : 0;
                }
                double less = candidates.logitOf(id) - count * settings.diversityPenalty();
                candidates.setLogit(id, (float) less);
            }
        }
        candidates.settle();
    }

    private Hypothesis hypothesis(History history, double sum) {
        List<Integer> tokens = new ArrayList<>(length);
        for (int i = promptLength; i < history.length(); i++) {
            tokens.add(history.token(i));
        }
        return new Hypothesis(tokens, sum, settings.score(sum, length));
    }

    /** Keeps the best hypotheses, of equal ones the oldest. */
    private void finish(Hypothesis hypothesis) {
        int at = finished.size();
        while (at > 0 && hypothesis.score() > finished.get(at - 1).score()) {
            at--;
        }
        finished.add(at, hypothesis);
        if (finished.size() > most) {
            finished.removeLast();
        }
    }

    private boolean isWorthwhile() {
        if (beams.isEmpty() || finished.size() < most) {
            return true;
        }
        EarlyStopping stopping = settings.earlyStopping();
        if (stopping == EarlyStopping.FIRST_COME) {
            return false;
        }
        boolean hopeful = stopping == EarlyStopping.NEVER && settings.lengthPenalty() > 0;
        double best = settings.score(beams.getFirst().sum, hopeful ? settings.maxTokens() : length);
        return best > finished.getLast().score();
    }
}

package io.vastmax.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The rules of Hugging Face's vectorised beam search as they stand there, for one prompt: fixed numbers of running and of
 * finished slots, and -1e9 for what does not count.
 *
 * @param settings of the search
 * @param vocabulary V
 * @param prompt the tokens before
 * @param logits by tokens, the prompt's included
 * @param processors log-probabilities by tokens and log-probabilities
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record VectorisedBeams(
        BeamSettings settings,
        int vocabulary,
        int[] prompt,
        Function<int[], float[]> logits,
        BiFunction<int[], double[], double[]> processors) {
    private static final double NEVER = -1e9;

    private record Slot(int[] tokens, double score, boolean finished) {}

    private record Continuation(int[] tokens, double sum, boolean stops) {}

    /** The finished slots, best first, and the number of steps. */
    record Result(List<int[]> sequences, List<Double> scores, int steps) {}

    Result run() {
        int beams = settings.beams();
        int maxLength = prompt.length + settings.maxTokens();
        double alpha = settings.lengthPenalty();
        boolean firstCome = settings.earlyStopping() == EarlyStopping.FIRST_COME;
        int k = Math.max(2, 1 + settings.endTokens().size()) * beams;
        List<int[]> running = new ArrayList<>();
        double[] runningScores = new double[beams];
        List<Slot> slots = new ArrayList<>();
        for (int b = 0; b < beams; b++) {
            running.add(prompt);
            runningScores[b] = b == 0 ? 0 : NEVER;
            slots.add(new Slot(prompt, NEVER, false));
        }
        boolean improvable = true;
        int length = prompt.length;
        boolean goesOn = true;
        while (goesOn) {
            List<Continuation> top = top(running, runningScores, k, length + 1 == maxLength);
            List<Continuation> next = top.stream()
                    .sorted(Comparator.comparingDouble(c -> -(c.sum + (c.stops ? NEVER : 0))))
                    .limit(beams)
                    .toList();
            for (int b = 0; b < beams; b++) {
                running.set(b, next.get(b).tokens);
                runningScores[b] = next.get(b).sum + (next.get(b).stops ? NEVER : 0);
            }
            boolean full = firstCome && slots.stream().allMatch(Slot::finished);
            for (int rank = 0; rank < k; rank++) {
                Continuation c = top.get(rank);
                boolean finishes = c.stops && rank < beams;
                double score = c.sum / Math.pow(length + 1 - prompt.length, alpha);
                score += (full ? NEVER : 0) + (improvable ? 0 : NEVER) + (finishes ? 0 : NEVER);
                slots.add(new Slot(c.tokens, score, finishes));
            }
            slots.sort(Comparator.comparingDouble(slot -> -slot.score));
            slots.subList(beams, slots.size()).clear();
            length++;
            boolean hopeful = settings.earlyStopping() == EarlyStopping.NEVER && alpha > 0;
            double best = runningScores[0] / Math.pow((hopeful ? maxLength : length) - prompt.length, alpha);
            double worst = slots.stream().mapToDouble(slot -> slot.score).min().orElseThrow();
            improvable &= slots.stream().anyMatch(slot -> best > (slot.finished ? worst : NEVER));
            goesOn = improvable
                    && !(firstCome && slots.stream().allMatch(Slot::finished))
                    && !top.stream().allMatch(Continuation::stops);
        }
        List<Slot> finished = slots.stream().filter(Slot::finished).toList();
        return new Result(
                finished.stream()
                        .map(slot -> Arrays.copyOfRange(slot.tokens, prompt.length, slot.tokens.length))
                        .toList(),
                finished.stream().map(Slot::score).toList(),
                length - prompt.length);
    }

    private List<Continuation> top(List<int[]> running, double[] scores, int k, boolean last) {
        List<Continuation> all = new ArrayList<>();
        for (int b = 0; b < running.size(); b++) {
            int[] tokens = running.get(b);
            double[] logProbs = processors.apply(tokens, Markov.logSoftmax(logits.apply(tokens)));
            double score = scores[b];
            IntStream.range(0, vocabulary).forEach(v -> {
                int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
                longer[tokens.length] = v;
                boolean stops = last || settings.endTokens().contains(v);
                all.add(new Continuation(longer, score + logProbs[v], stops));
            });
        }
        return all.stream()
                .sorted(Comparator.comparingDouble(c -> -c.sum))
                .limit(k)
                .toList();
    }
}

package io.vastmax.bench;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;

/** Sampling in plain Java as most people write it: objects, sorted by probability, then a loop over each. */
final class PlainSampler {
    private record Token(int id, double logit, double probability) {}

    private final SplittableRandom random = new SplittableRandom(1);

    int sample(Sampling sampling, float[] logits) {
        return switch (sampling) {
            case LOG_SUM_EXP -> (int) logSumExp(logits);
            case GREEDY -> argmax(logits);
            case CATEGORICAL -> draw(tokens(logits, 0.8));
            case DEFAULT -> {
                Token[] sorted = Arrays.copyOf(sorted(tokens(logits, 1)), 40);
                Token[] nucleus = nucleus(normalised(sorted), 0.95);
                Token[] kept = minP(nucleus, 0.05);
                float[] left = new float[kept.length];
                for (int i = 0; i < left.length; i++) {
                    left[i] = (float) kept[i].logit;
                }
                yield kept[draw(tokens(left, 0.8))].id;
            }
            case MIN_P -> draw(minP(tokens(logits, 1), 0.05));
            case TOP_P -> draw(nucleus(sorted(tokens(logits, 1)), 0.95));
            case TYPICAL -> {
                Token[] tokens = tokens(logits, 1);
                double entropy = 0;
                for (Token token : tokens) {
                    entropy -= token.probability > 0 ? token.probability * Math.log(token.probability) : 0;
                }
                double h = entropy;
                Arrays.sort(tokens, Comparator.comparingDouble(token -> Math.abs(-Math.log(token.probability) - h)));
                yield draw(nucleus(tokens, 0.9));
            }
        };
    }

    private static double logSumExp(float[] logits) {
        double max = logits[argmax(logits)];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum);
    }

    private static int argmax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private static Token[] tokens(float[] logits, double temperature) {
        double max = logits[argmax(logits)];
        double[] p = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp((logits[i] - max) / temperature);
            sum += p[i];
        }
        Token[] tokens = new Token[logits.length];
        for (int i = 0; i < p.length; i++) {
            tokens[i] = new Token(i, logits[i], p[i] / sum);
        }
        return tokens;
    }

    private static Token[] sorted(Token[] tokens) {
        Arrays.sort(tokens, Comparator.comparingDouble(Token::probability).reversed());
        return tokens;
    }

    private static Token[] normalised(Token[] tokens) {
        double sum = Arrays.stream(tokens).mapToDouble(Token::probability).sum();
        return Arrays.stream(tokens)
                .map(token -> new Token(token.id, token.logit, token.probability / sum))
                .toArray(Token[]::new);
    }

    private static Token[] nucleus(Token[] sorted, double p) {
        double mass = 0;
        int kept = 0;
        while (kept < sorted.length && mass < p) {
            mass += sorted[kept].probability;
            kept++;
        }
        return Arrays.copyOf(sorted, kept);
    }

    private static Token[] minP(Token[] tokens, double p) {
        double max = Arrays.stream(tokens).mapToDouble(Token::probability).max().orElseThrow();
        return Arrays.stream(tokens)
                .filter(token -> token.probability >= p * max)
                .toArray(Token[]::new);
    }

    private int draw(Token[] tokens) {
        double sum = 0;
        for (Token token : tokens) {
            sum += token.probability;
        }
        double rest = random.nextDouble() * sum;
        for (Token token : tokens) {
            rest -= token.probability;
            if (rest < 0) {
                return token.id;
            }
        }
        return tokens[tokens.length - 1].id;
    }
}

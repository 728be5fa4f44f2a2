package io.vastmax.cli;

import io.vastmax.LearningRate;

/** The schedules by the names that the command line has for them. */
enum Schedule {
    constant,
    linear,
    cosine;

    /** The schedule of a run of {@code total} steps; a warm-up never takes more than a tenth of it. */
    LearningRate rate(double rate, long warmUp, long total) {
        long rise = Math.min(warmUp, total / 10);
        return switch (this) {
            case constant -> LearningRate.constant(rate);
            case linear -> LearningRate.linear(rate, rise, total);
            case cosine -> LearningRate.cosine(rate, 0, rise, total);
        };
    }
}

package io.vastmax.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Pieces of work that make a table, and a file of results.
 *
 * @param name what {@code bench/run} calls it
 * @param title what it is
 * @param seconds that an iteration takes
 * @param works its rows
 * @param shares what to compare with another suite
 * @param notes what to know when reading it
 */
record Suite(String name, String title, int seconds, List<Work> works, List<Share> shares, List<String> notes) {
    /** A vocabulary of WikiText-2's size. */
    static final Problem WORDS = new Problem(1024, 256, 33_278);

    static final Problem MILLION = new Problem(1024, 128, 1_000_000);

    private static final Work WORDS_LOSS = Work.loss(WORDS, 2, 3);
    // Of a million classes PyTorch holds logits, log-probabilities and the gradients of both, 4 GB each
    private static final Work MILLION_LOSS = Work.loss(MILLION, 3, 24);
    private static final Work WORDS_PRODUCT = Work.product(WORDS, 2, 2);
    private static final Work MILLION_PRODUCT = Work.product(MILLION, 6, 7);

    static final Suite LOSS = new Suite(
            "loss",
            "Loss and all gradients of the full softmax",
            2,
            List.of(WORDS_LOSS, MILLION_LOSS),
            List.of(new Share(WORDS_LOSS, WORDS_PRODUCT, 0.80), new Share(MILLION_LOSS, MILLION_PRODUCT, 0.60)),
            List.of(
                    "Gradients of hidden vectors, weights and bias. Each step sets them to zero and adds to them, in both"
                            + " implementations; the time includes that.",
                    "GFLOP/s count three products, 6 N d V, whatever is computed."));

    static final Suite PRODUCT = new Suite(
            "product",
            "The plain matrix product of hidden vectors and weights",
            2,
            List.of(WORDS_PRODUCT, MILLION_PRODUCT),
            List.of(),
            List.of(
                    "Vastmax: the kernel of the full softmax over its tiles, the result kept. 8 MiB at a time: the same,"
                            + " but the result written to the same 8 MiB again and again.",
                    "PyTorch's result is an array of its own each time, freed at once: DJL offers nothing else."));

    static final Suite LOG_SOFTMAX = new Suite(
            "log-softmax",
            "Log-softmax",
            1,
            logSoftmaxWorks(),
            List.of(),
            List.of(
                    "Vastmax writes to an array that is there. PyTorch's result is an array of its own each time, freed at"
                            + " once: DJL offers nothing else."));

    static final List<Suite> ALL = List.of(LOSS, PRODUCT, LOG_SOFTMAX);

    private static List<Work> logSoftmaxWorks() {
        List<Work> works = new ArrayList<>();
        for (int classes : new int[] {10_000, 33_278, 131_072}) {
            works.add(Work.logSoftmax(1, classes, 1, 1.4));
        }
        for (int classes : new int[] {10_000, 33_278, 131_072}) {
            works.add(Work.logSoftmax(32, classes, 2, 1.8));
        }
        return works;
    }
}

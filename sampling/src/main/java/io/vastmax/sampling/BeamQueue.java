package io.vastmax.sampling;

/** The best continuations (beam, token) of a step, best first; of equal ones those that were offered first. */
final class BeamQueue {
    private final double[] sums;
    private final int[] beams;
    private final int[] ids;
    private int size;

    BeamQueue(int most) {
        sums = new double[most];
        beams = new int[most];
        ids = new int[most];
    }

    int capacity() {
        return sums.length;
    }

    void clear() {
        size = 0;
    }

    /** Takes a continuation if it is among the best so far; whether it is. */
    boolean offer(double sum, int beam, int id) {
        int at = size;
        while (at > 0 && sum > sums[at - 1]) {
            at--;
        }
        if (at == sums.length) {
            return false;
        }
        int behind = Math.min(size, sums.length - 1) - at;
        System.arraycopy(sums, at, sums, at + 1, behind);
        System.arraycopy(beams, at, beams, at + 1, behind);
        System.arraycopy(ids, at, ids, at + 1, behind);
        sums[at] = sum;
        beams[at] = beam;
        ids[at] = id;
        size = Math.min(size + 1, sums.length);
        return true;
    }

    int size() {
        return size;
    }

    /** The sum of log-probabilities with the token. */
    double sum(int rank) {
        return sums[rank];
    }

    int beam(int rank) {
        return beams[rank];
    }

    int id(int rank) {
        return ids[rank];
    }
}

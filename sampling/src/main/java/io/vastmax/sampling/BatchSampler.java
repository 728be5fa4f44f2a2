package io.vastmax.sampling;

import io.vastmax.Matrix;
import io.vastmax.Workspace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the next tokens of several sequences at once, each with its own sampler: its own chain, seed and history. The
 * tokens are those that the samplers would choose one by one, whatever the number of threads.
 *
 * <p>Mutable; one caller at a time. The memory for candidates is the workspace's, one vocabulary for each thread. Allocates
 * nothing per token once that has grown.
 */
public final class BatchSampler {
    private final List<Sampler> samplers;
    private final Workspace.Task task = this::sampleRow;
    private @Nullable Matrix matrix;
    private @Nullable List<Logits> rows;
    private Candidates[] candidates = {};
    private int[] tokens = {};

    /** One sampler for each row of logits to come; the same sampler may not stand twice. */
    public BatchSampler(List<Sampler> samplers) {
        this.samplers = List.copyOf(samplers);
        Map<Sampler, Integer> places = new HashMap<>();
        for (int i = 0; i < samplers.size(); i++) {
            Integer before = places.putIfAbsent(samplers.get(i), i);
            if (before != null) {
                throw new IllegalArgumentException(
                        "samplers[" + i + "] is samplers[" + before + "]: each sequence needs its own");
            }
        }
    }

    /** The samplers. */
    public List<Sampler> samplers() {
        return samplers;
    }

    /**
     * Chooses a token for each row and accepts it.
     *
     * @param logits a row for each sampler
     * @param out a token for each sampler
     * @throws IllegalArgumentException if the numbers of rows, tokens and samplers differ, or a row is refused as by
     *     {@link Sampler#sample}; other rows may have been accepted then
     */
    public void sample(Matrix logits, int[] out, Workspace workspace) {
        check("logits", logits.rows());
        matrix = logits;
        rows = null;
        run(out, workspace);
    }

    /** {@link #sample(Matrix, int[], Workspace)} for rows that lie anywhere. */
    public void sample(List<Logits> logits, int[] out, Workspace workspace) {
        check("logits", logits.size());
        matrix = null;
        rows = logits;
        run(out, workspace);
    }

    private void check(String name, int rows) {
        if (rows != samplers.size()) {
            throw new IllegalArgumentException(
                    name + " has " + rows + " rows, but there are " + samplers.size() + " samplers");
        }
    }

    private void run(int[] out, Workspace workspace) {
        check("out", out.length);
        candidates = workspace.scratch(PerThread.class, PerThread::new).candidates(workspace.threads());
        tokens = out;
        try {
            workspace.run(samplers.size(), task);
        } finally {
            matrix = null;
            rows = null;
        }
    }

    private void sampleRow(int row, int worker) {
        Candidates here = candidates[worker];
        if (matrix != null) {
            here.begin(matrix.array(), row * matrix.columns(), matrix.columns());
        } else {
            here.begin(Objects.requireNonNull(rows).get(row));
        }
        Sampler sampler = samplers.get(row);
        tokens[row] = sampler.accept(sampler.draw(here));
    }

    private static final class PerThread {
        private Candidates[] candidates = {};

        Candidates[] candidates(int threads) {
            if (candidates.length == 0) {
                candidates = new Candidates[threads];
                for (int i = 0; i < threads; i++) {
                    candidates[i] = new Candidates();
                }
            }
            return candidates;
        }
    }
}

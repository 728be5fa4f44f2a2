package io.vastmax.internal;

import io.vastmax.TopK;
import io.vastmax.Workspace;
import it.unimi.dsi.fastutil.ints.IntHeapPriorityQueue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Selects the k classes of the largest scores, of equal scores the lower ids: a heap with the least of them on top. Mutable,
 * used again; allocates nothing after the first selection of a size.
 */
public final class TopSelection {
    private final IntHeapPriorityQueue heap = new IntHeapPriorityQueue(this::compare);
    private float[] scores = new float[0];
    private int[] ids = new int[0];
    private int k;

    /** One for each thread of a workspace. */
    public static TopSelection[] of(Workspace workspace) {
        PerThread kept = workspace.scratch(PerThread.class, PerThread::new);
        if (kept.selections.length == 0) {
            kept.selections = new TopSelection[workspace.threads()];
            Arrays.setAll(kept.selections, i -> new TopSelection());
        }
        return kept.selections;
    }

    /** Made without a look at the workspace: a lambda that captures it would be an allocation a call. */
    private static final class PerThread {
        private TopSelection[] selections = new TopSelection[0];
    }

    /** Begins a selection of k. */
    public void begin(int k) {
        this.k = k;
        heap.clear();
        if (scores.length < k) {
            scores = new float[k];
            ids = new int[k];
        }
    }

    /** A score that is not above this cannot enter any more; {@code -inf} while there is room. */
    public float least() {
        return heap.size() < k ? Float.NEGATIVE_INFINITY : scores[heap.firstInt()];
    }

    /** Whether every place is taken. */
    public boolean isFull() {
        return heap.size() == k;
    }

    /** Offers a class. */
    public void offer(float score, int id) {
        int slot;
        if (heap.size() < k) {
            slot = heap.size();
        } else {
            slot = heap.firstInt();
            if (score < scores[slot] || (score == scores[slot] && id > ids[slot]) || Float.isNaN(score)) {
                return;
            }
            heap.dequeueInt();
        }
        scores[slot] = score;
        ids[slot] = id;
        heap.enqueue(slot);
    }

    /**
     * Offers classes with the scores {@code logits[from + i] + shift}.
     *
     * @param names the id of class i is {@code names[namesFrom + i]}; null for i itself
     */
    public void offerAll(float[] logits, int from, int length, double shift, int @Nullable [] names, int namesFrom) {
        float least = least();
        boolean full = isFull();
        for (int i = 0; i < length; i++) {
            float score = (float) (logits[from + i] + shift);
            if (!full || score >= least) {
                offer(score, names == null ? i : names[namesFrom + i]);
                least = least();
                full = isFull();
            }
        }
    }

    /** Empties the selection into a row: the log-probabilities are {@code score + shift}. */
    public void writeTo(TopK out, int row, double shift) {
        for (int rank = k - 1; rank >= 0; rank--) {
            int slot = heap.dequeueInt();
            out.set(row, rank, ids[slot], (float) (scores[slot] + shift));
        }
    }

    /** Smaller scores first, and of equal ones the higher id: what leaves the heap first. */
    private int compare(int a, int b) {
        float x = scores[a];
        float y = scores[b];
        return x < y ? -1 : x > y ? 1 : Integer.compare(ids[b], ids[a]);
    }
}

package io.vastmax.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetEntriesTest {
    /** Row, share and place of each entry. */
    private static List<String> visited(TargetEntries entries, int first, int count, int row, int end, int at) {
        List<String> visited = new ArrayList<>();
        entries.visit(first, count, row, end, at, 100, (entry, n, place) -> {
            assertThat(n).isEqualTo(entries.row(entry));
            visited.add("row " + n + " share " + entries.share(entry) + " at " + place);
        });
        return visited;
    }

    @Test
    void oneTargetARow() {
        TargetEntries entries = TargetEntries.of(new int[] {9, -1, 4, 9, 0, 5});
        assertThat(entries.size()).isEqualTo(5);
        assertThat(visited(entries, 0, 10, 0, 6, 0))
                .containsExactly(
                        "row 4 share 1.0 at 4",
                        "row 2 share 1.0 at 402",
                        "row 5 share 1.0 at 505",
                        "row 0 share 1.0 at 900",
                        "row 3 share 1.0 at 903");
    }

    /** A tile holds {@code count} classes from its first; a panel the rows from its first to before its end. */
    @Test
    void aTileFindsItsOwn() {
        TargetEntries entries = TargetEntries.of(new int[] {9, -1, 4, 9, 0, 5});
        assertThat(visited(entries, 4, 5, 0, 6, 1000))
                .containsExactly("row 2 share 1.0 at 1002", "row 5 share 1.0 at 1105");
        assertThat(visited(entries, 5, 4, 0, 6, 0)).containsExactly("row 5 share 1.0 at 5");
        assertThat(visited(entries, 9, 1, 2, 4, 0)).containsExactly("row 3 share 1.0 at 1");
        assertThat(visited(entries, 9, 1, 1, 3, 0)).isEmpty();
        assertThat(visited(entries, 6, 3, 0, 6, 0)).isEmpty();
        assertThat(visited(entries, 10, 100, 0, 6, 0)).isEmpty();
    }

    /** Shares follow their pairs into order. */
    @Test
    void severalTargetsARow() {
        long[] pairs = {
            TargetEntries.pair(7, 0), TargetEntries.pair(2, 0), TargetEntries.pair(7, 1), TargetEntries.pair(0, 2)
        };
        TargetEntries entries = TargetEntries.of(pairs, new double[] {0.25, 0.75, 1, 0.5});
        assertThat(visited(entries, 0, 8, 0, 3, 0))
                .containsExactly(
                        "row 2 share 0.5 at 2",
                        "row 0 share 0.75 at 200",
                        "row 0 share 0.25 at 700",
                        "row 1 share 1.0 at 701");
    }

    @Test
    void theLargestIds() {
        int last = Integer.MAX_VALUE;
        TargetEntries entries = TargetEntries.of(new long[] {TargetEntries.pair(last - 1, last)}, new double[] {1});
        assertThat(entries.row(0)).isEqualTo(last);
        assertThat(visited(entries, last - 1, 1, last, Integer.MAX_VALUE, 0)).isEmpty();
        assertThat(visited(entries, last - 2, 1, 0, last, 0)).isEmpty();
    }

    @Test
    void keepsTheLogitsThatAPassComesAcross() {
        TargetEntries entries = TargetEntries.of(new int[] {3, 1});
        entries.visit(0, 4, 0, 2, 0, 10, (entry, row, at) -> entries.setLogit(entry, 10 + row));
        assertThat(new float[] {entries.logit(0), entries.logit(1)}).containsExactly(11, 10);
    }

    @Test
    void rowsWithoutTargets() {
        assertThat(TargetEntries.of(new int[] {-1, -1}).size()).isZero();
        assertThat(visited(TargetEntries.of(new int[0]), 0, 5, 0, 5, 0)).isEmpty();
        assertThat(visited(TargetEntries.of(new long[0], new double[0]), 0, 5, 0, 5, 0))
                .isEmpty();
    }
}

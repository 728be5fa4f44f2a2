package io.vastmax.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetEntriesTest {
    /** Row, share and place of each entry. */
    private static List<String> visited(TargetEntries entries, int tile, int row, int end, int at) {
        List<String> visited = new ArrayList<>();
        entries.visit(tile, row, end, at, 100, (entry, n, place) -> {
            assertThat(n).isEqualTo(entries.row(entry));
            visited.add("row " + n + " share " + entries.share(entry) + " at " + place);
        });
        return visited;
    }

    /** By row, since a panel's rows come together. */
    @Test
    void oneTargetARow() {
        TargetEntries entries = TargetEntries.of(new int[] {9, -1, 4, 9, 0, 5});
        assertThat(entries.size()).isEqualTo(5);
        assertThat(visited(entries, 0, 0, 6, 0))
                .containsExactly(
                        "row 0 share 1.0 at 900",
                        "row 2 share 1.0 at 402",
                        "row 3 share 1.0 at 903",
                        "row 4 share 1.0 at 4",
                        "row 5 share 1.0 at 505");
    }

    /** A tile holds 128 classes, a panel the rows from its first to before its end. */
    @Test
    void aTileFindsItsOwn() {
        TargetEntries entries = TargetEntries.of(new int[] {300, -1, 127, 383, 0, 256});
        assertThat(visited(entries, 0, 0, 6, 1000))
                .containsExactly("row 2 share 1.0 at 13702", "row 4 share 1.0 at 1004");
        assertThat(visited(entries, 2, 0, 6, 0))
                .containsExactly("row 0 share 1.0 at 4400", "row 3 share 1.0 at 12703", "row 5 share 1.0 at 5");
        assertThat(visited(entries, 2, 1, 5, 0)).containsExactly("row 3 share 1.0 at 12702");
        assertThat(visited(entries, 2, 4, 5, 0)).isEmpty();
        assertThat(visited(entries, 1, 0, 6, 0)).isEmpty();
        assertThat(visited(entries, 3, 0, 6, 0)).isEmpty();
    }

    /** Shares follow their pairs into order. */
    @Test
    void severalTargetsARow() {
        long[] pairs = {
            TargetEntries.pair(7, 0), TargetEntries.pair(2, 0), TargetEntries.pair(7, 1), TargetEntries.pair(0, 2)
        };
        TargetEntries entries = TargetEntries.of(pairs, new double[] {0.25, 0.75, 1, 0.5});
        assertThat(visited(entries, 0, 0, 3, 0))
                .containsExactly(
                        "row 0 share 0.75 at 200",
                        "row 0 share 0.25 at 700",
                        "row 1 share 1.0 at 701",
                        "row 2 share 0.5 at 2");
    }

    @Test
    void theLargestIds() {
        int last = Integer.MAX_VALUE;
        int tile = (last - 1) / 128;
        TargetEntries entries = TargetEntries.of(new long[] {TargetEntries.pair(last - 1, last - 1)}, new double[] {1});
        assertThat(entries.row(0)).isEqualTo(last - 1);
        assertThat(visited(entries, tile, last - 1, last, 0)).containsExactly("row 2147483646 share 1.0 at 12600");
        assertThat(visited(entries, tile, 0, last - 1, 0)).isEmpty();
        assertThat(visited(entries, tile - 1, 0, last, 0)).isEmpty();
    }

    @Test
    void keepsTheLogitsThatAPassComesAcross() {
        TargetEntries entries = TargetEntries.of(new int[] {3, 1});
        entries.visit(0, 0, 2, 0, 10, (entry, row, at) -> entries.setLogit(entry, 10 + row));
        assertThat(new float[] {entries.logit(0), entries.logit(1)}).containsExactly(10, 11);
    }

    @Test
    void rowsWithoutTargets() {
        assertThat(TargetEntries.of(new int[] {-1, -1}).size()).isZero();
        assertThat(visited(TargetEntries.of(new int[0]), 0, 0, 5, 0)).isEmpty();
        assertThat(visited(TargetEntries.of(new long[0], new double[0]), 0, 0, 5, 0))
                .isEmpty();
    }
}

package io.vastmax;

import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import it.unimi.dsi.fastutil.ints.IntArrayList;

/** Numbers rows in the order in which they come. */
final class RowIndex {
    private final Int2IntOpenHashMap slots = new Int2IntOpenHashMap();
    private final IntArrayList rows = new IntArrayList();

    int slot(int row) {
        int slot = slots.putIfAbsent(row, rows.size());
        if (slots.size() == rows.size()) {
            return slot;
        }
        rows.add(row);
        return rows.size() - 1;
    }

    int row(int slot) {
        return rows.getInt(slot);
    }

    int size() {
        return rows.size();
    }

    void clear() {
        slots.clear();
        rows.clear();
    }
}

package io.vastmax;

/** The true class of each row of a batch. Immutable. */
public final class Targets {
    private final int[] ids;

    private Targets(int[] ids) {
        this.ids = ids;
    }

    /** One class a row. */
    public static Targets of(int... ids) {
        return new Targets(ids.clone());
    }

    /** The number of rows. */
    public int size() {
        return ids.length;
    }

    /** The class of a row. */
    public int id(int row) {
        return ids[row];
    }

    /**
     * Checks them against a batch and a layer.
     *
     * @throws IllegalArgumentException if there is not one target a row, or an id is not from 0 to {@code classes - 1}
     */
    public void check(int rows, int classes) {
        check("targets", rows, classes);
    }

    /** Checks them as the argument of a name. */
    void check(String name, int rows, int classes) {
        if (ids.length != rows) {
            throw new IllegalArgumentException(
                    name + " holds " + ids.length + " ids, but hidden has " + rows + " rows");
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= classes) {
                throw new IllegalArgumentException(
                        name + "[" + i + "] = " + ids[i] + ": must be from 0 to " + (classes - 1));
            }
        }
    }
}

package io.vastmax.testkit;

import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where a reference evaluates a loss: the values of an objective's parameters and of hidden vectors, each a block of
 * doubles, and the precision of the arithmetic. Mutable, so that a difference can be taken along a coordinate.
 */
public final class Point {
    /** The name of the block of hidden vectors. */
    public static final String HIDDEN = "hidden";

    private final Map<String, double[][]> blocks = new LinkedHashMap<>();
    private final Precision precision;

    private Point(Precision precision) {
        this.precision = precision;
    }

    /** Copies of the parameters and hidden vectors. */
    public static Point of(Objective objective, Matrix hidden, Precision precision) {
        Point point = new Point(precision);
        point.blocks.put(HIDDEN, doubles(hidden));
        for (Parameter parameter : objective.parameters()) {
            point.blocks.put(parameter.name(), doubles(parameter.value()));
        }
        return point;
    }

    /** The precision. */
    public Precision precision() {
        return precision;
    }

    /** {@link #HIDDEN}, and the names of the parameters in their order. */
    public Set<String> blocks() {
        return blocks.keySet();
    }

    /** The rows of a block itself, not a copy. */
    public double[][] block(String name) {
        double[][] block = blocks.get(name);
        if (block == null) {
            throw new IllegalArgumentException("No block " + name + " among " + blocks.keySet());
        }
        return block;
    }

    /** The hidden vectors. */
    public double[][] hidden() {
        return block(HIDDEN);
    }

    static double[][] doubles(Matrix matrix) {
        double[][] rows = new double[matrix.rows()][matrix.columns()];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                rows[i][j] = matrix.get(i, j);
            }
        }
        return rows;
    }
}

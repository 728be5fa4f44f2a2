package io.vastmax;

import java.util.Arrays;

/**
 * A mutable row-major matrix of floats on the heap: element {@code (i, j)} is {@code array()[i * columns + j]}.
 *
 * <p>It holds up to {@code 2^31 - 9} elements (a million rows of 2,047). Not thread safe for writing.
 */
public final class Matrix {
    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    private final int rows;
    private final int columns;
    private final float[] array;

    private Matrix(int rows, int columns, float[] array) {
        this.rows = rows;
        this.columns = columns;
        this.array = array;
    }

    /** A matrix of zeros. */
    public static Matrix zeros(int rows, int columns) {
        return new Matrix(rows, columns, new float[elements(rows, columns)]);
    }

    /**
     * A view of an array: changes of one are seen in the other.
     *
     * @throws IllegalArgumentException if the array does not hold exactly {@code rows * columns} elements
     */
    public static Matrix wrap(int rows, int columns, float[] array) {
        if (array.length != elements(rows, columns)) {
            throw new IllegalArgumentException("array holds " + array.length + " floats, but rows x columns = " + rows
                    + " x " + columns + " = " + elements(rows, columns));
        }
        return new Matrix(rows, columns, array);
    }

    /** A copy of the rows given, which must be of one length. */
    public static Matrix copyOf(float[][] rows) {
        int columns = rows.length == 0 ? 0 : rows[0].length;
        Matrix matrix = zeros(rows.length, columns);
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != columns) {
                throw new IllegalArgumentException(
                        "rows[" + i + "] holds " + rows[i].length + " floats, but rows[0] holds " + columns);
            }
            System.arraycopy(rows[i], 0, matrix.array, i * columns, columns);
        }
        return matrix;
    }

    /** The number of rows. */
    public int rows() {
        return rows;
    }

    /** The number of columns. */
    public int columns() {
        return columns;
    }

    /** The elements themselves, not a copy. */
    public float[] array() {
        return array;
    }

    /** The element in row {@code row} and column {@code column}. */
    public float get(int row, int column) {
        return array[index(row, column)];
    }

    /** Sets the element in row {@code row} and column {@code column}. */
    public void set(int row, int column, float value) {
        array[index(row, column)] = value;
    }

    /** Sets every element. */
    public void fill(float value) {
        Arrays.fill(array, value);
    }

    /** A copy with elements of its own. */
    public Matrix copy() {
        return new Matrix(rows, columns, array.clone());
    }

    /** {@code "rows x columns"}. */
    @Override
    public String toString() {
        return rows + " x " + columns;
    }

    private int index(int row, int column) {
        if (row < 0 || row >= rows || column < 0 || column >= columns) {
            throw new IndexOutOfBoundsException("(" + row + ", " + column + ") in a matrix of " + this);
        }
        return row * columns + column;
    }

    private static int elements(int rows, int columns) {
        if (rows < 0 || columns < 0 || (long) rows * columns > MAX_ELEMENTS) {
            throw new IllegalArgumentException(
                    "rows x columns = " + rows + " x " + columns + ": must be from 0 to " + MAX_ELEMENTS + " elements");
        }
        return rows * columns;
    }
}

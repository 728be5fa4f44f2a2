package io.vastmax.internal;

import io.vastmax.Matrix;
import io.vastmax.TopK;
import org.jspecify.annotations.Nullable;

/** The checks that every layer makes at its edge. */
public final class Shapes {
    private Shapes() {}

    /** Whether there is a class vector, with a number in it. */
    public static void checkWeight(Matrix weight) {
        if (weight.rows() < 1 || weight.columns() < 1) {
            throw new IllegalArgumentException("weight is " + weight + ": must have at least one row and one column");
        }
    }

    /** Whether there is a number for each class vector. */
    public static void checkBias(Matrix bias, Matrix weight) {
        if (bias.rows() != weight.rows() || bias.columns() != 1) {
            throw new IllegalArgumentException(
                    "bias is " + bias + ", but weight is " + weight + ": must be " + weight.rows() + " x 1");
        }
    }

    /** Whether hidden vectors have a layer's width. */
    public static void checkHidden(Matrix hidden, int width) {
        if (hidden.columns() != width) {
            throw new IllegalArgumentException("hidden is " + hidden + ": must have " + width + " columns");
        }
    }

    /** Whether their gradient has their shape. */
    public static void checkGradient(@Nullable Matrix hiddenGradient, Matrix hidden) {
        if (hiddenGradient != null
                && (hiddenGradient.rows() != hidden.rows() || hiddenGradient.columns() != hidden.columns())) {
            throw new IllegalArgumentException("hiddenGradient is " + hiddenGradient + ", but hidden is " + hidden);
        }
    }

    /** Whether there is one class for each row, and room for one number. */
    public static void checkIds(int[] ids, float[] out, Matrix hidden, int classes) {
        checkLength("ids", ids.length, hidden);
        checkLength("out", out.length, hidden);
        checkClasses(ids, classes);
    }

    /** Whether an array has a number for each row. */
    public static void checkLength(String name, int length, Matrix hidden) {
        if (length != hidden.rows()) {
            throw new IllegalArgumentException(
                    name + " holds " + length + " numbers, but hidden has " + hidden.rows() + " rows");
        }
    }

    /** Whether there is room for all classes of each row. */
    public static void checkAll(Matrix out, Matrix hidden, int classes) {
        if (out.rows() != hidden.rows() || out.columns() != classes) {
            throw new IllegalArgumentException(
                    "out is " + out + ": must be " + hidden.rows() + " x " + classes + " for hidden " + hidden);
        }
    }

    /** Whether there is room for some classes of each row, and no more than there are. */
    public static void checkTopK(TopK out, Matrix hidden, int classes) {
        if (out.rows() != hidden.rows() || out.k() > classes) {
            throw new IllegalArgumentException("out has " + out.rows() + " rows of k = " + out.k() + ", but hidden has "
                    + hidden.rows() + " rows and there are " + classes + " classes");
        }
    }

    /** Whether ids are classes, and a matrix has a vector for each. */
    public static void checkVectors(String name, Matrix vectors, int[] ids, int classes, int width) {
        if (vectors.rows() != ids.length || vectors.columns() != width) {
            throw new IllegalArgumentException(
                    name + " is " + vectors + ": must be " + ids.length + " x " + width + " for as many ids");
        }
        checkClasses(ids, classes);
    }

    /** Whether vectors can be multiplied with a number in single precision, and still be told apart. */
    public static void checkScale(double scale) {
        if (!((float) scale > 0 && Float.isFinite((float) scale))) {
            throw new IllegalArgumentException("scale = " + scale + ": must be positive and finite");
        }
    }

    private static void checkClasses(int[] ids, int classes) {
        for (int n = 0; n < ids.length; n++) {
            if (ids[n] < 0 || ids[n] >= classes) {
                throw new IllegalArgumentException(
                        "ids[" + n + "] = " + ids[n] + ": must be from 0 to " + (classes - 1));
            }
        }
    }
}

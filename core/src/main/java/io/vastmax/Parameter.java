package io.vastmax;

/**
 * A named matrix that training changes. Two parameters are the same only if they are the same object.
 *
 * <p>A vector with an element for each class is a matrix of one column: rows are classes, so that an update can touch
 * some rows only.
 */
public final class Parameter {
    private final String name;
    private final Matrix value;

    /** A parameter with a name that is unique within its model, such as {@code "softmax.weight"}. */
    public Parameter(String name, Matrix value) {
        this.name = name;
        this.value = value;
    }

    /** The name. */
    public String name() {
        return name;
    }

    /** The value itself, not a copy. */
    public Matrix value() {
        return value;
    }

    /** The name and the shape. */
    @Override
    public String toString() {
        return name + " " + value;
    }
}

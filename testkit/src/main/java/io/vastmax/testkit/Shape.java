package io.vastmax.testkit;

import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The sizes of a test.
 *
 * @param classes V
 * @param width d
 * @param rows N
 */
public record Shape(int classes, int width, int rows) {
    /** The method source of {@link #odd()} for tests in any class. */
    public static final String ODD = "io.vastmax.testkit.Shape#odd";

    private static final int[] CLASSES = {1, 2, 127, 128, 129, 1000};
    private static final int[] WIDTHS = {7, 32};
    private static final int[] ROWS = {1, 2, 31, 32, 33, 100};

    /**
     * Sizes around the edges of tiles, panels and registers, and two whose logits do not fit a mebibyte: one for its many
     * rows, one for its many classes.
     */
    public static Stream<Shape> odd() {
        Stream<Shape> product = combinations(CLASSES, WIDTHS, ROWS);
        Stream<Shape> narrowAndWide = combinations(CLASSES, new int[] {1, 100}, new int[] {1, 33});
        Stream<Shape> large = Stream.of(new Shape(1000, 5, 300), new Shape(9000, 3, 70));
        return Stream.of(product, narrowAndWide, large).flatMap(shapes -> shapes);
    }

    private static Stream<Shape> combinations(int[] classes, int[] widths, int[] rows) {
        return IntStream.of(classes)
                .boxed()
                .flatMap(v -> IntStream.of(widths)
                        .boxed()
                        .flatMap(d -> IntStream.of(rows).mapToObj(n -> new Shape(v, d, n))));
    }

    /** As in {@code "V=1000 d=32 N=33"}. */
    @Override
    public String toString() {
        return "V=" + classes + " d=" + width + " N=" + rows;
    }
}

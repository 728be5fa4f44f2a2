package io.vastmax.sampling;

/** Refuses settings by name and value. */
final class Check {
    private Check() {}

    static void share(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " = " + value + ": must be from 0 to 1");
        }
    }

    static void belowOne(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + " = " + value + ": must be from 0 to below 1");
        }
    }

    static void atLeast(double least, String name, double value) {
        if (!(value >= least && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " = " + value + ": must be at least " + least + " and finite");
        }
    }

    static void positive(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " = " + value + ": must be positive and finite");
        }
    }

    static void positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " = " + value + ": must be positive");
        }
    }

    static void notNegative(String name, int value) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " = " + value + ": must not be negative");
        }
    }

    static void finite(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(name + " = " + value + ": must be finite");
        }
    }

    static void id(String name, int id) {
        if (id < 0) {
            throw new IllegalArgumentException(name + " = " + id + ": must not be negative");
        }
    }
}

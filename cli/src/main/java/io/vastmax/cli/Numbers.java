package io.vastmax.cli;

/** A list of numbers as an option has it: {@code 0.8,1.75,2}. */
final class Numbers {
    private final String text;
    private final double[] numbers;

    Numbers(String text) {
        this.text = text;
        String[] parts = text.split(",", -1);
        numbers = new double[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                numbers[i] = Double.parseDouble(parts[i].strip());
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("'" + text + "': "
                        + (parts.length == 1 ? "must be a number" : "must be numbers with commas between them"));
            }
        }
    }

    int size() {
        return numbers.length;
    }

    double at(int i) {
        return numbers[i];
    }

    /** The only number. */
    double one() {
        return count(1).at(0);
    }

    /** The only number, an integer. */
    int whole() {
        return count(1).wholeAt(0);
    }

    int wholeAt(int i) {
        if (numbers[i] != Math.rint(numbers[i])) {
            throw new IllegalArgumentException("'" + text + "': " + numbers[i] + " must be an integer");
        }
        if (numbers[i] != (int) numbers[i]) {
            throw new IllegalArgumentException("'" + text + "': must be within 32 bits");
        }
        return (int) numbers[i];
    }

    /** All as ids. */
    int[] ids() {
        int[] ids = new int[numbers.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = wholeAt(i);
            if (ids[i] < 0) {
                throw new IllegalArgumentException("'" + text + "': " + ids[i] + " is no id, it is negative");
            }
        }
        return ids;
    }

    /** These, if they are as many. */
    Numbers count(int expected) {
        if (numbers.length != expected) {
            throw new IllegalArgumentException("'" + text + "': must be " + expected
                    + (expected == 1 ? " number" : " numbers with commas between them"));
        }
        return this;
    }
}

package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatrixTest {
    @Test
    void isRowMajor() {
        Matrix matrix = Matrix.zeros(2, 3);
        matrix.set(1, 2, 5);
        matrix.set(0, 1, 7);
        assertThat(matrix.array()).containsExactly(0, 7, 0, 0, 0, 5);
        assertThat(matrix.get(1, 2)).isEqualTo(5);
        assertThat(matrix).hasToString("2 x 3");
    }

    @Test
    void wrapsItsArray() {
        float[] array = {1, 2, 3, 4, 5, 6};
        Matrix matrix = Matrix.wrap(3, 2, array);
        array[5] = 9;
        assertThat(matrix.get(2, 1)).isEqualTo(9);
        matrix.fill(2);
        assertThat(array).containsOnly(2f);
    }

    @Test
    void copiesHaveElementsOfTheirOwn() {
        float[][] rows = {{1, 2}, {3, 4}};
        Matrix matrix = Matrix.copyOf(rows);
        rows[0][0] = 9;
        assertThat(matrix.array()).containsExactly(1, 2, 3, 4);
        Matrix copy = matrix.copy();
        copy.set(0, 0, 9);
        assertThat(matrix.get(0, 0)).isEqualTo(1);
        assertThat(Matrix.copyOf(new float[0][])).hasToString("0 x 0");
    }

    @Test
    void refusesRowsOfDifferentLengths() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Matrix.copyOf(new float[][] {{1, 2}, {3}}))
                .withMessage("rows[1] holds 1 floats, but rows[0] holds 2");
    }

    @Test
    void refusesAnArrayOfAnotherSize() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Matrix.wrap(2, 3, new float[5]))
                .withMessage("array holds 5 floats, but rows x columns = 2 x 3 = 6");
    }

    @ParameterizedTest
    @CsvSource({"-1, 2", "2, -1", "1000000, 2148", "2147483647, 2147483647", "2147483647, 1"})
    void refusesSizes(int rows, int columns) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Matrix.zeros(rows, columns))
                .withMessage("rows x columns = %d x %d: must be from 0 to 2147483639 elements", rows, columns);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "2, 0", "0, -1", "0, 3"})
    void refusesIndexes(int row, int column) {
        Matrix matrix = Matrix.zeros(2, 3);
        String message = "(" + row + ", " + column + ") in a matrix of 2 x 3";
        assertThatThrownBy(() -> matrix.get(row, column))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> matrix.set(row, column, 1))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage(message);
    }
}

package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopKTest {
    @Test
    void holdsWhatWasSet() {
        TopK top = TopK.of(3, 2);
        top.set(2, 0, 17, -0.5f);
        top.set(2, 1, 4, -1.5f);
        top.set(0, 1, 9, -2f);
        assertThat(top.rows()).isEqualTo(3);
        assertThat(top.k()).isEqualTo(2);
        assertThat(top.id(2, 0)).isEqualTo(17);
        assertThat(top.id(2, 1)).isEqualTo(4);
        assertThat(top.id(0, 1)).isEqualTo(9);
        assertThat(top.logProb(2, 1)).isEqualTo(-1.5f);
        assertThat(TopK.of(0, 5).rows()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "1, 0", "1, -2", "65536, 65536"})
    void refusesSizes(int rows, int k) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TopK.of(rows, k))
                .withMessageContaining("rows x k = " + rows + " x " + k);
    }

    /** The last row's index would come back to 0 in 32 bits. */
    @ParameterizedTest
    @CsvSource({"3, 0", "-1, 0", "0, 2", "0, -1", "2147483647, 0", "1073741824, 0", "-2147483648, 0"})
    void refusesPlacesBeyondItsRowsAndRanks(int row, int rank) {
        TopK top = TopK.of(3, 2);
        assertThatThrownBy(() -> top.id(row, rank)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> top.logProb(row, rank)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> top.set(row, rank, 1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}

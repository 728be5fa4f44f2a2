package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class FedTokensTest {
    @Test
    void sequencesGrowAndAreGatheredAndTakenBack() {
        FedTokens fed = new FedTokens(2);
        fed.append(new int[][] {{1, 2}, {3}});
        assertThat(fed.with(new int[][] {{4}, {5, 6}})).isDeepEqualTo(new int[][] {{1, 2, 4}, {3, 5, 6}});
        assertThat(fed.of(0, 1)).containsExactly(2);
        assertThat(fed.of(1, 1)).isEmpty();
        fed.reorder(1, 0, 1);
        fed.append(new int[][] {{7}, {8}, {9}});
        fed.rollback(0, 3, 1);
        assertThat(fed.sequences()).isEqualTo(3);
        assertThat(fed.of(0)).containsExactly(3, 7);
        assertThat(fed.of(1)).isEmpty();
        assertThat(fed.of(2)).containsExactly(3);
        assertThat(fed.length(0)).isEqualTo(2);
    }

    @Test
    void whatDoesNotFitIsRefusedAndChangesNothing() {
        FedTokens fed = new FedTokens(2);
        fed.append(new int[][] {{1, 2}, {3}});
        refused(() -> new FedTokens(0), "sequences = 0: must be at least 1");
        refused(() -> fed.check(new int[][] {{1}}, 1), "tokens are of 1 sequences: must be of 2");
        refused(() -> fed.check(new int[][] {{1}, {}}, 1), "tokens[1] are 0: must be at least 1");
        refused(() -> fed.check(new int[][] {{1, 2}, {1}}, 2), "tokens[1] are 1: must be at least 2");
        refused(() -> fed.check(new int[][] {{1}, {1}}, 0), "last = 0: must be at least 1");
        refused(fed::reorder, "from is empty");
        refused(() -> fed.rollback(1), "tokens are of 1 sequences: must be of 2");
        refused(() -> fed.rollback(1, 2), "tokens[1] = 2: must be from 0 to the 1 of the sequence");
        refused(() -> fed.rollback(-1, 0), "tokens[0] = -1");
        assertThatThrownBy(() -> fed.reorder(0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(fed.of(0)).containsExactly(1, 2);
        assertThat(fed.of(1)).containsExactly(3);
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}

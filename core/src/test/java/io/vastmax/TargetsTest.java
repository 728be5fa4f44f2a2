package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TargetsTest {
    @Test
    void oneClassARow() {
        int[] ids = {4, 0, 4};
        Targets targets = Targets.of(ids);
        ids[0] = 9;
        assertThat(targets.size()).isEqualTo(3);
        assertThat(targets.total()).isEqualTo(3);
        assertThat(targets.id(0)).isEqualTo(4);
        assertThat(targets.id(1, 0)).isZero();
        assertThat(targets.count(2)).isEqualTo(1);
        assertThat(targets.weight(2)).isEqualTo(1);
    }

    @Test
    void severalClassesARow() {
        Targets targets = Targets.ofSeveral(new int[] {7, 2}, new int[] {5}, new int[] {1, 9, 0});
        assertThat(targets.size()).isEqualTo(3);
        assertThat(targets.total()).isEqualTo(6);
        assertThat(targets.count(2)).isEqualTo(3);
        assertThat(targets.id(0)).isEqualTo(7);
        assertThat(targets.id(2, 1)).isEqualTo(9);
        assertThat(targets.idAt(2)).isEqualTo(5);
    }

    @Test
    void probabilities() {
        float[][] shares = {{0.25f, 0.75f}, {1}, {0, 1}};
        Targets some = Targets.ofProbabilities(new int[][] {{7, 2}, {5}, {1, 3}}, shares);
        shares[0][0] = 9;
        assertThat(some.areProbabilities()).isTrue();
        assertThat(some.isOneEach()).isFalse();
        assertThat(some.share(0, 0)).isEqualTo(0.25);
        assertThat(some.share(0, 1)).isEqualTo(0.75);
        assertThat(some.id(1)).isEqualTo(5);
        assertThat(some.weighted(1, 2, 3).share(2, 0)).isZero();
        assertThat(Targets.ofSeveral(new int[] {7, 2}).share(0, 1)).isEqualTo(0.5);
        assertThat(Targets.ofSeveral(new int[] {7, 2}).areProbabilities()).isFalse();
    }

    @Test
    void probabilitiesOfAllClasses() {
        Matrix rows = Matrix.copyOf(new float[][] {{0, 0.5f, 0, 0.5f}, {1, 0, 0, 0}});
        Targets targets = Targets.ofProbabilities(rows);
        rows.fill(0);
        assertThat(targets.size()).isEqualTo(2);
        assertThat(targets.total()).isEqualTo(3);
        assertThat(targets.id(0, 1)).isEqualTo(3);
        assertThat(targets.share(0, 1)).isEqualTo(0.5);
        assertThat(targets.count(1)).isEqualTo(1);
        assertThat(Targets.ofProbabilities(Matrix.zeros(0, 4)).size()).isZero();
    }

    @Test
    void refusesWhatAreNoProbabilities() {
        int[][] one = {{0}, {2, 1}};
        refuses(one, new float[][] {{1}}, "probabilities has 1 rows, but rows has 2");
        refuses(one, new float[][] {{1}, {1}}, "probabilities[1] holds 1 numbers for 2 classes");
        refuses(one, new float[][] {{1}, {1.5f, -0.5f}}, "probabilities[1] holds -0.5: must not be negative");
        refuses(one, new float[][] {{1}, {Float.NaN, 1}}, "probabilities[1] holds NaN: must not be negative");
        refuses(one, new float[][] {{0.5f}, {0.5f, 0.5f}}, "probabilities[0] sums to 0.5: must be one");
        refuses(
                one,
                new float[][] {{1}, {Float.POSITIVE_INFINITY, 0}},
                "probabilities[1] sums to Infinity: must be one");
        refuses(new int[][] {{2, 2}}, new float[][] {{0.5f, 0.5f}}, "rows[0] holds the class 2 twice");
        refuses(new int[][] {{}}, new float[][] {{}}, "rows[0] holds no class");
        assertThatCode(() -> Targets.ofProbabilities(one, new float[][] {{1}, {0.3339f, 0.6666f}}))
                .doesNotThrowAnyException();
    }

    private static void refuses(int[][] rows, float[][] probabilities, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.ofProbabilities(rows, probabilities))
                .withMessage(message);
    }

    @Test
    void refusesAMatrixOfWhatAreNoProbabilities() {
        refuses(new float[] {0, 1, 0, 0}, "probabilities[1] sums to 0: must be one");
        refuses(new float[] {0, 1, 1.25f, -0.25f}, "probabilities[1] holds -0.25: must not be negative");
        refuses(new float[] {0, 1, Float.NaN, 0}, "probabilities[1] holds NaN: must not be negative");
        refuses(new float[] {0.5f, 0, 1, 0}, "probabilities[0] sums to 0.5: must be one");
    }

    private static void refuses(float[] probabilities, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.ofProbabilities(Matrix.wrap(2, 2, probabilities)))
                .withMessage(message);
    }

    @Test
    void weights() {
        Targets targets = Targets.of(1, 2).weighted(0.5f, 0);
        assertThat(targets.weight(0)).isEqualTo(0.5f);
        assertThat(targets.weight(1)).isZero();
        assertThat(targets.id(1)).isEqualTo(2);
    }

    @Test
    void refusesByNameAndValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.ofSeveral(new int[] {1}, new int[0]))
                .withMessage("rows[1] holds no class");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.ofSeveral(new int[] {3, 1, 3}))
                .withMessage("rows[0] holds the class 3 twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(1, 2).weighted(1))
                .withMessage("weights holds 1 numbers for 2 rows");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(1, 2).weighted(1, -2))
                .withMessage("weights[1] = -2.0: must be finite and not negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(1).weighted(Float.NaN))
                .withMessageContaining("weights[0] = NaN");
    }

    @Test
    void checksEachId() {
        Targets.ofSeveral(new int[] {0, 4}, new int[] {3}).check(5);
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Targets.ofSeveral(new int[] {0}, new int[] {3, 5}).check(5))
                .withMessage("targets[1] = 5: must be from 0 to 4");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(2, -1).check(5))
                .withMessageContaining("targets[1] = -1");
    }
}

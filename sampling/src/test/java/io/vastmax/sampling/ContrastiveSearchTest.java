package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vastmax.Matrix;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContrastiveSearchTest {
    /** Probabilities .1, .6, .3. */
    private static final Logits LOGITS = Logits.of((float) Math.log(1), (float) Math.log(6), (float) Math.log(3));

    private static Matrix states(float... numbers) {
        return Matrix.wrap(numbers.length / 2, 2, numbers);
    }

    private static Sampler sampler(Filter... filters) {
        return Chain.of(filters).sampler(1).prompt(9, 8);
    }

    /**
     * The likeliest candidate repeats a state of the prompt, cosine 1; the second is at right angles to both, cosine 0; the
     * third the opposite of both, cosine -1.
     */
    @ParameterizedTest
    @CsvSource({
        "1, 0.9, 0", // no choice
        "2, 0,   0", // .6    .3
        "2, 0.2, 0", // .28   .24
        "2, 0.3, 1", // .12   .21
        "3, 0,   0", // .6    .3    .1
        "3, 0.1, 0", // .44   .27   .19
        "3, 0.3, 2", // .12   .21   .37
        "3, 1,   2", // -1    0     1
    })
    void likelinessIsWeighedAgainstRepetition(int k, double alpha, int chosen) {
        Sampler sampler = sampler();
        ContrastiveSearch search = ContrastiveSearch.of(k, alpha, sampler, states(2, 0, 0.5f, 0));
        int[] ids = search.candidates(LOGITS);
        assertThat(ids).isEqualTo(Arrays.copyOf(new int[] {1, 2, 0}, k));
        float[] all = {3, 0, 0, 0.1f, -7, 0};
        assertThat(search.choose(states(Arrays.copyOf(all, 2 * k)))).isEqualTo(chosen);
        assertThat(sampler.history().toArray()).containsExactly(9, 8, ids[chosen]);
    }

    /** Each step offers a repetition of the state chosen long ago first, which the many since then do not hide. */
    @Test
    void remembersAllStates() {
        ContrastiveSearch search = ContrastiveSearch.of(2, 0.5, sampler(), Matrix.zeros(0, 2));
        search.candidates(LOGITS);
        // .3, .15: nothing to repeat yet
        assertThat(search.choose(states(0, 5, 1, 0))).isZero();
        for (int i = 0; i < 100; i++) {
            search.candidates(LOGITS);
            // .3 - .5 * 1, .15 - .5 * c with a cosine that is below 0, then comes to 1 as this state is repeated
            int expected = i == 0 ? 1 : 0;
            assertThat(search.choose(states(0, 1, 1, -1))).isEqualTo(expected);
        }
        search.candidates(LOGITS);
        // .3 - .5, .15 - .5 cos 45 degrees = -.2036: the likelier
        assertThat(search.choose(states(0, 1, 1, 1))).isZero();
        search.candidates(LOGITS);
        // .3 - .5, .15 - .5 cos 46 degrees = -.1973
        assertThat(search.choose(states(0, 1, 1.0355303f, 1))).isEqualTo(1);
    }

    @Test
    void aStateOfZerosIsLikeNone() {
        ContrastiveSearch search = ContrastiveSearch.of(2, 0.5, sampler(), states(1, 0, 0, 0));
        search.candidates(LOGITS);
        // .3 - .5, .15 - 0
        assertThat(search.choose(states(1, 0, 0, 0))).isEqualTo(1);
    }

    /** .6 and .3 of .9 are left: .667 and .333. */
    @Test
    void probabilitiesAreThoseThatFiltersLeave() {
        ContrastiveSearch search = ContrastiveSearch.of(5, 0.25, sampler(Filters.topK(2)), states(1, 0));
        assertThat(search.candidates(LOGITS)).containsExactly(1, 2);
        // .75 * .667 - .25 = .25, .75 * .333 - .25 * .05 = .2375; of all candidates it would be .2 and .2125
        assertThat(search.choose(states(1, 0, 0.05f, 0.99875f))).isZero();
    }

    @Test
    void refusesWhatIsNoSearch() {
        Matrix prompt = states(1, 0);
        assertThatThrownBy(() -> ContrastiveSearch.of(0, 0.5, sampler(), prompt))
                .hasMessageContaining("k = 0");
        assertThatThrownBy(() -> ContrastiveSearch.of(4, 1.5, sampler(), prompt))
                .hasMessageContaining("alpha = 1.5");
        assertThatThrownBy(() -> ContrastiveSearch.of(4, 1, sampler(), states(1, 0, Float.NaN, 1)))
                .hasMessageContaining("row 1");
        ContrastiveSearch search = ContrastiveSearch.of(2, 0.5, sampler(), prompt);
        assertThatThrownBy(() -> search.choose(states(1, 0, 0, 1))).isInstanceOf(IllegalStateException.class);
        search.candidates(LOGITS);
        assertThatThrownBy(() -> search.choose(prompt)).hasMessageContaining("1 x 2: must be 2 x 2");
    }
}

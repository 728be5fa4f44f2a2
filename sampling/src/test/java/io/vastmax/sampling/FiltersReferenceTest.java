package io.vastmax.sampling;

import static io.vastmax.sampling.Filtering.kept;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each filter keeps what a sorted, double-precision reference keeps, with and without a temperature before it. */
class FiltersReferenceTest {
    /** Four times the slack of comparisons. */
    private static final double TOLERANCE = 0x1p-18;

    static Stream<Row> rows() {
        return Stream.of(7, 100, 5_000)
                .flatMap(size -> Stream.of(
                        new Row("plain", Filtering.random(size, false, false, size)),
                        new Row("masks", Filtering.random(size, true, false, size + 1)),
                        new Row("ties", Filtering.random(size, false, true, size + 2)),
                        new Row("masks and ties", Filtering.random(size, true, true, size + 3))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void agreesWithTheReferenceOnLogitsOfGpt2(int prompt) {
        Row row = new Row("of GPT-2, " + prompt, Gpt2.logits(prompt));
        keepsWhatTheReferenceKeeps(row);
        keepsTheTypicalTokensOfTheReference(row);
        removesTheTopChoicesOfTheReference(row);
        tempersAsTheReferenceDoes(row);
    }

    static final class Row {
        private final String name;
        private final float[] logits;

        Row(String name, float[] logits) {
            this.name = name;
            this.logits = logits;
        }

        @Override
        public String toString() {
            return logits.length + " " + name;
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void keepsWhatTheReferenceKeeps(Row row) {
        for (double temperature : new double[] {1, 0.7, 2.5}) {
            Filter before = Filters.temperature(temperature);
            FilterReference reference = new FilterReference(row.logits, temperature);
            for (int k : new int[] {1, 2, 5, 40, 100, 1000, 6000}) {
                agree(row, before, Filters.topK(k), reference.topK(k));
                agree(row, before, Filters.topKWithTies(k), reference.topKWithTies(k));
            }
            for (double p : new double[] {0, 0.1, 0.5, 0.9, 0.95, 0.99}) {
                agree(row, before, Filters.topP(p), reference.topP(p));
            }
            for (double p : new double[] {1e-4, 0.01, 0.05, 0.3, 1}) {
                agree(row, before, Filters.minP(p), reference.minP(p));
                agree(row, before, Filters.epsilon(p), reference.epsilon(p));
                agree(row, before, Filters.eta(p), reference.eta(p));
                agree(row, before, Filters.topA(p), reference.topA(p));
            }
            for (double n : new double[] {0, 0.5, 1, 2, 3.5}) {
                agree(row, before, Filters.topNSigma(n), reference.topNSigma(n));
            }
            for (double share : new double[] {0.05, 0.3, 0.6, 0.9, 0.97}) {
                agree(row, before, Filters.topH(share), reference.topH(share));
                agree(row, before, Filters.topHOfHundred(share), reference.topHOfHundred(share));
                agree(row, before, Filters.tailFree(share), reference.tailFree(share));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void keepsTheTypicalTokensOfTheReference(Row row) {
        for (double temperature : new double[] {1, 0.7, 2.5}) {
            Filter before = Filters.temperature(temperature);
            FilterReference reference = new FilterReference(row.logits, temperature);
            for (double p : new double[] {0, 0.2, 0.5, 0.9, 0.99}) {
                double[] margins = reference.typical(p, TOLERANCE, false);
                agree(row, before, Filters.typical(p), margins);
                agree(row, before, Filters.typicalBeyond(p), margins);
                agree(row, before, Filters.typicalWithTies(p), reference.typical(p, TOLERANCE, true));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void removesTheTopChoicesOfTheReference(Row row) {
        for (double temperature : new double[] {1, 0.7}) {
            FilterReference reference = new FilterReference(row.logits, temperature);
            for (int choices = 1; choices < Math.min(reference.size(), 30); choices++) {
                double above = reference.p(reference.ranked(choices - 1));
                double below = reference.p(reference.ranked(choices));
                if (above > below * 1.0001) {
                    Filter xtc = Filters.xtc(1, Math.sqrt(above * below));
                    agree(row, Filters.temperature(temperature), xtc, reference.xtc(choices));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void tempersAsTheReferenceDoes(Row row) {
        FilterReference reference = new FilterReference(row.logits, 1);
        for (double exponent : new double[] {0.5, 1, 2}) {
            double temperature = reference.dynamicTemperature(0.9, 0.4, exponent);
            FilterReference after = new FilterReference(row.logits, temperature);
            double[] probabilities =
                    Filtering.probabilities(row.logits, Filters.dynamicTemperature(0.9, 0.4, exponent));
            for (int id = 0; id < row.logits.length; id++) {
                assertThat(probabilities[id]).isCloseTo(after.p(id), within(1e-5 * after.p(id) + 1e-37));
            }
        }
    }

    private static void agree(Row row, Filter before, Filter filter, double[] margins) {
        int[] kept = kept(row.logits, before, filter);
        assertThat(kept).as("%s of %s", filter, row).isNotEmpty();
        int undecided = 0;
        for (int id = 0; id < margins.length; id++) {
            if (Math.abs(margins[id]) <= TOLERANCE) {
                undecided++;
            } else if (Arrays.binarySearch(kept, id) >= 0 != margins[id] > 0) {
                throw new AssertionError("%s of %s: token %d with the logit %s and a margin of %s should %sstay"
                        .formatted(filter, row, id, row.logits[id], margins[id], margins[id] > 0 ? "" : "not "));
            }
        }
        // Ties at the border apart
        assertThat(undecided)
                .as("tokens at the border for %s of %s", filter, row)
                .isLessThanOrEqualTo(5 + row.logits.length / 100);
    }
}

package io.vastmax.sampling;

import static io.vastmax.sampling.Filtering.kept;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** What holds for every filter, and for every setting of it. Seeds are fixed: single precision may decide close calls either way. */
class FilterPropertiesTest {
    /** One setting, from 0 to 1; a larger one keeps more. */
    private static final List<DoubleFunction<Filter>> GROWING = List.of(
            p -> Filters.topK(1 + (int) (30 * p)),
            p -> Filters.topKWithTies(1 + (int) (30 * p)),
            Filters::topP,
            Filters::typical,
            Filters::typicalWithTies,
            Filters::typicalBeyond,
            Filters::tailFree,
            Filters::topH,
            Filters::topHOfHundred,
            n -> Filters.topNSigma(5 * n));

    /** A larger one keeps less. */
    private static final List<DoubleFunction<Filter>> SHRINKING =
            List.of(Filters::minP, Filters::epsilon, Filters::eta, Filters::topA);

    private static final List<DoubleFunction<Filter>> OTHERS =
            List.of(t -> Filters.xtc(1, t), t -> Filters.temperature(4 * t), t -> Filters.dynamicTemperature(1, t, 2));

    /** The typical ones and xtc, by their number in these lists. */
    private static final Set<Integer> MAY_REMOVE_THE_LIKELIEST = Set.of(3, 4, 5, 14);

    /** Up to 60 logits, multiples of 1/64 from -20 to 20; some are masked, some are equal. */
    @Provide
    Arbitrary<float[]> rows() {
        return Arbitraries.integers()
                .between(-1280, 1400)
                .map(i -> i > 1280 ? Float.NEGATIVE_INFINITY : i / 64f)
                .list()
                .ofMinSize(1)
                .ofMaxSize(60)
                .filter(list -> list.stream().anyMatch(z -> z > Float.NEGATIVE_INFINITY))
                .map(list -> {
                    float[] row = new float[list.size()];
                    for (int i = 0; i < row.length; i++) {
                        row[i] = list.get(i);
                    }
                    return row;
                });
    }

    @Property(seed = "1")
    void aWiderSettingKeepsMore(
            @ForAll("rows") float[] row,
            @ForAll @DoubleRange(max = 1) double a,
            @ForAll @DoubleRange(max = 1) double b,
            @ForAll @IntRange(max = 9) int which) {
        DoubleFunction<Filter> filter = GROWING.get(which);
        assertThat(set(kept(row, filter.apply(Math.max(a, b)))))
                .containsAll(set(kept(row, filter.apply(Math.min(a, b)))));
    }

    @Property(seed = "2")
    void aStricterSettingKeepsLess(
            @ForAll("rows") float[] row,
            @ForAll @DoubleRange(max = 1) double a,
            @ForAll @DoubleRange(max = 1) double b,
            @ForAll @IntRange(max = 3) int which) {
        DoubleFunction<Filter> filter = SHRINKING.get(which);
        assertThat(set(kept(row, filter.apply(Math.min(a, b)))))
                .containsAll(set(kept(row, filter.apply(Math.max(a, b)))));
    }

    @Property(seed = "3")
    void someCandidateStaysAndMostlyTheLikeliest(
            @ForAll("rows") float[] row,
            @ForAll @DoubleRange(max = 1) double setting,
            @ForAll @IntRange(max = 16) int which) {
        int[] kept = kept(row, filter(which, setting));
        assertThat(kept).isNotEmpty().isSorted().doesNotHaveDuplicates();
        assertThat(Arrays.stream(kept).filter(id -> row[id] == Float.NEGATIVE_INFINITY))
                .isEmpty();
        if (!MAY_REMOVE_THE_LIKELIEST.contains(which)) {
            double most = IntStream.range(0, row.length)
                    .mapToDouble(i -> row[i])
                    .max()
                    .orElseThrow();
            assertThat(Arrays.stream(kept).anyMatch(id -> row[id] == most)).isTrue();
        }
    }

    /** Where none are equal, which the ids would order. */
    @Property(seed = "4")
    void tokensMayChangePlaces(
            @ForAll("rows") float[] row,
            @ForAll @DoubleRange(max = 1) double setting,
            @ForAll @IntRange(max = 16) int which,
            @ForAll Random random) {
        float[] distinct = row.clone();
        for (int i = 0; i < row.length; i++) {
            distinct[i] += i / 8192f;
        }
        int[] places = IntStream.range(0, row.length).toArray();
        for (int i = places.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int place = places[i];
            places[i] = places[j];
            places[j] = place;
        }
        float[] moved = new float[row.length];
        for (int i = 0; i < row.length; i++) {
            moved[places[i]] = distinct[i];
        }
        Filter filter = filter(which, setting);
        int[] expected = Arrays.stream(kept(distinct, filter))
                .map(id -> places[id])
                .sorted()
                .toArray();
        assertThat(kept(moved, filter)).containsExactly(expected);
    }

    @Property(seed = "5")
    void addingTheSameToAllLogitsChangesNothing(
            @ForAll("rows") float[] row,
            @ForAll @DoubleRange(max = 1) double setting,
            @ForAll @IntRange(max = 16) int which,
            @ForAll @IntRange(min = -10_000, max = 10_000) int shift) {
        float[] shifted = row.clone();
        for (int i = 0; i < row.length; i++) {
            shifted[i] += shift;
        }
        Filter filter = filter(which, setting);
        assertThat(kept(shifted, filter)).containsExactly(kept(row, filter));
        assertThat(Filtering.probabilities(shifted, filter))
                .containsExactly(Filtering.probabilities(row, filter), within(1e-6));
    }

    @Property(seed = "6")
    void topPIsTheSmallestSetOfItsMass(@ForAll("rows") float[] row, @ForAll @DoubleRange(max = 1) double p) {
        FilterReference reference = new FilterReference(row, 1);
        int[] kept = kept(row, Filters.topP(p));
        double mass = Arrays.stream(kept).mapToDouble(reference::p).sum();
        double least = Arrays.stream(kept).mapToDouble(reference::p).min().orElseThrow();
        assertThat(mass).isGreaterThanOrEqualTo(p - 4e-6);
        if (kept.length > 1 && p < 1) {
            assertThat(mass - least).isLessThan(p + 4e-6);
        }
    }

    /** The other properties would hold of filters that do nothing. */
    @Property(seed = "7", tries = 50)
    void everyFilterRemovesSomething(@ForAll @IntRange(max = 13) int which) {
        float[] row = Filtering.random(60, true, true, 5);
        int before = kept(row).length;
        assertThat(kept(row, filter(which, 0.3))).hasSizeLessThan(before);
    }

    private static Filter filter(int which, double setting) {
        int n = GROWING.size();
        DoubleFunction<Filter> filter = which < n
                ? GROWING.get(which)
                : which < n + SHRINKING.size() ? SHRINKING.get(which - n) : OTHERS.get(which - n - SHRINKING.size());
        return filter.apply(setting);
    }

    private static Set<Integer> set(int[] ids) {
        Set<Integer> set = new HashSet<>();
        Arrays.stream(ids).forEach(set::add);
        return set;
    }
}

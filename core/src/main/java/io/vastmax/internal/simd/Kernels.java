package io.vastmax.internal.simd;

/**
 * The inner loops, unchecked: callers have checked every range.
 *
 * <p>Both implementations give the same bits on every machine. That rests on three rules:
 *
 * <ol>
 *   <li>multiplications that feed an addition are fused ({@code fma}) exactly where the scalar code says so;
 *   <li>a sum along a row runs over {@link #LANES} virtual lanes, whatever the width of the machine's registers: element
 *       {@code i} in lane {@code i % LANES}, the lanes folded in halves; then the elements beyond the last whole multiple
 *       of {@code LANES} are added one by one;
 *   <li>a sum across rows runs per column, in the order of the rows.
 * </ol>
 *
 * <p>NaN is ignored by the maxima and comes out of every sum. Thread safe: no state.
 */
public interface Kernels {
    /** Virtual lanes of a sum along a row. */
    int LANES = 16;

    /** Elements whose sum of exponentials is taken in single precision; the blocks are added up in double. */
    int BLOCK = 2048;

    /** Columns that the matrix kernels take at once: their column counts are multiples of it. */
    int PANEL = 32;

    /** {@code e^x} of each element, within 2 ulp; may work in place. */
    void exp(float[] x, int from, float[] out, int to, int length);

    /** {@code softplus(x) = log(1 + e^x)} of each element, within 4 ulp; may work in place. */
    void softplus(float[] x, int from, float[] out, int to, int length);

    /** {@code sigmoid(x) = 1 / (1 + e^-x)} of each element, within 4 ulp, 0 below -87.3; may work in place. */
    void sigmoid(float[] x, int from, float[] out, int to, int length);

    /**
     * {@code log(1 - x)} of each element between 0 and 1, {@code log(-x)} of a negative one, natural, within 3 ulp; x is a
     * normal number; may work in place. Of uniform numbers as {@link #signedUniforms} gives them it makes exponential ones,
     * {@code -E}, and of these {@code log E}, which is Gumbel noise with the sign turned.
     */
    void signedLog(float[] x, int from, float[] out, int to, int length);

    /**
     * Random numbers of ids: v strictly between 0 and 1, {@code (floor(bits / 2^12) + 1/2) / 2^52} of
     * {@code bits = Philox.bits(seed, step, row, first + ids_i)}. Given as v below one half, else as {@code v - 1}, so that
     * both ends are precise.
     */
    void signedUniforms(long seed, long step, int row, long first, int[] ids, float[] out, int length);

    /** The largest element that is not NaN, or {@code -inf}. */
    float max(float[] x, int from, int length);

    /**
     * {@code sum_i exp((x_i - max) * scale)}: each {@link #BLOCK} in {@link #LANES} lanes, the blocks in their order in
     * double precision; {@code max} is no less than any x.
     */
    double sumExp(float[] x, int from, int length, float max, float scale);

    /** {@code sum_i d_i exp(d_i)} with {@code d_i = (x_i - max) * scale}, as {@link #sumExp}; 0 where the exponential is 0. */
    double sumExpTimes(float[] x, int from, int length, float max, float scale);

    /**
     * The largest element of each virtual lane: {@code out[to + j] = max x_i} over {@code i % LANES == j}, {@code -inf} for
     * none.
     *
     * @return whether there is a NaN, which the maxima ignore
     */
    boolean laneMaxima(float[] x, int from, int length, float[] out, int to);

    /**
     * Copies the elements that are no less than {@code least}, in their order, and the ids {@code firstId + i} beside them.
     *
     * @param kept room for {@code length} elements from {@code to}, all of which may be overwritten; so of {@code ids}
     * @return how many
     */
    int collect(float[] x, int from, int length, float least, int firstId, float[] kept, int[] ids, int to);

    /**
     * Moves the pairs {@code (x_i, ids_i)} with {@code keys_i >= least} to the front, in their order.
     *
     * @param keys may be {@code x}; they stay where they are otherwise
     * @return how many
     */
    int keep(float[] keys, float least, float[] x, int[] ids, int length);

    /** {@code out_i = exp((x_i - max) * scale) * factor}; may work in place. */
    void scaledExp(float[] x, int from, float[] out, int to, int length, float max, float scale, float factor);

    /** {@code out_i = (x_i - max) * scale - shift}; may work in place. */
    void shiftedDifference(float[] x, int from, float[] out, int to, int length, float max, float scale, float shift);

    /** {@code sum_i x_i y_i}, in {@link #LANES} lanes. */
    float dot(float[] x, int xFrom, float[] y, int yFrom, int length);

    /** {@code out_r = <row r of the matrix, y>}: {@link #dot} for rows of {@code width} elements that follow each other. */
    void dotRows(float[] matrix, int from, int width, int rows, float[] y, int yFrom, float[] out, int to);

    /** {@code sum_i x_i}, in {@link #LANES} lanes. */
    float sum(float[] x, int from, int length);

    /** {@code sum_i x_i^2} in double precision, in {@link #LANES} lanes. */
    double squaredNorm(float[] x, int from, int length);

    /** {@code y_i = fma(a, x_i, y_i)}. */
    void addScaled(float a, float[] x, int from, float[] y, int to, int length);

    /**
     * {@code C += A B}, every element a chain of fused multiply-adds in the order of {@code k}:
     *
     * <p>{@code c[cFrom + i cRow + j] += sum_k a[aFrom + i aRow + k aStep] * b[bFrom + k bRow + j]} for {@code i < rows},
     * {@code j < columns}, {@code k < depth}. A may lie either way round ({@code aRow}, {@code aStep}); B and C are
     * row-major. {@code columns} is a multiple of {@link #PANEL}. A and B are best kept within the second-level cache,
     * and {@code bRow} an odd multiple of {@link #PANEL}, so that the rows of a panel do not fall on each other in the
     * first-level cache.
     */
    void multiplyAdd(
            int rows,
            int columns,
            int depth,
            float[] a,
            int aFrom,
            int aRow,
            int aStep,
            float[] b,
            int bFrom,
            int bRow,
            float[] c,
            int cFrom,
            int cRow);

    /**
     * Adds a tile of logits to a running log-sum-exp a column: {@code (max_j, sum_j) + z[., j]} for the {@link #PANEL}
     * columns from {@code from}.
     *
     * @param z row-major, {@code row} elements from one row to the next
     * @param max the running maxima, {@code PANEL} of them from {@code at}; {@code -inf} to begin with
     * @param sum the running sums of {@code exp(z - max)}, likewise; 0 to begin with
     */
    void columnLogSumExp(float[] z, int from, int row, int rows, float[] max, float[] sum, int at);

    /** {@code sum_j += sum_i softplus(z_ij)} for {@link #PANEL} columns, {@code PANEL} sums from {@code at}: even and odd rows apart. */
    void columnSoftplus(float[] z, int from, int row, int rows, float[] sum, int at);

    /** {@code z_ij = sigmoid(z_ij) * factor_j} in place, for {@link #PANEL} columns. */
    void columnSigmoid(float[] z, int from, int row, int rows, float[] factor, int at);

    /** {@code z_ij = exp(z_ij - shift_j) * factor_j} in place, for {@link #PANEL} columns; no shift is below its column. */
    void columnExp(float[] z, int from, int row, int rows, float[] shift, float[] factor, int at);

    /**
     * {@code sum_j += sum_i weight_i z_ij} for {@link #PANEL} columns: from zero in the order of the rows, then added.
     *
     * @param weight a number for each row, from {@code weightFrom}
     */
    void columnWeightedSum(float[] z, int from, int row, int rows, float[] weight, int weightFrom, float[] sum, int at);

    /** {@code z_ij = exp(z_ij - shift_j) * factor_j - weight_i * less_j} in place: {@link #columnExp}, and less. */
    void columnExpLess(
            float[] z,
            int from,
            int row,
            int rows,
            float[] shift,
            float[] factor,
            int at,
            float[] weight,
            int weightFrom,
            float[] less);

    /** {@code z_ij *= factor_i} in place, for {@link #PANEL} columns and a factor for each row. */
    void scaleRows(float[] z, int from, int row, int rows, float[] factor, int factorFrom);

    /** {@code sum_j += sum_i z_ij^2} for {@link #PANEL} columns: from zero in the order of the rows, then added. */
    void columnSquares(float[] z, int from, int row, int rows, float[] sum, int at);

    /** {@code z_ij *= factor_j} in place, for {@link #PANEL} columns and a factor for each. */
    void scaleColumns(float[] z, int from, int row, int rows, float[] factor, int at);

    /** {@code x_i *= a}. */
    void scale(float a, float[] x, int from, int length);

    /** {@code x_i = scale * tanh(x_i * inverse)}, tanh within 4 ulp; {@code -inf}, a mask, stays. */
    void softCap(float[] x, int from, int length, float inverse, float scale);

    /** {@code g_i *= slope * (1 - (a_i * inverse)^2)}: the derivative of {@link #softCap} where it gave {@code a}; 0 of a mask. */
    void softCapSlope(float[] a, int aFrom, float[] g, int gFrom, int length, float inverse, float slope);
}

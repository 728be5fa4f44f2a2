package io.vastmax;

import io.vastmax.internal.simd.Simd;
import java.util.Objects;

/** The gradient of one parameter: {@link Dense} or {@link ByRow}. Not thread safe. */
public sealed interface Gradient {
    /** The parameter. */
    Parameter parameter();

    /** Back to zero. */
    void clear();

    /**
     * Adds to the gradient of one row.
     *
     * @param row a row of the parameter
     * @param factor what the values are multiplied with first
     * @param values what is added, as many numbers as the parameter has columns, from {@code from}
     * @throws IndexOutOfBoundsException if the parameter has no such row, or {@code values} ends before
     */
    void addToRow(int row, float factor, float[] values, int from);

    /** The sum of squares, in double precision, in a fixed order. */
    double squaredNorm(Workspace workspace);

    /** Multiplies it. */
    void scale(float factor);

    /** A gradient with an element for each of the parameter's. */
    final class Dense implements Gradient {
        private static final int BLOCK = 1 << 16;

        private final Parameter parameter;
        private final Matrix value;

        Dense(Parameter parameter) {
            this.parameter = parameter;
            this.value =
                    Matrix.zeros(parameter.value().rows(), parameter.value().columns());
        }

        @Override
        public Parameter parameter() {
            return parameter;
        }

        /** The gradient itself, of the parameter's shape. */
        public Matrix value() {
            return value;
        }

        @Override
        public void clear() {
            value.fill(0);
        }

        @Override
        public void scale(float factor) {
            float[] array = value.array();
            for (int i = 0; i < array.length; i++) {
                array[i] *= factor;
            }
        }

        /** Adds another gradient of the same parameter. */
        void add(Matrix other) {
            Simd.kernels().addScaled(1, other.array(), 0, value.array(), 0, other.array().length);
        }

        @Override
        public void addToRow(int row, float factor, float[] values, int from) {
            int columns = value.columns();
            Objects.checkFromIndexSize(from, columns, values.length);
            int to = Objects.checkIndex(row, value.rows()) * columns;
            Simd.kernels().addScaled(factor, values, from, value.array(), to, columns);
        }

        @Override
        public double squaredNorm(Workspace workspace) {
            float[] array = value.array();
            double[] blocks = new double[Math.ceilDiv(array.length, BLOCK)];
            workspace.run(blocks.length, (i, worker) -> {
                int from = i * BLOCK;
                blocks[i] = Simd.kernels().squaredNorm(array, from, Math.min(BLOCK, array.length - from));
            });
            double sum = 0;
            for (double block : blocks) {
                sum += block;
            }
            return sum;
        }
    }

    /** A gradient that is zero but for some rows. */
    final class ByRow implements Gradient {
        private static final int MOST = Integer.MAX_VALUE - 8;

        private final Parameter parameter;
        private final RowIndex index = new RowIndex();
        private float[] values = new float[0];

        ByRow(Parameter parameter) {
            this.parameter = parameter;
        }

        @Override
        public Parameter parameter() {
            return parameter;
        }

        /**
         * Where the gradient of a row begins in {@link #values()}; zeros are added for a row that is new. It may move
         * {@code values()}.
         *
         * @throws IndexOutOfBoundsException if the parameter has no such row
         */
        public int offset(int row) {
            return slot(row) * parameter.value().columns();
        }

        /**
         * The place of a row among {@link #row}; zeros are added for a row that is new. It may move {@code values()}.
         *
         * @throws IndexOutOfBoundsException if the parameter has no such row
         */
        public int slot(int row) {
            int slot = index.slot(Objects.checkIndex(row, parameter.value().rows()));
            int needed = Math.multiplyExact(slot + 1, parameter.value().columns());
            if (needed > values.length) {
                values = java.util.Arrays.copyOf(values, (int) Math.max(needed, Math.min(2L * values.length, MOST)));
            }
            return slot;
        }

        /** The number of rows that are not zero. */
        public int size() {
            return index.size();
        }

        /** The i-th of these rows, in the order in which they came. */
        public int row(int i) {
            return index.row(i);
        }

        /** The values: row {@code row(i)} lies at {@code i * columns}. */
        public float[] values() {
            return values;
        }

        @Override
        public void addToRow(int row, float factor, float[] values, int from) {
            int columns = parameter.value().columns();
            Objects.checkFromIndexSize(from, columns, values.length);
            int to = offset(row);
            Simd.kernels().addScaled(factor, values, from, this.values, to, columns);
        }

        @Override
        public void clear() {
            java.util.Arrays.fill(values, 0, size() * parameter.value().columns(), 0f);
            index.clear();
        }

        @Override
        public void scale(float factor) {
            for (int i = 0; i < size() * parameter.value().columns(); i++) {
                values[i] *= factor;
            }
        }

        /** Adds another gradient of the same parameter. */
        void add(ByRow other) {
            int columns = parameter.value().columns();
            for (int i = 0; i < other.size(); i++) {
                addToRow(other.row(i), 1, other.values, i * columns);
            }
        }

        @Override
        public double squaredNorm(Workspace workspace) {
            int columns = parameter.value().columns();
            double sum = 0;
            for (int i = 0; i < size(); i++) {
                sum += Simd.kernels().squaredNorm(values, i * columns, columns);
            }
            return sum;
        }
    }
}

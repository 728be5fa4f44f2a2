package io.vastmax.sampling;

import static io.vastmax.sampling.Filters.topP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vastmax.Matrix;
import io.vastmax.sampling.Logits.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same numbers give the same tokens wherever they lie, and stay as they are. */
class LogitsTest {
    /** Numbers that bfloat16 and binary16 hold exactly: multiples of 1/8 below 16. */
    private static float[] exact(int length) {
        SplittableRandom random = new SplittableRandom(length);
        float[] logits = new float[length];
        for (int i = 0; i < length; i++) {
            logits[i] = random.nextInt(11) == 0 ? Float.NEGATIVE_INFINITY : random.nextInt(-127, 128) / 8f;
        }
        logits[length / 2] = 3;
        return logits;
    }

    static Stream<Logits> places() {
        return Stream.of(1, 7, 1024, 1025, 5000).flatMap(LogitsTest::places);
    }

    private static Stream<Logits> places(int length) {
        float[] logits = exact(length);
        float[] shifted = new float[length + 9];
        System.arraycopy(logits, 0, shifted, 5, length);
        ByteBuffer big = ByteBuffer.allocateDirect(4 * length + 8).order(ByteOrder.BIG_ENDIAN);
        FloatBuffer floats = big.asFloatBuffer().position(2).put(logits).position(2);
        short[] halves = new short[length + 3];
        short[] brains = new short[length];
        for (int i = 0; i < length; i++) {
            halves[i + 3] = Float.floatToFloat16(logits[i]);
            brains[i] = (short) (Float.floatToRawIntBits(logits[i]) >>> 16);
        }
        MemorySegment native32 = Arena.ofAuto().allocate(4L * length, 4);
        MemorySegment.copy(logits, 0, native32, ValueLayout.JAVA_FLOAT, 0, length);
        return Stream.of(
                Logits.of(shifted, 5, length),
                Logits.row(Matrix.wrap(1, length, logits), 0),
                Logits.of(FloatBuffer.wrap(shifted, 5, length)),
                Logits.of(FloatBuffer.wrap(shifted, 5, length).slice().asReadOnlyBuffer()),
                Logits.of(floats),
                Logits.of(native32, Format.FLOAT32),
                Logits.of(halves, 3, length, Format.FLOAT16),
                Logits.of(brains, 0, length, Format.BFLOAT16),
                Logits.of(ShortBuffer.wrap(halves).position(3), Format.FLOAT16),
                Logits.of(MemorySegment.ofArray(brains), Format.BFLOAT16));
    }

    @ParameterizedTest
    @MethodSource("places")
    void givesTheSameTokensAnywhere(Logits logits) {
        float[] plain = exact(logits.size());
        Chain chain = Chain.of(
                topP(0.9), (candidates, step) -> candidates.change((id, logit) -> logit + (id % 3)), topP(0.8));
        Sampler expected = chain.sampler(1);
        Sampler actual = chain.sampler(1);
        for (int i = 0; i < 20; i++) {
            assertThat(actual.sample(logits)).isEqualTo(expected.sample(plain));
        }
        Sampler changedFirst = new Chain(chain.filters().subList(1, 3), Selectors.categorical()).sampler(2);
        Sampler again = new Chain(chain.filters().subList(1, 3), Selectors.categorical()).sampler(2);
        assertThat(changedFirst.sample(logits)).isEqualTo(again.sample(plain));
        assertThat(plain).isEqualTo(exact(plain.length));
        for (int id = 0; id < plain.length; id++) {
            assertThat(logits.get(id)).isEqualTo(plain[id]);
        }
    }

    @Test
    void overwritesOnlyWhereAllowed() {
        Chain chain = Chain.of((candidates, step) -> candidates.change((id, logit) -> logit + 1));
        float[] logits = {1, 2, Float.NEGATIVE_INFINITY};
        chain.sampler(1).sample(logits);
        chain.sampler(1).sample(Logits.of(logits));
        chain.sampler(1).sampleScored(Logits.of(logits).overwritable(), 1);
        assertThat(logits).containsExactly(1, 2, Float.NEGATIVE_INFINITY);
        chain.sampler(1).sample(Logits.of(logits).overwritable());
        assertThat(logits).containsExactly(2, 3, Float.NEGATIVE_INFINITY);
    }

    @Test
    void aCopyKeepsItsNumbers() {
        float[] plain = exact(3000);
        float[] array = plain.clone();
        MemorySegment halves = MemorySegment.ofArray(new short[3000]);
        for (int id = 0; id < plain.length; id++) {
            halves.setAtIndex(ValueLayout.JAVA_SHORT, id, Float.floatToFloat16(plain[id]));
        }
        FloatBuffer direct = ByteBuffer.allocateDirect(4 * 3000)
                .order(ByteOrder.BIG_ENDIAN)
                .asFloatBuffer()
                .put(plain)
                .flip();
        Logits part = Logits.of(array, 1000, 1500).overwritable().copy();
        Logits half = Logits.of(halves, Format.FLOAT16).copy();
        Logits buffer = Logits.of(direct).copy();
        array[1000]++;
        halves.fill((byte) 0);
        direct.put(0, 99);
        assertThat(part.size()).isEqualTo(1500);
        assertThat(part.isOverwritable()).isFalse();
        for (int id = 0; id < plain.length; id++) {
            assertThat(half.get(id)).isEqualTo(plain[id]);
            assertThat(buffer.get(id)).isEqualTo(plain[id]);
            assertThat(part.get(id / 2)).isEqualTo(plain[1000 + id / 2]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 1023, 1024, 2999})
    void refusesWhatIsNoLogitByIndex(int at) {
        for (float bad :
                new float[] {Float.NaN, -Float.NaN, Float.intBitsToFloat(0xffc00001), Float.POSITIVE_INFINITY}) {
            float[] logits = new float[3000];
            logits[at] = bad;
            assertThatThrownBy(() -> Chain.of().sampler(1).sample(logits))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("logits[" + at + "] = " + bad + ": must be finite, or -inf for a token that is masked");
        }
    }

    @Test
    void refusesWhatCannotBeChosenFrom() {
        Sampler sampler = Chain.of().sampler(1);
        float none = Float.NEGATIVE_INFINITY;
        assertThatThrownBy(() -> sampler.sample(none, none))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("logits: all 2 are -inf, masked; one must be finite");
        assertThatThrownBy(() -> sampler.sample(new float[0])).hasMessageContaining("logits hold 0 numbers");
        assertThatThrownBy(() -> Logits.of(new float[0])).hasMessageContaining("logits hold 0 numbers");
        assertThatThrownBy(() -> Logits.of(MemorySegment.ofArray(new byte[7]), Format.FLOAT16))
                .hasMessage("logits have 7 bytes: must be a multiple of 2, the size of a FLOAT16");
        assertThatThrownBy(() -> Logits.of(new short[4], 0, 4, Format.FLOAT32))
                .hasMessage("format = FLOAT32: must be of 16 bits");
        assertThat(sampler.history().length()).isZero();
    }
}

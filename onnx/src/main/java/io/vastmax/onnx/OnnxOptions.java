package io.vastmax.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How a language model is opened, where its files and the session's metadata do not say it. Immutable.
 *
 * @param maxLength the most tokens of a sequence; empty: what the configuration files beside the model say, else no limit
 * @param states the output of each input that is a state, by name; of those that are not named here the names decide
 * @param padding whether sequences of different lengths may be padded to run as one batch, where the model takes an attention
 *     mask and positions
 * @param setup what else the session needs, such as threads or an execution provider
 */
public record OnnxOptions(OptionalInt maxLength, Map<String, String> states, boolean padding, SessionSetup setup) {
    /** What fits most models. */
    public static final OnnxOptions DEFAULT = new OnnxOptions(OptionalInt.empty(), Map.of(), true, options -> {});

    /** Sets options of ONNX Runtime's. */
    @FunctionalInterface
    public interface SessionSetup {
        /** Sets what a session is made with. */
        void apply(SessionOptions options) throws OrtException;
    }

    /** Checks the values and copies the map. */
    public OnnxOptions {
        if (maxLength.isPresent() && maxLength.getAsInt() < 2) {
            throw new IllegalArgumentException("maxLength = " + maxLength.getAsInt() + ": must be at least 2");
        }
        states = Map.copyOf(states);
    }

    /** The same for sequences of so many tokens. */
    public OnnxOptions withMaxLength(int tokens) {
        return new OnnxOptions(OptionalInt.of(tokens), states, padding, setup);
    }

    /** The same with another state: what the output gives in one step, the input takes in the next. */
    public OnnxOptions withState(String input, String output) {
        Map<String, String> more = new HashMap<>(states);
        more.put(input, output);
        return new OnnxOptions(maxLength, more, padding, setup);
    }

    /** The same without padding: sequences of different lengths run one by one. */
    public OnnxOptions withoutPadding() {
        return new OnnxOptions(maxLength, states, false, setup);
    }

    /** The same with sessions of so many threads. */
    public OnnxOptions withThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads = " + threads + ": must be at least 1");
        }
        return withSetup(options -> options.setIntraOpNumThreads(threads));
    }

    /** The same with other options of ONNX Runtime's, after those that were set before. */
    public OnnxOptions withSetup(SessionSetup more) {
        SessionSetup before = setup;
        return new OnnxOptions(maxLength, states, padding, options -> {
            before.apply(options);
            more.apply(options);
        });
    }
}

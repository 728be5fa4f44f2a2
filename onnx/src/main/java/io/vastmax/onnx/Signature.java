package io.vastmax.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder model takes and gives, as its session's metadata say.
 *
 * @param ids the tokens, {@code [B, T]}
 * @param mask which tokens, past and present, are none of padding, {@code [B, past + T]}; or null
 * @param positions of the tokens in their sequences, {@code [B, T]}; or null
 * @param useCache whether there is a past; or null
 * @param keep of how many of the last tokens the logits are wanted; or null
 * @param logits {@code [B, T, V]}, or of the last token alone
 * @param states what goes from step to step; none if the model sees whole sequences each time
 */
record Signature(
        Port ids,
        @Nullable Port mask,
        @Nullable Port positions,
        @Nullable Port useCache,
        @Nullable Port keep,
        Port logits,
        List<State> states) {
    private static final String IDS = "input_ids";
    private static final String LOGITS = "logits";

    /** Of so many inputs or outputs an error says what they are. */
    private static final int LISTED = 8;

    private static final Set<OnnxJavaType> INTEGERS = Set.of(OnnxJavaType.INT64, OnnxJavaType.INT32);
    private static final Set<OnnxJavaType> MASKS =
            Set.of(OnnxJavaType.INT64, OnnxJavaType.INT32, OnnxJavaType.BOOL, OnnxJavaType.FLOAT);
    private static final Set<OnnxJavaType> FLOATS =
            Set.of(OnnxJavaType.FLOAT, OnnxJavaType.FLOAT16, OnnxJavaType.BFLOAT16, OnnxJavaType.DOUBLE);

    /**
     * An input or an output.
     *
     * @param name in the model
     * @param info its type and shape
     */
    record Port(String name, TensorInfo info) {
        OnnxJavaType type() {
            return info.type;
        }

        private static String typeName(OnnxJavaType type) {
            return type.toString().toLowerCase(Locale.ROOT);
        }

        /** A dimension; -1 if the caller chooses it. */
        long dimension(int axis) {
            return info.getShape()[axis];
        }

        int rank() {
            return info.getShape().length;
        }

        @Override
        public String toString() {
            return name + " " + typeName(info.type) + State.describe(info);
        }
    }

    /**
     * Reads the metadata of a session.
     *
     * @throws IllegalArgumentException if this is no model that a decoding can run; says why
     */
    static Signature of(OrtSession session, Names names) throws OrtException {
        Map<String, Port> inputs = ports(session.getInputInfo());
        Map<String, Port> outputs = ports(session.getOutputInfo());
        names.states().forEach((input, output) -> {
            require("input", input, inputs);
            require("output", output, outputs);
            if (input.equals(output)) {
                throw new IllegalArgumentException("The state " + input + " is an output too: no step changes it");
            }
        });
        Map<String, String> states = states(inputs.keySet(), outputs.keySet(), names);
        Map<String, Port> roles = new LinkedHashMap<>(inputs);
        roles.keySet().removeAll(states.keySet());
        Map<String, Port> results = new LinkedHashMap<>(outputs);
        results.keySet().removeAll(states.values());

        Port mask = take("attention_mask", roles, names);
        Port positions = take("position_ids", roles, names);
        Port useCache = take("use_cache_branch", roles, names);
        Port oldKeep = take("num_logits_to_keep", roles, names);
        Port keep = oldKeep == null ? take("logits_to_keep", roles, names) : oldKeep;
        Port ids = ids(roles, inputs, names);
        check(mask, 2, MASKS);
        check(positions, 2, INTEGERS);
        check(useCache, 1, MASKS);
        check(keep, 1, INTEGERS);
        if (!roles.isEmpty()) {
            throw new IllegalArgumentException("The model has inputs that are not known: " + list(roles)
                    + ". An input that is a state has an output of the same name (past_x, present_x), or must be given as"
                    + " IN=OUT; the outputs are " + list(outputs));
        }
        Port logits = logits(results, outputs, names);
        boolean batches = ids.dimension(0) < 0;
        List<State> all = new ArrayList<>();
        states.forEach((input, output) ->
                all.add(State.of(require("input", input, inputs), require("output", output, outputs), batches)));
        checkFree(ids, mask, !all.isEmpty());
        return new Signature(ids, mask, positions, useCache, keep, logits, List.copyOf(all));
    }

    private static Map<String, Port> ports(Map<String, NodeInfo> nodes) {
        Map<String, Port> ports = new LinkedHashMap<>();
        nodes.forEach((name, node) -> {
            if (!(node.getInfo() instanceof TensorInfo info)) {
                throw new IllegalArgumentException(name + " is no tensor: " + node.getInfo());
            }
            ports.put(name, new Port(name, info));
        });
        return ports;
    }

    /** As in {@code "[past_h float[1, batch, 8], past_c float[1, batch, 8]]"}, without the most of a large model's. */
    private static String list(Map<String, Port> ports) {
        String first = ports.values().stream().limit(LISTED).map(Port::toString).collect(Collectors.joining(", "));
        int more = ports.size() - LISTED;
        return "[" + first + (more > 0 ? ", and " + more + " more]" : "]");
    }

    private static Port require(String kind, String name, Map<String, Port> ports) {
        Port port = ports.get(name);
        if (port == null) {
            throw new IllegalArgumentException(
                    "The model has no " + kind + " " + name + ": its " + kind + "s are " + list(ports));
        }
        return port;
    }

    /** The output of each input that is a state: as was said, or by their names. */
    private static Map<String, String> states(Set<String> inputs, Set<String> outputs, Names names) {
        Map<String, String> said = new HashMap<>(names.layers());
        said.entrySet().removeIf(state -> !inputs.contains(state.getKey()) || !outputs.contains(state.getValue()));
        said.putAll(names.states());
        Map<String, String> byStem = new LinkedHashMap<>();
        for (String output : outputs) {
            if (!said.containsValue(output) && !output.equals(names.of(LOGITS)) && !inputs.contains(output)) {
                byStem.put(stem(output), output);
            }
        }
        Map<String, String> states = new LinkedHashMap<>();
        for (String input : inputs) {
            String output = said.getOrDefault(input, byStem.get(stem(input)));
            if (output != null) {
                states.put(input, output);
            }
        }
        return states;
    }

    /** What is left of a name without the words that tell an input state from an output state. */
    static String stem(String name) {
        return name.replaceFirst("^(past_key_values|present_key_values|past|present)[._/]?", "");
    }

    private static @Nullable Port take(String usual, Map<String, Port> ports, Names names) {
        return ports.remove(names.of(usual));
    }

    /** Refuses an input that is not fed as it wants to be; a rank of 0 says none. */
    private static void check(@Nullable Port port, int most, Set<OnnxJavaType> types) {
        if (port == null) {
            return;
        }
        boolean fits = most == 1 ? port.rank() <= 1 : port.rank() == 0 || port.rank() == most;
        if (!fits || !types.contains(port.type())) {
            List<String> names = types.stream().map(Port::typeName).sorted().toList();
            throw new IllegalArgumentException("The input " + port + " cannot be fed: must be "
                    + (most == 1 ? "one number" : "[batch, sequence]") + " of one of the types " + names);
        }
    }

    /** Refuses sizes that would have to be filled up. */
    private static void checkFree(Port ids, @Nullable Port mask, boolean states) {
        if (ids.dimension(0) > 1) {
            throw new IllegalArgumentException("The input " + ids + " takes " + ids.dimension(0)
                    + " sequences, neither more nor fewer: must take one, or any number");
        }
        if (ids.dimension(1) > 1 || (ids.dimension(1) == 1 && !states)) {
            throw new IllegalArgumentException("The input " + ids + " takes " + ids.dimension(1)
                    + " tokens at once, neither more nor fewer: must take any number, or one and states");
        }
        if (mask != null && mask.rank() == 2 && mask.dimension(1) >= 0) {
            throw new IllegalArgumentException("The input " + mask + " is of fixed size: must have a column for each"
                    + " token so far. Caches of fixed size cannot be run");
        }
    }

    private static Port ids(Map<String, Port> roles, Map<String, Port> inputs, Names names) {
        Port ids = take(IDS, roles, names);
        if (ids == null && roles.size() == 1) {
            ids = roles.remove(roles.keySet().iterator().next());
        }
        if (ids == null || !INTEGERS.contains(ids.type()) || ids.rank() != 2) {
            throw new IllegalArgumentException("The model takes no token ids: no input " + names.of(IDS)
                    + " of integers [batch, sequence]. Its inputs are " + list(inputs));
        }
        return ids;
    }

    private static Port logits(Map<String, Port> results, Map<String, Port> outputs, Names names) {
        Port logits = results.get(names.of(LOGITS));
        if (logits == null) {
            List<Port> possible = results.values().stream()
                    .filter(port -> FLOATS.contains(port.type()) && (port.rank() == 2 || port.rank() == 3))
                    .toList();
            if (possible.size() != 1) {
                throw new IllegalArgumentException("The model has no output " + names.of(LOGITS)
                        + ", and no other that must be the logits. Its outputs are " + list(outputs));
            }
            logits = possible.getFirst();
        }
        if (!FLOATS.contains(logits.type()) || (logits.rank() != 2 && logits.rank() != 3)) {
            throw new IllegalArgumentException(
                    "The model's output " + logits + " is no logits: must be floats [batch, sequence, vocabulary]");
        }
        return logits;
    }

    /** The outputs that go from step to step. */
    Set<String> presents() {
        Set<String> presents = new LinkedHashSet<>();
        states.forEach(state -> presents.add(state.output()));
        return presents;
    }

    /** Whether it has a state of fixed size, from which no token can be taken back. */
    boolean recurs() {
        return states.stream().anyMatch(state -> !state.grows());
    }

    /** Whether anything depends on the columns of tokens before. */
    boolean countsColumns() {
        return states.stream().anyMatch(State::grows) || (!states.isEmpty() && (mask != null || positions != null));
    }

    /** Whether sequences can be padded: the model is told which tokens are none, and which position each has. */
    boolean pads() {
        return mask != null && positions != null && !recurs();
    }
}

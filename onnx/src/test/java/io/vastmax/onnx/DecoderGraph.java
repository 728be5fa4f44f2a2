package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.onnx.Graph.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A decoder-only transformer of random weights, as the world exports them: learned positions, layers of causal attention and
 * a feed-forward net with the norm before each, a norm, a head. Its next token depends on all tokens before it and on where
 * they stand. Immutable.
 */
public final class DecoderGraph {
    /** What sets a model apart from what Optimum exports: ids of 64 bits, floats of 32, a mask, positions, a cache. */
    public enum Trait {
        /** ONNX Runtime GenAI's names: {@code past_N} and {@code present_N}, [2, batch, heads, past, size]. */
        GENAI,
        /** Names that only {@code genai_config.json} tells. */
        OWN_NAMES,
        /** No input {@code attention_mask}. */
        NO_MASK,
        /** No input {@code position_ids}: the positions follow those of the cache. */
        NO_POSITIONS,
        /** No cache: each run reads the whole text. */
        NO_CACHE,
        /** An input {@code use_cache_branch}; where it is false, the cache is ignored. */
        CACHE_BRANCH,
        /** Ids, mask and positions of 32 bits. */
        INT32,
        /** A cache of 16-bit floats. */
        HALF_CACHE,
        /** Logits of 16-bit floats. */
        HALF_LOGITS,
        /** Logits of the last position only. */
        LAST_LOGITS,
        /** Logits of the last {@code num_logits_to_keep} positions, an input; 0 is all. */
        KEPT_LOGITS,
        /** The head is the embedding, transposed. */
        TIED,
        /** ONNX Runtime's operator GroupQueryAttention, which allows no padding on the left. */
        GROUP_QUERY_OPERATOR,
        /** An input that no decoder has. */
        FOREIGN_INPUT
    }

    /**
     * The sizes of a model.
     *
     * @param heads of the queries
     * @param kvHeads of keys and values: a divisor of {@code heads}
     * @param headSize numbers of a head; the width is {@code heads} times it
     * @param positions the longest text
     */
    public record Sizes(int layers, int heads, int kvHeads, int headSize, int vocabulary, int positions) {
        /** A model that takes no time. */
        public static final Sizes SMALL = new Sizes(2, 4, 4, 8, 50, 64);

        /** d. */
        public int width() {
            return heads * headSize;
        }

        /** With grouped queries. */
        public Sizes withKvHeads(int fewer) {
            return new Sizes(layers, heads, fewer, headSize, vocabulary, positions);
        }
    }

    private static final String BATCH = "batch_size";
    private static final String LENGTH = "sequence_length";
    private static final String PAST = "past_sequence_length";
    private static final String TOTAL = "past_sequence_length + sequence_length";

    private final Sizes sizes;
    private final long seed;
    private final Set<Trait> traits;
    private final Map<String, Weights> weights = new LinkedHashMap<>();

    private DecoderGraph(Sizes sizes, long seed, Set<Trait> traits) {
        this.sizes = sizes;
        this.seed = seed;
        this.traits = traits;
        int d = sizes.width();
        int kv = sizes.kvHeads() * sizes.headSize();
        double unit = 1 / Math.sqrt(d);
        draw("embedding", 0, has(Trait.TIED) ? 2 * unit : 1, sizes.vocabulary(), d);
        draw("positions", 0, has(Trait.TIED) ? 2 * unit : 1, sizes.positions(), d);
        for (int layer = 0; layer < sizes.layers(); layer++) {
            norm(layer + ".attention");
            draw(layer + ".query", 0, 2 * unit, d, d);
            draw(layer + ".key", 0, unit, d, kv);
            draw(layer + ".value", 0, unit, d, kv);
            draw(layer + ".out", 0, 1.5 * unit, d, d);
            norm(layer + ".feed");
            draw(layer + ".up", 0, 2 * unit, d, 4L * d);
            draw(layer + ".down", 0, unit, 4L * d, d);
        }
        norm("last");
        if (!has(Trait.TIED)) {
            draw("head", 0, 2 * unit, d, sizes.vocabulary());
        }
    }

    /** A model with weights of a seed. */
    public static DecoderGraph of(Sizes sizes, long seed, Trait... traits) {
        Set<Trait> set = EnumSet.noneOf(Trait.class);
        Collections.addAll(set, traits);
        return new DecoderGraph(sizes, seed, Collections.unmodifiableSet(set));
    }

    private void norm(String name) {
        draw(name + ".scale", 1, 0.2, sizes.width());
        draw(name + ".shift", 0, 0.2, sizes.width());
    }

    /** Numbers of a mean and a standard deviation. */
    private void draw(String name, double mean, double deviation, long... shape) {
        SplittableRandom random = new SplittableRandom(seed * 31 + name.hashCode());
        float[] numbers = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
        double half = deviation * Math.sqrt(3);
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (mean + half * (2 * random.nextDouble() - 1));
        }
        weights.put(name, Weights.of(name, numbers, shape));
    }

    /** Its sizes. */
    public Sizes sizes() {
        return sizes;
    }

    /** Whether it has a trait. */
    public boolean has(Trait trait) {
        return traits.contains(trait);
    }

    /** Parameters by their name. */
    float[] numbers(String name) {
        return weights(name).parts().get().getFirst().array();
    }

    private Weights weights(String name) {
        Weights found = weights.get(name);
        if (found == null) {
            throw new IllegalArgumentException(name);
        }
        return found;
    }

    /** The logits that follow each of the tokens, computed without ONNX, in double precision. */
    public double[][] logits(int... tokens) {
        return new DecoderReference(this).logits(tokens);
    }

    /** As in {@code "[INT32, HALF_CACHE] 4/2"}. */
    @Override
    public String toString() {
        return traits + " " + sizes.heads() + "/" + sizes.kvHeads();
    }

    /** The model. */
    public OnnxModel model() {
        return new Making().model();
    }

    /**
     * Writes {@code model.onnx} and the JSON file that is beside it: {@code genai_config.json} where the names are GenAI's or
     * the model's own, else {@code config.json}.
     *
     * @return the model
     */
    public Path write(Path folder) throws IOException {
        Path file = folder.resolve("model.onnx");
        model().write(file);
        ObjectMapper json = new ObjectMapper();
        ObjectNode config = json.createObjectNode();
        if (!has(Trait.GENAI) && !has(Trait.OWN_NAMES)) {
            config.put("model_type", "gpt2").put("vocab_size", sizes.vocabulary());
            config.put("n_positions", sizes.positions()).put("bos_token_id", 0).put("eos_token_id", 0);
            Files.writeString(folder.resolve("config.json"), config.toPrettyString());
            return file;
        }
        ObjectNode model = config.putObject("model");
        model.put("type", "gpt2").put("vocab_size", sizes.vocabulary());
        model.put("context_length", sizes.positions()).put("bos_token_id", 0).put("eos_token_id", 0);
        ObjectNode decoder = model.putObject("decoder");
        decoder.put("filename", "model.onnx").put("head_size", sizes.headSize());
        decoder.put("hidden_size", sizes.width()).put("num_attention_heads", sizes.heads());
        decoder.put("num_hidden_layers", sizes.layers()).put("num_key_value_heads", sizes.kvHeads());
        ObjectNode in = decoder.putObject("inputs");
        ObjectNode out = decoder.putObject("outputs");
        for (String input : List.of("input_ids", "attention_mask", "position_ids")) {
            in.put(input, name(input));
        }
        out.put("logits", name("logits"));
        if (has(Trait.GENAI)) {
            in.put("past_names", "past_%d");
            out.put("present_names", "present_%d");
        } else {
            in.put("past_key_names", "keys_before_%d").put("past_value_names", "values_before_%d");
            out.put("present_key_names", "keys_after_%d").put("present_value_names", "values_after_%d");
        }
        Files.writeString(folder.resolve("genai_config.json"), config.toPrettyString());
        return file;
    }

    /** What an input or output is called here. */
    private String name(String usual) {
        if (!has(Trait.OWN_NAMES)) {
            return usual;
        }
        return switch (usual) {
            case "input_ids" -> "tokens";
            case "attention_mask" -> "seen";
            case "position_ids" -> "places";
            default -> "scores";
        };
    }

    /** The graph in the making. */
    private final class Making {
        private final Graph graph = new Graph("decoder");
        private final DataType integer = has(Trait.INT32) ? DataType.INT32 : DataType.INT64;
        private final DataType cache = has(Trait.HALF_CACHE) ? DataType.FLOAT16 : DataType.FLOAT;
        private final Value ids = graph.input(name("input_ids"), integer, BATCH, LENGTH);
        private final Value mask =
                has(Trait.NO_MASK) ? Value.NONE : graph.input(name("attention_mask"), integer, BATCH, TOTAL);
        private final Value givenPositions =
                has(Trait.NO_POSITIONS) ? Value.NONE : graph.input(name("position_ids"), integer, BATCH, LENGTH);

        /** Where the past that counts ends: all of it or none. */
        private final Value branch = has(Trait.CACHE_BRANCH)
                ? graph.op(
                        "Where",
                        graph.input("use_cache_branch", DataType.BOOL, 1),
                        graph.vector(Integer.MAX_VALUE),
                        graph.vector(0))
                : Value.NONE;

        private Value pastLength = graph.scalar(0L);
        private Value visible = Value.NONE;

        OnnxModel model() {
            if (has(Trait.FOREIGN_INPUT)) {
                graph.input("encoder_hidden_states", DataType.FLOAT, BATCH, "encoder_sequence_length", sizes.width());
            }
            Value[][] past = new Value[sizes.layers()][];
            for (int layer = 0; layer < sizes.layers(); layer++) {
                past[layer] = has(Trait.NO_CACHE) ? new Value[0] : past(layer);
            }
            if (!has(Trait.NO_CACHE)) {
                pastLength = size(past[0][0], 2);
            }
            Value length = size(ids, 1);
            Value total = graph.op("Add", pastLength, length);
            Value places = graph.op("Range", pastLength, total, graph.scalar(1L));
            visible = visible(places, graph.op("Range", graph.scalar(0L), total, graph.scalar(1L)));
            Value x = graph.op(
                    "Add",
                    graph.op("Gather", parameter("embedding"), ids),
                    graph.op("Gather", parameter("positions"), has(Trait.NO_POSITIONS) ? places : givenPositions));
            for (int layer = 0; layer < sizes.layers(); layer++) {
                x = graph.op("Add", x, attention(layer, norm(layer + ".attention", x), past[layer], total));
                Value up = graph.op("MatMul", norm(layer + ".feed", x), parameter(layer + ".up"));
                x = graph.op("Add", x, graph.op("MatMul", graph.op("Tanh", up), parameter(layer + ".down")));
            }
            head(norm("last", x));
            return graph.model(Map.of());
        }

        /** Keys and values of a layer, or both in one where they are combined; cut where the cache does not count. */
        private Value[] past(int layer) {
            Value[] keyAndValue;
            if (has(Trait.GENAI)) {
                Value both = graph.input("past_" + layer, cache, 2, BATCH, sizes.kvHeads(), PAST, sizes.headSize());
                keyAndValue = new Value[] {pick(both, 0), pick(both, 1)};
            } else {
                keyAndValue = new Value[] {
                    graph.input(cacheName(layer, true, "key"), cache, BATCH, sizes.kvHeads(), PAST, sizes.headSize()),
                    graph.input(cacheName(layer, true, "value"), cache, BATCH, sizes.kvHeads(), PAST, sizes.headSize())
                };
            }
            if (has(Trait.CACHE_BRANCH)) {
                for (int i = 0; i < 2; i++) {
                    keyAndValue[i] = graph.op("Slice", keyAndValue[i], graph.vector(0), branch, graph.vector(2));
                }
            }
            return keyAndValue;
        }

        private String cacheName(int layer, boolean past, String part) {
            return has(Trait.OWN_NAMES)
                    ? part + "s_" + (past ? "before_" : "after_") + layer
                    : (past ? "past_key_values." : "present.") + layer + "." + part;
        }

        private void present(int layer, Value key, Value value) {
            if (has(Trait.NO_CACHE)) {
                return;
            }
            if (has(Trait.GENAI)) {
                Value both = graph.op(
                        "Concat",
                        Map.of("axis", 0),
                        graph.op("Unsqueeze", key, graph.vector(0)),
                        graph.op("Unsqueeze", value, graph.vector(0)));
                graph.output("present_" + layer, both, cache, 2, BATCH, sizes.kvHeads(), TOTAL, sizes.headSize());
                return;
            }
            int heads = sizes.kvHeads();
            graph.output(cacheName(layer, false, "key"), key, cache, BATCH, heads, TOTAL, sizes.headSize());
            graph.output(cacheName(layer, false, "value"), value, cache, BATCH, heads, TOTAL, sizes.headSize());
        }

        /** Which tokens each new one sees: those up to itself that the mask lets it see. */
        private Value visible(Value rows, Value columns) {
            Value causal = graph.op("LessOrEqual", columns, graph.op("Unsqueeze", rows, graph.vector(1)));
            if (has(Trait.NO_MASK)) {
                return causal;
            }
            Value seen = graph.op("Unsqueeze", cast(mask, DataType.BOOL), graph.vector(1, 2));
            return graph.op("And", causal, seen);
        }

        private Value attention(int layer, Value x, Value[] past, Value total) {
            Value q = graph.op("MatMul", x, parameter(layer + ".query"));
            Value k = graph.op("MatMul", x, parameter(layer + ".key"));
            Value v = graph.op("MatMul", x, parameter(layer + ".value"));
            Value mixed;
            if (has(Trait.GROUP_QUERY_OPERATOR)) {
                mixed = groupQuery(layer, q, k, v, past, total);
            } else {
                k = cached(past, 0, k);
                v = cached(past, 1, v);
                present(layer, k, v);
                Value scores = graph.op(
                        "Div",
                        graph.op(
                                "MatMul",
                                split(q, sizes.heads()),
                                graph.op(
                                        "Transpose",
                                        Map.of("perm", new long[] {0, 1, 3, 2}),
                                        repeated(cast(k, DataType.FLOAT)))),
                        graph.scalar((float) Math.sqrt(sizes.headSize())));
                Value weights = graph.op(
                        "Softmax", Map.of("axis", -1), graph.op("Where", visible, scores, graph.scalar(-1e9f)));
                Value heads = graph.op("MatMul", weights, repeated(cast(v, DataType.FLOAT)));
                mixed = graph.op(
                        "Reshape",
                        graph.op("Transpose", Map.of("perm", new long[] {0, 2, 1, 3}), heads),
                        graph.vector(0, 0, sizes.width()));
            }
            return graph.op("MatMul", mixed, parameter(layer + ".out"));
        }

        /** What the cache holds and, behind it, what is new: [batch, heads, total, size]. */
        private Value cached(Value[] past, int part, Value added) {
            Value heads = cast(split(added, sizes.kvHeads()), cache);
            return has(Trait.NO_CACHE) ? heads : graph.op("Concat", Map.of("axis", 2), past[part], heads);
        }

        private Value split(Value x, int heads) {
            Value split = graph.op("Reshape", x, graph.vector(0, 0, heads, sizes.headSize()));
            return graph.op("Transpose", Map.of("perm", new long[] {0, 2, 1, 3}), split);
        }

        /** Each head of keys or values as often as queries share it. */
        private Value repeated(Value x) {
            int group = sizes.heads() / sizes.kvHeads();
            if (group == 1) {
                return x;
            }
            Value groups =
                    graph.op("Expand", graph.op("Unsqueeze", x, graph.vector(2)), graph.vector(1, 1, group, 1, 1));
            return graph.op("Reshape", groups, graph.vector(0, sizes.heads(), -1, sizes.headSize()));
        }

        private Value groupQuery(int layer, Value q, Value k, Value v, Value[] past, Value total) {
            Value lengths = graph.op("ReduceSum", Map.of("keepdims", 0), mask, graph.vector(1));
            Value seen = graph.op("Sub", cast(lengths, DataType.INT64), graph.scalar(1L));
            List<Value> made = graph.microsoft(
                    "GroupQueryAttention",
                    3,
                    Map.of("num_heads", sizes.heads(), "kv_num_heads", sizes.kvHeads()),
                    q,
                    k,
                    v,
                    past[0],
                    past[1],
                    cast(seen, DataType.INT32),
                    cast(total, DataType.INT32));
            present(layer, made.get(1), made.get(2));
            return made.getFirst();
        }

        private void head(Value hidden) {
            Value from = Value.NONE;
            if (has(Trait.LAST_LOGITS)) {
                from = graph.vector(-1);
            } else if (has(Trait.KEPT_LOGITS)) {
                Value kept = graph.input("num_logits_to_keep", DataType.INT64);
                from = graph.op("Neg", graph.op("Unsqueeze", kept, graph.vector(0)));
            }
            Value rows = from.equals(Value.NONE)
                    ? hidden
                    : graph.op("Slice", hidden, from, graph.vector(Integer.MAX_VALUE), graph.vector(1));
            Value matrix = has(Trait.TIED)
                    ? graph.op("Transpose", Map.of("perm", new long[] {1, 0}), parameter("embedding"))
                    : parameter("head");
            DataType type = has(Trait.HALF_LOGITS) ? DataType.FLOAT16 : DataType.FLOAT;
            Object length = has(Trait.LAST_LOGITS) ? 1 : has(Trait.KEPT_LOGITS) ? "num_logits_to_keep" : LENGTH;
            Value logits = cast(graph.op("MatMul", rows, matrix), type);
            graph.output(name("logits"), logits, type, BATCH, length, sizes.vocabulary());
        }

        private Value norm(String name, Value x) {
            return graph.op("LayerNormalization", x, parameter(name + ".scale"), parameter(name + ".shift"));
        }

        private final Map<String, Value> used = new LinkedHashMap<>();

        private Value parameter(String name) {
            return used.computeIfAbsent(name, key -> graph.weights(weights(key)));
        }

        private Value cast(Value x, DataType type) {
            return graph.op("Cast", Map.of("to", type.getNumber()), x);
        }

        private Value pick(Value x, long index) {
            return graph.op("Gather", Map.of("axis", 0), x, graph.scalar(index));
        }

        private Value size(Value x, long axis) {
            return pick(graph.op("Shape", x), axis);
        }
    }
}

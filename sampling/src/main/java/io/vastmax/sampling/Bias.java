package io.vastmax.sampling;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** {@link Constraints#bias}. */
final class Bias implements Filter {
    private final TokenIds ids;
    private final double[] values;
    private final String name;

    Bias(Map<Integer, Double> biases) {
        TreeMap<Integer, Double> byId = new TreeMap<>(biases);
        ids = TokenIds.of("bias", byId.keySet().stream().mapToInt(id -> id).toArray());
        values = byId.values().stream().mapToDouble(value -> value).toArray();
        for (int i = 0; i < values.length; i++) {
            if (!(values[i] < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("bias of id " + ids.get(i) + " = " + values[i]
                        + ": must be finite, or -inf to remove the token");
            }
        }
        name = "bias of "
                + (byId.size() > 4
                        ? byId.size() + " tokens"
                        : byId.entrySet().stream()
                                .map(entry -> entry.getKey() + ": " + entry.getValue())
                                .collect(Collectors.joining(", ")));
    }

    /** The map of two arrays. */
    static Map<Integer, Double> map(int[] ids, float[] values) {
        if (ids.length != values.length) {
            throw new IllegalArgumentException(
                    "ids are " + ids.length + ", values " + values.length + ": must be as many");
        }
        TreeMap<Integer, Double> map = new TreeMap<>();
        for (int i = 0; i < ids.length; i++) {
            if (map.put(ids[i], (double) values[i]) != null) {
                throw new IllegalArgumentException("ids[" + i + "] = " + ids[i] + ": must not occur twice");
            }
        }
        return map;
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        ids.requireIn(candidates);
        for (int i = 0; i < values.length; i++) {
            int id = ids.get(i);
            float logit = candidates.logitOf(id);
            if (logit > Float.NEGATIVE_INFINITY) {
                candidates.setLogit(id, biased(logit, values[i]));
            }
        }
        candidates.settle();
    }

    private static float biased(float logit, double value) {
        return value == Double.NEGATIVE_INFINITY ? Float.NEGATIVE_INFINITY : Candidates.finite(logit + value);
    }

    @Override
    public String toString() {
        return name;
    }
}

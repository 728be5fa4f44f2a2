package io.vastmax.onnx;

import java.util.Map;

/**
 * What the inputs and outputs of a model are called, where that is not as usual.
 *
 * @param roles the name in this model of an input or output, by its usual one
 * @param states the output of each input that is a state
 */
record Names(Map<String, String> roles, Map<String, String> states) {
    static final Names USUAL = new Names(Map.of(), Map.of());

    /** Copies the maps. */
    Names {
        roles = Map.copyOf(roles);
        states = Map.copyOf(states);
    }

    /** What this model calls something. */
    String of(String usual) {
        return roles.getOrDefault(usual, usual);
    }
}

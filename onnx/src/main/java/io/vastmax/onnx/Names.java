package io.vastmax.onnx;

import java.util.Map;

/**
 * What the inputs and outputs of a model are called, where that is not as usual.
 *
 * @param roles the name in this model of an input or output, by its usual one
 * @param layers the output of each input that is a state, where the model has both
 * @param states the same, where it must have them
 */
record Names(Map<String, String> roles, Map<String, String> layers, Map<String, String> states) {

    /** Copies the maps. */
    Names {
        roles = Map.copyOf(roles);
        layers = Map.copyOf(layers);
        states = Map.copyOf(states);
    }

    /** The same with states that the model must have. */
    Names withStates(Map<String, String> required) {
        return new Names(roles, layers, required);
    }

    /** What this model calls something. */
    String of(String usual) {
        return roles.getOrDefault(usual, usual);
    }
}

package io.vastmax;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parameters in a fixed order, with unique names. The set is immutable; the values are not. */
public final class Parameters implements Iterable<Parameter> {
    private final Map<String, Parameter> byName;

    private Parameters(Map<String, Parameter> byName) {
        this.byName = byName;
    }

    /**
     * The parameters in the order given.
     *
     * @throws IllegalArgumentException if two have the same name
     */
    public static Parameters of(Parameter... parameters) {
        return of(List.of(parameters));
    }

    /**
     * The parameters in the order given.
     *
     * @throws IllegalArgumentException if two have the same name
     */
    public static Parameters of(Collection<Parameter> parameters) {
        Map<String, Parameter> byName = LinkedHashMap.newLinkedHashMap(parameters.size());
        for (Parameter parameter : parameters) {
            if (byName.put(parameter.name(), parameter) != null) {
                throw new IllegalArgumentException("Two parameters have the name " + parameter.name());
            }
        }
        return new Parameters(byName);
    }

    /**
     * These parameters, then those that are not among them: one that both have is there once.
     *
     * @throws IllegalArgumentException if two have the same name
     */
    public Parameters and(Parameters others) {
        List<Parameter> all = new ArrayList<>(byName.values());
        others.forEach(parameter -> {
            if (!contains(parameter)) {
                all.add(parameter);
            }
        });
        return of(all);
    }

    /** Those that are not among others. */
    public Parameters without(Parameters others) {
        return of(byName.values().stream()
                .filter(parameter -> !others.contains(parameter))
                .toList());
    }

    /** Whether a parameter, and not only one of its name, is among these. */
    public boolean contains(Parameter parameter) {
        return byName.get(parameter.name()) == parameter;
    }

    /**
     * The parameter of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Parameter get(String name) {
        Parameter parameter = byName.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException("No parameter " + name + " among " + byName.keySet());
        }
        return parameter;
    }

    /** How many numbers they hold together. */
    public long count() {
        return byName.values().stream().mapToLong(p -> p.value().array().length).sum();
    }

    @Override
    public Iterator<Parameter> iterator() {
        return byName.values().iterator();
    }
}

package io.vastmax;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The gradients of some parameters, in their order. The set is immutable, the values are not. Not thread safe. */
public final class Gradients implements Iterable<Gradient> {
    private final Map<Parameter, Gradient> byParameter = new LinkedHashMap<>();

    private Gradients(List<Gradient> gradients) {
        for (Gradient gradient : gradients) {
            byParameter.put(gradient.parameter(), gradient);
        }
    }

    /** Zeros, an element for each of the parameters'. */
    public static Gradients dense(Parameters parameters) {
        List<Gradient> gradients = new ArrayList<>();
        parameters.forEach(parameter -> gradients.add(new Gradient.Dense(parameter)));
        return new Gradients(gradients);
    }

    /** Zeros, to which rows are added as a batch needs them. */
    public static Gradients byRow(Parameters parameters) {
        List<Gradient> gradients = new ArrayList<>();
        parameters.forEach(parameter -> gradients.add(new Gradient.ByRow(parameter)));
        return new Gradients(gradients);
    }

    /** These gradients, then those of parameters that have none among these: the same objects. */
    public Gradients and(Gradients others) {
        List<Gradient> all = new ArrayList<>(byParameter.values());
        others.forEach(gradient -> {
            if (!byParameter.containsKey(gradient.parameter())) {
                all.add(gradient);
            }
        });
        return new Gradients(all);
    }

    /** Those of parameters that are not among others: the same objects. */
    public Gradients without(Parameters others) {
        return new Gradients(byParameter.values().stream()
                .filter(gradient -> !others.contains(gradient.parameter()))
                .toList());
    }

    /**
     * The gradient of a parameter.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Gradient of(Parameter parameter) {
        Gradient gradient = byParameter.get(parameter);
        if (gradient == null) {
            throw new IllegalArgumentException("No gradient of " + parameter + " among these");
        }
        return gradient;
    }

    /**
     * The dense gradient of a parameter.
     *
     * @throws IllegalArgumentException if there is none, or it is kept by row
     */
    public Matrix dense(Parameter parameter) {
        if (of(parameter) instanceof Gradient.Dense dense) {
            return dense.value();
        }
        throw new IllegalArgumentException("The gradient of " + parameter + " is kept by row");
    }

    /**
     * The gradient by row of a parameter.
     *
     * @throws IllegalArgumentException if there is none, or it is dense
     */
    public Gradient.ByRow byRow(Parameter parameter) {
        if (of(parameter) instanceof Gradient.ByRow byRow) {
            return byRow;
        }
        throw new IllegalArgumentException("The gradient of " + parameter + " is dense, not kept by row");
    }

    /** All back to zero. */
    public void clear() {
        byParameter.values().forEach(Gradient::clear);
    }

    /** Multiplies all. */
    public void scale(double factor) {
        byParameter.values().forEach(gradient -> gradient.scale((float) factor));
    }

    /**
     * Adds others, element by element.
     *
     * @param others gradients of the same parameters, as dense or by row as these
     * @throws IllegalArgumentException if one of these has none among them, or of another kind
     */
    public void add(Gradients others) {
        for (Gradient gradient : this) {
            switch (gradient) {
                case Gradient.Dense dense -> dense.add(others.dense(gradient.parameter()));
                case Gradient.ByRow byRow -> byRow.add(others.byRow(gradient.parameter()));
            }
        }
    }

    /** The global norm, {@code sqrt(sum g^2)} over all elements: the same bits for any number of threads. */
    public double norm(Workspace workspace) {
        double sum = 0;
        for (Gradient gradient : this) {
            sum += gradient.squaredNorm(workspace);
        }
        return Math.sqrt(sum);
    }

    @Override
    public Iterator<Gradient> iterator() {
        return byParameter.values().iterator();
    }
}

package io.vastmax.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Settings of samplers by name, of which a chain is made: in the order in which they were set, or in the order and to the
 * letter of a {@link Profile}.
 *
 * <p>A setting that is set twice keeps its first place and takes its last value. Mutable; not for several threads.
 */
public final class SamplingSettings {
    /** What can be set; a profile is an order of these. */
    enum Kind {
        GUIDANCE("guidance"),
        VOCABULARY("vocabulary"),
        ALLOW("allow"),
        BIAS("bias"),
        BAN("ban"),
        BAN_SEQUENCES("ban-sequence"),
        MIN_LENGTH("min-length"),
        REPETITION("repetition-penalty"),
        FREQUENCY("frequency-penalty"),
        PRESENCE("presence-penalty"),
        NO_REPEAT_NGRAM("no-repeat-ngram"),
        DRY("dry"),
        CONSTRAINT("constraint"),
        PENALTY_WINDOW("penalty-window"),
        TEMPERATURE("temperature"),
        DYNAMIC_TEMPERATURE("dynamic-temperature"),
        TOP_H("top-h"),
        TOP_N_SIGMA("top-n-sigma"),
        TOP_K("top-k"),
        TYPICAL("typical"),
        TOP_P("top-p"),
        MIN_P("min-p"),
        TOP_A("top-a"),
        TAIL_FREE("tfs"),
        EPSILON("epsilon"),
        ETA("eta"),
        XTC("xtc");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** As users know it. */
        @Override
        public String toString() {
            return label;
        }
    }

    /** How a profile does what others do in another way. */
    interface Dialect {
        /** Divides by a temperature. */
        default Filter temperature(double temperature) {
            return Filters.temperature(temperature);
        }

        /** Keeps the k likeliest. */
        default Filter topK(int k) {
            return Filters.topK(k);
        }

        /** Keeps what is within deviations of the largest logit; null if that is off. */
        default @Nullable Filter topNSigma(double n) {
            return Filters.topNSigma(n);
        }

        /** Keeps the typical. */
        default Filter typical(double p) {
            return Filters.typical(p);
        }

        /** Keeps a share of the entropy. */
        default Filter topH(double alpha) {
            return Filters.topH(alpha);
        }

        /** What the frequency and presence penalties count. */
        default Scope counts(Scope window) {
            return window;
        }

        /** Where banned sequences begin. */
        default Scope sequences() {
            return Scope.all();
        }
    }

    private final Map<Kind, BiFunction<SamplingSettings, Dialect, @Nullable Filter>> filters = new LinkedHashMap<>();
    private @Nullable Double temperature;
    private @Nullable Double delta;
    private double exponent = 1;
    private @Nullable Integer window;
    private @Nullable Selector selector;

    /** No settings yet. */
    public SamplingSettings() {}

    /** A chain in the order in which the settings were set; its selector draws by probability if none was set. */
    public Chain chain() {
        return chain(List.copyOf(filters.keySet()), new Dialect() {});
    }

    /**
     * A chain in the order of a profile, with its defaults for what was not set.
     *
     * @throws IllegalArgumentException if something was set that the profile does not have
     */
    public Chain chain(Profile profile) {
        return profile.chain(this);
    }

    Chain chain(List<Kind> order, Dialect dialect) {
        List<Filter> chain = new ArrayList<>();
        for (Kind kind : order) {
            BiFunction<SamplingSettings, Dialect, @Nullable Filter> make = filters.get(kind);
            Filter filter = make == null ? null : make.apply(this, dialect);
            if (filter != null) {
                chain.add(filter);
            }
        }
        return new Chain(chain, selector == null ? Selectors.categorical() : selector);
    }

    /** What was set. */
    List<Kind> kinds() {
        List<Kind> kinds = new ArrayList<>(filters.keySet());
        if (delta != null) {
            kinds.add(Kind.DYNAMIC_TEMPERATURE);
        }
        if (window != null) {
            kinds.add(Kind.PENALTY_WINDOW);
        }
        return kinds;
    }

    /** The same with a plain temperature. */
    SamplingSettings withoutDynamicTemperature() {
        SamplingSettings plain = over(new SamplingSettings());
        plain.delta = null;
        return plain;
    }

    @Nullable
    Selector selector() {
        return selector;
    }

    /** These settings, and others for what these do not set. */
    SamplingSettings over(SamplingSettings defaults) {
        SamplingSettings all = new SamplingSettings();
        all.filters.putAll(defaults.filters);
        all.filters.putAll(filters);
        all.temperature = temperature == null ? defaults.temperature : temperature;
        all.delta = delta;
        all.exponent = exponent;
        all.window = window == null ? defaults.window : window;
        all.selector = selector == null ? defaults.selector : selector;
        return all;
    }

    /** Sets a kind; wrong values are refused here, where they are set. */
    @SuppressWarnings("ReturnValueIgnored") // made for its refusals
    private SamplingSettings put(Kind kind, BiFunction<SamplingSettings, Dialect, @Nullable Filter> filter) {
        filter.apply(this, new Dialect() {});
        filters.put(kind, filter);
        return this;
    }

    /** What penalties look at, null for nothing. */
    private @Nullable Scope window() {
        if (window == null) {
            return Scope.all();
        }
        return window == 0 ? null : Scope.last(window);
    }

    /** A penalty over the window. */
    private @Nullable Filter penalty(Function<Scope, Filter> penalty) {
        Scope scope = window();
        return scope == null ? null : penalty.apply(scope);
    }

    /** Sets the selector. */
    public SamplingSettings selector(Selector chosen) {
        selector = chosen;
        return this;
    }

    /** {@link Filters#temperature}. */
    public SamplingSettings temperature(double newTemperature) {
        temperature = newTemperature;
        return put(Kind.TEMPERATURE, SamplingSettings::temperatureFilter);
    }

    /** {@link Filters#dynamicTemperature} around the temperature that is set, 1 if none is. */
    public SamplingSettings dynamicTemperature(double newDelta, double newExponent) {
        Filters.dynamicTemperature(1, newDelta, newExponent);
        delta = newDelta;
        exponent = newExponent;
        return put(Kind.TEMPERATURE, SamplingSettings::temperatureFilter);
    }

    private Filter temperatureFilter(Dialect dialect) {
        double t = temperature == null ? 1 : temperature;
        return delta == null ? dialect.temperature(t) : Filters.dynamicTemperature(t, delta, exponent);
    }

    /** {@link Filters#topK}; 0 for none. */
    public SamplingSettings topK(int k) {
        Check.notNegative("k", k);
        return put(Kind.TOP_K, (settings, dialect) -> k == 0 ? null : dialect.topK(k));
    }

    /** How many of the last tokens the penalties look at; 0 for no penalties. All by default, or what a profile says. */
    public SamplingSettings penaltyWindow(int tokens) {
        Check.notNegative("penaltyWindow", tokens);
        window = tokens;
        return this;
    }

    /** {@link Filters#topP}. */
    public SamplingSettings topP(double p) {
        return put(Kind.TOP_P, (settings, dialect) -> Filters.topP(p));
    }

    /** {@link Filters#minP}. */
    public SamplingSettings minP(double p) {
        return put(Kind.MIN_P, (settings, dialect) -> Filters.minP(p));
    }

    /** {@link Filters#typical}. */
    public SamplingSettings typical(double p) {
        return put(Kind.TYPICAL, (settings, dialect) -> dialect.typical(p));
    }

    /** {@link Filters#epsilon}. */
    public SamplingSettings epsilon(double epsilon) {
        return put(Kind.EPSILON, (settings, dialect) -> Filters.epsilon(epsilon));
    }

    /** {@link Filters#eta}. */
    public SamplingSettings eta(double epsilon) {
        return put(Kind.ETA, (settings, dialect) -> Filters.eta(epsilon));
    }

    /** {@link Filters#topH}. */
    public SamplingSettings topH(double alpha) {
        return put(Kind.TOP_H, (settings, dialect) -> dialect.topH(alpha));
    }

    /** {@link Filters#topNSigma}. */
    public SamplingSettings topNSigma(double n) {
        return put(Kind.TOP_N_SIGMA, (settings, dialect) -> dialect.topNSigma(n));
    }

    /** {@link Filters#topA}. */
    public SamplingSettings topA(double a) {
        return put(Kind.TOP_A, (settings, dialect) -> Filters.topA(a));
    }

    /** {@link Filters#tailFree}. */
    public SamplingSettings tailFree(double z) {
        return put(Kind.TAIL_FREE, (settings, dialect) -> Filters.tailFree(z));
    }

    /** {@link Filters#xtc}. */
    public SamplingSettings xtc(double probability, double threshold) {
        return put(Kind.XTC, (settings, dialect) -> Filters.xtc(probability, threshold));
    }

    /** {@link Penalties#repetition}. */
    public SamplingSettings repetitionPenalty(double penalty) {
        return put(
                Kind.REPETITION,
                (settings, dialect) -> settings.penalty(scope -> Penalties.repetition(penalty, scope)));
    }

    /** {@link Penalties#frequency}. */
    public SamplingSettings frequencyPenalty(double penalty) {
        return put(
                Kind.FREQUENCY,
                (settings, dialect) -> settings.penalty(scope -> Penalties.frequency(penalty, dialect.counts(scope))));
    }

    /** {@link Penalties#presence}. */
    public SamplingSettings presencePenalty(double penalty) {
        return put(
                Kind.PRESENCE,
                (settings, dialect) -> settings.penalty(scope -> Penalties.presence(penalty, dialect.counts(scope))));
    }

    /** {@link Penalties#noRepeatNgram}. */
    public SamplingSettings noRepeatNgram(int n) {
        return put(Kind.NO_REPEAT_NGRAM, (settings, dialect) -> Penalties.noRepeatNgram(n));
    }

    /** {@link Penalties#dry}. */
    public SamplingSettings dry(double multiplier, double base, int allowedLength, Scope scope, int... breakers) {
        Filter filter = Penalties.dry(multiplier, base, allowedLength, scope, breakers);
        return put(Kind.DRY, (settings, dialect) -> filter);
    }

    /** {@link Constraints#bias}. */
    public SamplingSettings bias(Map<Integer, Double> biases) {
        Filter bias = Constraints.bias(biases);
        return put(Kind.BIAS, (settings, dialect) -> bias);
    }

    /** {@link Constraints#ban}. */
    public SamplingSettings ban(int... ids) {
        Filter filter = Constraints.ban(ids);
        return put(Kind.BAN, (settings, dialect) -> filter);
    }

    /** {@link Constraints#banSequences}. */
    public SamplingSettings banSequences(int[]... sequences) {
        int[][] copy = Arrays.stream(sequences).map(int[]::clone).toArray(int[][]::new);
        return put(Kind.BAN_SEQUENCES, (settings, dialect) -> Constraints.banSequences(dialect.sequences(), copy));
    }

    /** {@link Constraints#allow}. */
    public SamplingSettings allow(int... ids) {
        Filter filter = Constraints.allow(ids);
        return put(Kind.ALLOW, (settings, dialect) -> filter);
    }

    /** {@link Constraints#minLength}. */
    public SamplingSettings minLength(int tokens, int... endTokens) {
        Filter filter = Constraints.minLength(tokens, endTokens);
        return put(Kind.MIN_LENGTH, (settings, dialect) -> filter);
    }

    /** {@link Constraints#vocabulary}. */
    public SamplingSettings vocabulary(int size) {
        return put(Kind.VOCABULARY, (settings, dialect) -> Constraints.vocabulary(size));
    }

    /** {@link Constraints#guidance}. */
    public SamplingSettings guidance(Supplier<Logits> unconditional, double scale) {
        return put(Kind.GUIDANCE, (settings, dialect) -> Constraints.guidance(unconditional, scale));
    }

    /** {@link Constraints#constraint}. */
    public SamplingSettings constraint(Constraint constraint) {
        return put(Kind.CONSTRAINT, (settings, dialect) -> Constraints.constraint(constraint));
    }
}

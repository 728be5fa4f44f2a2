package io.vastmax.sampling;

import static io.vastmax.sampling.SamplingSettings.Kind.ALLOW;
import static io.vastmax.sampling.SamplingSettings.Kind.BAN;
import static io.vastmax.sampling.SamplingSettings.Kind.BAN_SEQUENCES;
import static io.vastmax.sampling.SamplingSettings.Kind.BIAS;
import static io.vastmax.sampling.SamplingSettings.Kind.CONSTRAINT;
import static io.vastmax.sampling.SamplingSettings.Kind.DRY;
import static io.vastmax.sampling.SamplingSettings.Kind.DYNAMIC_TEMPERATURE;
import static io.vastmax.sampling.SamplingSettings.Kind.EPSILON;
import static io.vastmax.sampling.SamplingSettings.Kind.ETA;
import static io.vastmax.sampling.SamplingSettings.Kind.FREQUENCY;
import static io.vastmax.sampling.SamplingSettings.Kind.GUIDANCE;
import static io.vastmax.sampling.SamplingSettings.Kind.MIN_LENGTH;
import static io.vastmax.sampling.SamplingSettings.Kind.MIN_P;
import static io.vastmax.sampling.SamplingSettings.Kind.NO_REPEAT_NGRAM;
import static io.vastmax.sampling.SamplingSettings.Kind.PENALTY_WINDOW;
import static io.vastmax.sampling.SamplingSettings.Kind.PRESENCE;
import static io.vastmax.sampling.SamplingSettings.Kind.REPETITION;
import static io.vastmax.sampling.SamplingSettings.Kind.TEMPERATURE;
import static io.vastmax.sampling.SamplingSettings.Kind.TOP_H;
import static io.vastmax.sampling.SamplingSettings.Kind.TOP_K;
import static io.vastmax.sampling.SamplingSettings.Kind.TOP_N_SIGMA;
import static io.vastmax.sampling.SamplingSettings.Kind.TOP_P;
import static io.vastmax.sampling.SamplingSettings.Kind.TYPICAL;
import static io.vastmax.sampling.SamplingSettings.Kind.VOCABULARY;
import static io.vastmax.sampling.SamplingSettings.Kind.XTC;

import io.vastmax.sampling.SamplingSettings.Dialect;
import io.vastmax.sampling.SamplingSettings.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How other programs sample: their order of samplers, their defaults, and what they do in another way than {@link Filters}
 * does on its own. {@code docs/sampling.md} has the differences in a table.
 *
 * <p>What a profile does not have is refused. A {@link Kind#CONSTRAINT} and a {@link Kind#VOCABULARY} come before all
 * others in every profile.
 */
@SuppressWarnings("ImmutableEnumChecker") // dialects have no state, and the list is a copy
public enum Profile {
    /**
     * llama.cpp, of early 2026 ({@code common/sampling.cpp}, {@code src/llama-sampler.cpp}): truncation first, temperature
     * last; top-k 40, top-p 0.95, min-p 0.05, temperature 0.8; penalties over the last 64 tokens, the prompt's included.
     * Mirostat comes after bias and temperature alone, whatever else is set.
     */
    LLAMA_CPP(
            "llama.cpp",
            new Dialect() {
                @Override
                public Filter typical(double p) {
                    return Filters.typicalBeyond(p);
                }

                @Override
                public @Nullable Filter topNSigma(double n) {
                    return n == 0 ? null : Filters.topNSigma(n);
                }
            },
            BIAS,
            BAN,
            REPETITION,
            FREQUENCY,
            PRESENCE,
            DRY,
            TOP_N_SIGMA,
            TOP_K,
            TYPICAL,
            TOP_P,
            MIN_P,
            XTC,
            TEMPERATURE,
            DYNAMIC_TEMPERATURE,
            PENALTY_WINDOW) {
        @Override
        SamplingSettings defaults() {
            return new SamplingSettings()
                    .penaltyWindow(64)
                    .topK(40)
                    .topP(0.95)
                    .minP(0.05)
                    .temperature(0.8);
        }

        @Override
        boolean has(Selector selector) {
            return true;
        }

        @Override
        SamplingSettings adapted(SamplingSettings settings) {
            return settings.selector() instanceof Mirostat ? settings.withoutDynamicTemperature() : settings;
        }

        @Override
        List<Kind> order(SamplingSettings settings) {
            return settings.selector() instanceof Mirostat
                    ? List.of(VOCABULARY, CONSTRAINT, BIAS, BAN, TEMPERATURE)
                    : super.order(settings);
        }
    },

    /**
     * Hugging Face Transformers 5.18, {@code generate} ({@code generation/utils.py}, {@code generation/logits_process.py}):
     * temperature first; top-k 50, with the ties of its last token; penalties over the whole text, the prompt included.
     * Temperature 0 is refused; with the greedy selector, which is {@code do_sample=False} there, temperature and what
     * follows it are left out.
     */
    HUGGING_FACE(
            "huggingface",
            new Dialect() {
                @Override
                public Filter temperature(double temperature) {
                    if (temperature == 0) {
                        throw new IllegalArgumentException(
                                "temperature = 0: huggingface refuses it, choose the greedy selector");
                    }
                    return Filters.temperature(temperature);
                }

                @Override
                public Filter topK(int k) {
                    return Filters.topKWithTies(k);
                }

                @Override
                public Filter typical(double p) {
                    return Filters.typicalWithTies(p);
                }

                @Override
                public Filter topH(double alpha) {
                    return Filters.topHOfHundred(alpha);
                }
            },
            GUIDANCE,
            BIAS,
            REPETITION,
            NO_REPEAT_NGRAM,
            BAN_SEQUENCES,
            MIN_LENGTH,
            ALLOW,
            BAN,
            TEMPERATURE,
            TOP_H,
            TOP_K,
            TOP_P,
            MIN_P,
            TYPICAL,
            EPSILON,
            ETA) {
        @Override
        SamplingSettings defaults() {
            return new SamplingSettings().topK(50);
        }

        @Override
        List<Kind> order(SamplingSettings settings) {
            List<Kind> order = super.order(settings);
            return Selectors.greedy().equals(settings.selector())
                    ? order.subList(0, order.indexOf(TEMPERATURE))
                    : order;
        }
    },

    /**
     * vLLM's V1 sampler of 2026 ({@code vllm/v1/sample}, its PyTorch implementation): temperature first, then min-p, top-k
     * with ties, top-p; nothing by default. The repetition penalty looks at the whole text, frequency and presence at what
     * was generated, and so do banned sequences. A temperature of 0 is greedy, others below 0.01 are taken for 0.01.
     */
    VLLM(
            "vllm",
            new Dialect() {
                @Override
                public Filter temperature(double temperature) {
                    return Filters.temperature(temperature == 0 ? 0 : Math.max(temperature, 0.01));
                }

                @Override
                public Filter topK(int k) {
                    return Filters.topKWithTies(k);
                }

                @Override
                public Scope counts(Scope window) {
                    return Scope.generated();
                }

                @Override
                public Scope sequences() {
                    return Scope.generated();
                }
            },
            ALLOW,
            BAN_SEQUENCES,
            MIN_LENGTH,
            BIAS,
            BAN,
            REPETITION,
            FREQUENCY,
            PRESENCE,
            TEMPERATURE,
            MIN_P,
            TOP_K,
            TOP_P) {
        @Override
        SamplingSettings defaults() {
            return new SamplingSettings();
        }
    };

    private final String label;
    private final Dialect dialect;
    private final List<Kind> kinds;

    Profile(String label, Dialect dialect, Kind... order) {
        this.label = label;
        this.dialect = dialect;
        List<Kind> all = new ArrayList<>(List.of(VOCABULARY, CONSTRAINT));
        all.addAll(List.of(order));
        this.kinds = List.copyOf(all);
    }

    /**
     * The profile of a name: {@code llama.cpp}, {@code huggingface} (also {@code hf}, {@code transformers}) or {@code vllm};
     * case, hyphens and underscores do not matter.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Profile named(String name) {
        return switch (name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "")) {
            case "llama.cpp", "llamacpp", "llama" -> LLAMA_CPP;
            case "huggingface", "hf", "transformers", "huggingfacetransformers" -> HUGGING_FACE;
            case "vllm" -> VLLM;
            default ->
                throw new IllegalArgumentException("profile = " + name + ": must be llama.cpp, huggingface or vllm");
        };
    }

    /** The chain of this profile with its defaults. */
    public Chain chain() {
        return chain(new SamplingSettings());
    }

    Chain chain(SamplingSettings given) {
        for (Kind kind : given.kinds()) {
            if (!kinds.contains(kind)) {
                throw new IllegalArgumentException(kind + ": " + label + " has no such sampler");
            }
        }
        SamplingSettings settings = adapted(given.over(defaults()));
        Selector selector = settings.selector();
        if (selector != null && !has(selector)) {
            throw new IllegalArgumentException(selector + ": " + label + " has no such sampler");
        }
        return settings.chain(order(settings), dialect);
    }

    /** Whether it chooses in this way; all draw by probability, or take the likeliest. */
    boolean has(Selector selector) {
        return selector.equals(Selectors.categorical())
                || selector.equals(Selectors.gumbel())
                || selector.equals(Selectors.greedy());
    }

    /** The settings as it understands them. */
    SamplingSettings adapted(SamplingSettings settings) {
        return settings;
    }

    /** What is on where nothing is said. */
    abstract SamplingSettings defaults();

    /** The order in which it applies its samplers. */
    List<Kind> order(SamplingSettings settings) {
        return kinds;
    }

    /** Its name. */
    @Override
    public String toString() {
        return label;
    }
}

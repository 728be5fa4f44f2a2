package io.vastmax.cli;

import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Profile;
import io.vastmax.sampling.SamplingSettings;
import io.vastmax.sampling.Scope;
import io.vastmax.sampling.Selectors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Every sampler as an option, a row each. They are applied in the order in which they are given, or in that of a profile; the
 * selector comes last wherever it is given.
 */
final class SamplingOptions {
    private static final String PROFILE = "--profile";
    private static final String DRY_BREAKERS = "--dry-breakers";

    /** Reads logits. */
    @FunctionalInterface
    interface Reader {
        Logits read(String file) throws IOException;
    }

    /** Sets a sampler by what is given for its option. */
    @FunctionalInterface
    private interface Setter {
        void set(SamplingSettings settings, Given given) throws IOException;
    }

    /** What is given for an option, and for the others. */
    private record Given(List<String> texts, CommandSpec spec, Reader reader) {
        String text() {
            return texts.getFirst();
        }

        Numbers numbers() {
            return new Numbers(text());
        }

        /** The only number. */
        double number() {
            return numbers().one();
        }

        int whole() {
            return numbers().whole();
        }

        /** All ids of all texts. */
        int[] ids() {
            return new Numbers(String.join(",", texts)).ids();
        }
    }

    /** An option; one that chooses is a selector. */
    private record Row(String name, String label, String description, boolean repeats, boolean chooses, Setter setter) {
        OptionSpec option() {
            OptionSpec.Builder option = OptionSpec.builder(name).description(description);
            if (label.isEmpty()) {
                return option.type(boolean.class).arity("0").build();
            }
            option.paramLabel(label);
            return repeats
                    ? option.type(List.class)
                            .auxiliaryTypes(String.class)
                            .arity("1")
                            .build()
                    : option.type(String.class).arity("1").build();
        }
    }

    private static final List<Row> ROWS = List.of(
            filter(
                    "--temperature",
                    "T",
                    "Below 1 for likelier tokens, 0 for the likeliest.",
                    (s, g) -> s.temperature(g.number())),
            filter(
                    "--dynamic-temperature",
                    "DELTA,EXP",
                    "A temperature within DELTA of --temperature (1 if not given): higher where the entropy is.",
                    (s, g) -> {
                        Numbers numbers = g.numbers().count(2);
                        s.dynamicTemperature(numbers.at(0), numbers.at(1));
                    }),
            filter("--top-k", "K", "The K likeliest tokens; 0 for all.", (s, g) -> s.topK(g.whole())),
            filter("--top-p", "P", "The likeliest tokens with a mass of P (nucleus).", (s, g) -> s.topP(g.number())),
            filter("--min-p", "P", "Tokens at least P times as likely as the likeliest.", (s, g) -> s.minP(g.number())),
            filter(
                    "--typical",
                    "P",
                    "Tokens with a mass of P whose surprise is closest to the entropy.",
                    (s, g) -> s.typical(g.number())),
            filter("--epsilon", "E", "Tokens with a probability of at least E.", (s, g) -> s.epsilon(g.number())),
            filter("--eta", "E", "Likewise, but fewer needed where the entropy is high.", (s, g) -> s.eta(g.number())),
            filter(
                    "--top-h",
                    "H",
                    "The likeliest tokens up to the share H of the entropy.",
                    (s, g) -> s.topH(g.number())),
            filter(
                    "--top-n-sigma",
                    "N",
                    "Logits within N standard deviations of the largest.",
                    (s, g) -> s.topNSigma(g.number())),
            filter(
                    "--top-a",
                    "A",
                    "Tokens with at least A times the square of the largest probability.",
                    (s, g) -> s.topA(g.number())),
            filter("--tfs", "Z", "Tail-free: up to the share Z of the curvature.", (s, g) -> s.tailFree(g.number())),
            filter(
                    "--xtc",
                    "PROBABILITY,THRESHOLD",
                    "With PROBABILITY, exclude the top choices: of the tokens above THRESHOLD all but the last.",
                    (s, g) -> {
                        Numbers numbers = g.numbers().count(2);
                        s.xtc(numbers.at(0), numbers.at(1));
                    }),
            filter(
                    "--repetition-penalty",
                    "R",
                    "Divide the positive logits of tokens in the history by R, multiply the others.",
                    (s, g) -> s.repetitionPenalty(g.number())),
            filter(
                    "--frequency-penalty",
                    "F",
                    "Subtract F for each time that a token is in the history.",
                    (s, g) -> s.frequencyPenalty(g.number())),
            filter(
                    "--presence-penalty",
                    "P",
                    "Subtract P if a token is in the history.",
                    (s, g) -> s.presencePenalty(g.number())),
            filter(
                    "--penalty-window",
                    "N",
                    "The penalties look at the last N tokens. Default: at all.",
                    (s, g) -> s.penaltyWindow(g.whole())),
            filter(
                    "--no-repeat-ngram",
                    "N",
                    "No N tokens in a row that the history has already.",
                    (s, g) -> s.noRepeatNgram(g.whole())),
            filter(
                    "--dry",
                    "MULTIPLIER,BASE,ALLOWED[,WINDOW]",
                    "Penalise what goes on with a repetition of at least ALLOWED tokens, by MULTIPLIER *"
                            + " BASE^(length - ALLOWED); in the last WINDOW tokens.",
                    SamplingOptions::setDry),
            filter(DRY_BREAKERS, "IDS", "Tokens across which --dry sees no repetition.", (s, g) -> g.ids()),
            repeated(
                    "--bias",
                    "ID=VALUE",
                    "Add VALUE to the logit of ID; -Infinity bans it. A list with commas, or given again.",
                    SamplingOptions::setBias),
            repeated("--ban", "IDS", "Tokens never to choose.", (s, g) -> s.ban(g.ids())),
            repeated(
                    "--ban-sequence",
                    "IDS",
                    "A sequence of tokens never to complete. May be given again.",
                    (s, g) -> s.banSequences(g.texts().stream()
                            .map(text -> new Numbers(text).ids())
                            .toArray(int[][]::new))),
            repeated("--allow", "IDS", "The only tokens to choose from.", (s, g) -> s.allow(g.ids())),
            filter(
                    "--guidance",
                    "FILE,SCALE",
                    "Classifier-free guidance: away from the logits in FILE, by SCALE.",
                    SamplingOptions::setGuidance),
            selector("--greedy", "", "Choose the likeliest.", (s, g) -> s.selector(Selectors.greedy())),
            selector(
                    "--gumbel",
                    "",
                    "Choose the largest logit after Gumbel noise: a draw as well.",
                    (s, g) -> s.selector(Selectors.gumbel())),
            selector("--mirostat1", "TAU,ETA", "Hold the surprise at TAU bits, at the rate ETA; as 5,0.1.", (s, g) -> {
                Numbers numbers = g.numbers().count(2);
                s.selector(Selectors.mirostat1(numbers.at(0), numbers.at(1)));
            }),
            selector("--mirostat2", "TAU,ETA", "Likewise, by the surprise of each token.", (s, g) -> {
                Numbers numbers = g.numbers().count(2);
                s.selector(Selectors.mirostat2(numbers.at(0), numbers.at(1)));
            }),
            selector("--adaptive-p", "TARGET,DECAY", "Hold the probability of what is chosen near TARGET.", (s, g) -> {
                Numbers numbers = g.numbers().count(2);
                s.selector(Selectors.adaptiveP(numbers.at(0), numbers.at(1)));
            }));

    private SamplingOptions() {}

    private static Row filter(String name, String label, String description, Setter setter) {
        return new Row(name, label, description, false, false, setter);
    }

    private static Row repeated(String name, String label, String description, Setter setter) {
        return new Row(name, label, description, true, false, setter);
    }

    private static Row selector(String name, String label, String description, Setter setter) {
        return new Row(name, label, description, false, true, setter);
    }

    /** Gives a command these options. */
    static void addTo(CommandSpec command) {
        command.addOption(OptionSpec.builder(PROFILE)
                .paramLabel("NAME")
                .type(String.class)
                .description(
                        "Sample as another program does: llama.cpp, huggingface or vllm. Its order; its defaults for"
                                + " what is not given. Default: the order of the options.")
                .build());
        ROWS.forEach(row -> command.addOption(row.option()));
    }

    /** Whether an option says how to sample. */
    static boolean areGiven(CommandSpec command) {
        return profile(command) != null || !given(command).isEmpty();
    }

    /**
     * The chain that a command's options ask for.
     *
     * @param reader reads the file of {@code --guidance}
     * @throws ParameterException if they contradict each other or have wrong values
     */
    static Chain chain(CommandSpec command, Reader reader) throws IOException {
        List<Row> given = given(command);
        List<String> choosing =
                given.stream().filter(Row::chooses).map(Row::name).toList();
        if (choosing.size() > 1) {
            throw new ParameterException(
                    command.commandLine(), String.join(" and ", choosing) + ": only one of them can choose");
        }
        if (option(command, DRY_BREAKERS) != null && option(command, "--dry") == null) {
            throw new ParameterException(command.commandLine(), DRY_BREAKERS + " has no meaning without --dry");
        }
        SamplingSettings settings = new SamplingSettings();
        for (Row row : given) {
            try {
                row.setter.set(settings, new Given(texts(command, row), command, reader));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(command.commandLine(), row.name + ": " + e.getMessage(), e);
            }
        }
        String profile = profile(command);
        try {
            return profile == null ? settings.chain() : settings.chain(Profile.named(profile));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), PROFILE + ": " + e.getMessage(), e);
        }
    }

    /** The rows that were given, in the order of the options. */
    private static List<Row> given(CommandSpec command) {
        List<Row> given = new ArrayList<>();
        for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
            ROWS.stream()
                    .filter(row -> row.name.equals(option.longestName()) && !given.contains(row))
                    .forEach(given::add);
        }
        // Sets nothing by itself: only looked at, before --dry takes it
        given.sort(Comparator.comparing(row -> !row.name.equals(DRY_BREAKERS)));
        return given;
    }

    private static @Nullable String profile(CommandSpec command) {
        return command.commandLine().getParseResult().matchedOptionValue(PROFILE, null);
    }

    private static @Nullable OptionSpec option(CommandSpec command, String name) {
        return command.commandLine().getParseResult().matchedOption(name);
    }

    private static List<String> texts(CommandSpec command, Row row) {
        Object value = Objects.requireNonNull(option(command, row.name)).getValue();
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of(String.valueOf(value));
    }

    private static void setDry(SamplingSettings settings, Given given) {
        Numbers numbers = given.numbers();
        if (numbers.size() != 3 && numbers.size() != 4) {
            throw new IllegalArgumentException(
                    given.text() + ": must be MULTIPLIER,BASE,ALLOWED or MULTIPLIER,BASE,ALLOWED,WINDOW");
        }
        OptionSpec breakers = option(given.spec, DRY_BREAKERS);
        settings.dry(
                numbers.at(0),
                numbers.at(1),
                numbers.wholeAt(2),
                numbers.size() == 4 ? Scope.last(numbers.wholeAt(3)) : Scope.all(),
                breakers == null ? new int[0] : new Numbers(breakers.getValue()).ids());
    }

    private static void setBias(SamplingSettings settings, Given given) {
        Map<Integer, Double> biases = new LinkedHashMap<>();
        for (String entry : String.join(",", given.texts).split(",", -1)) {
            int equals = entry.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("'" + entry + "': must be ID=VALUE");
            }
            int id = new Numbers(entry.substring(0, equals)).ids()[0];
            if (biases.put(id, new Numbers(entry.substring(equals + 1)).one()) != null) {
                throw new IllegalArgumentException("token " + id + " is given twice");
            }
        }
        settings.bias(biases);
    }

    private static void setGuidance(SamplingSettings settings, Given given) throws IOException {
        int comma = given.text().lastIndexOf(',');
        if (comma < 1) {
            throw new IllegalArgumentException(given.text() + ": must be FILE,SCALE");
        }
        double scale = new Numbers(given.text().substring(comma + 1)).one();
        Logits unconditional = given.reader.read(given.text().substring(0, comma));
        settings.guidance(() -> unconditional, scale);
    }
}

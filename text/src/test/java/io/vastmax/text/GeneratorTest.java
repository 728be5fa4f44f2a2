package io.vastmax.text;

import static io.vastmax.text.FinishReason.CANCELLED;
import static io.vastmax.text.FinishReason.END_TOKEN;
import static io.vastmax.text.FinishReason.LENGTH;
import static io.vastmax.text.FinishReason.STOP_STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.sampling.BeamSettings;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Constraints;
import io.vastmax.sampling.Filters;
import io.vastmax.sampling.Hypothesis;
import io.vastmax.sampling.NoCandidatesException;
import io.vastmax.sampling.Penalties;
import io.vastmax.sampling.Selectors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeneratorTest {
    private static final Chain GREEDY = Chain.of().select(Selectors.greedy());
    private static final Chain DRAWN =
            Chain.of(Penalties.repetition(1.1), Filters.topP(0.95), Filters.temperature(1.2));
    private static final int[] PROMPT = {1, 2};

    /** A token is a letter of this alphabet, or some. */
    private static final String[] LETTERS = {"<s>", "a", "b", "c", "ab", "bc", "</s>", " "};

    private static final Detokenizer TEXT = Detokenizer.bytes(id -> LETTERS[id].getBytes(StandardCharsets.UTF_8));

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            nullValues = "-",
            value = {
                // what the model says; end tokens; stop strings; tokens drawn; text; why it ended
                "1 2 3 1;     -;    -;      1 2 3 1 0;  abca<s>;   LENGTH",
                "1 2 6 1;     6;    -;      1 2 6;      ab;        END_TOKEN",
                "1 0 6 1;     6,0;  -;      1 0;        a;         END_TOKEN",
                "6 1 2;       6;    -;      6;          '';        END_TOKEN",
                "1 2 3 1;     6;    b;      1 2;        a;         STOP_STRING",
                "3 1 2 3 1;   -;    ab;     3 1 2;      c;         STOP_STRING",
                "3 4 5 1;     -;    bb;     3 4 5;      ca;        STOP_STRING",
                "3 4 1 1 5;   -;    bb,ca;  3 4;        '';        STOP_STRING",
                "3 3 1 2 3;   -;    cab,ca; 3 3 1;      c;         STOP_STRING",
                "1 2 6;       6;    bb;     1 2 6;      ab;        END_TOKEN",
                "1 2 3 3 1;   -;    ax;     1 2 3 3 1;  abcca;     LENGTH",
                "1 2 3 1 2;   6;    ab<;    1 2 3 1 2;  abcab;     LENGTH"
            })
    void aTextEndsAtATokenAStringOrALength(
            String says, String ends, String stops, String tokens, String text, FinishReason finish) {
        ScriptedModel model = ScriptedModel.saying(LETTERS.length, 2, numbers(says, " "));
        GenerationSettings settings = GenerationSettings.of(GREEDY, 5);
        if (ends != null) {
            settings = settings.withEndTokens(numbers(ends, ","));
        }
        if (stops != null) {
            settings = settings.withStopStrings(stops.split(",", -1));
        }
        List<GeneratedToken> heard = new ArrayList<>();
        Generation generation = new Generator(model, TEXT)
                .generate(List.of(PROMPT), settings, heard::add)
                .getFirst();

        assertThat(generation.tokens()).containsExactlyElementsOf(list(numbers(tokens, " ")));
        assertThat(generation.text()).isEqualTo(text);
        assertThat(generation.finish()).isEqualTo(finish);
        assertThat(heard).extracting(GeneratedToken::id).isEqualTo(generation.tokens());
        assertThat(joined(heard)).isEqualTo(text);
        assertThat(heard.removeLast().finish()).isEqualTo(finish);
        assertThat(heard).allSatisfy(token -> assertThat(token.finish()).isNull());
        assertThat(model.open).isZero();
    }

    @Test
    void whatMayBeTheBeginningOfAStopStringIsHeldBack() {
        ScriptedModel model = ScriptedModel.saying(LETTERS.length, 2, 3, 1, 2, 1, 2, 3, 1);
        List<GeneratedToken> heard = new ArrayList<>();
        GenerationSettings settings = GenerationSettings.of(GREEDY, 10).withStopStrings("abc");
        new Generator(model, TEXT).generate(List.of(PROMPT), settings, heard::add);
        assertThat(heard).extracting(GeneratedToken::text).containsExactly("c", "", "", "ab", "", "");
    }

    /** The prompt, the seed and the number of a sequence decide its text, not the batch that it is in. */
    @Test
    void eachTextOfABatchIsThatOfItsPromptAlone() {
        ScriptedModel model = ScriptedModel.random(LETTERS.length, 30);
        Generator generator = new Generator(model, TEXT);
        GenerationSettings settings = GenerationSettings.of(DRAWN, 20)
                .withSeed(7)
                .withEndTokens(6)
                .withStopStrings("bb")
                .withLogProbs(2);
        List<int[]> prompts =
                List.of(new int[] {1}, new int[] {2, 3, 4, 5}, new int[] {1}, new int[] {7, 7}, new int[28]);
        List<GeneratedToken> heard = new ArrayList<>();
        List<Generation> batch = generator.generate(prompts, settings, heard::add);

        assertThat(batch).hasSize(prompts.size());
        for (int i = 0; i < prompts.size(); i++) {
            Generation alone = generator.generate(prompts.get(i), settings.withSequence(i));
            assertThat(batch.get(i)).isEqualTo(alone);
            int prompt = i;
            assertThat(joined(heard.stream()
                            .filter(token -> token.prompt() == prompt)
                            .toList()))
                    .isEqualTo(alone.text());
        }
        // Equal prompts are two sequences
        assertThat(batch.get(0).tokens()).isNotEqualTo(batch.get(2).tokens());
        assertThat(batch).extracting(Generation::finish).contains(END_TOKEN, STOP_STRING, LENGTH);
    }

    @Test
    void equalPromptsRunOnceAndFinishedTextsNoMore() {
        // The first token of the prompt says how long the text is: then token 6
        ScriptedModel model = new ScriptedModel(LETTERS.length, 100, tokens -> {
            float[] row = new float[LETTERS.length];
            row[tokens.length > 2 * tokens[0] ? 6 : 7] = 9;
            return row;
        });
        List<int[]> prompts = List.of(new int[] {3}, new int[] {1}, new int[] {3}, new int[] {2});
        GenerationSettings settings = GenerationSettings.of(GREEDY, 9).withEndTokens(6);
        List<Generation> texts = new Generator(model, TEXT).generate(prompts, settings, GenerationListener.NONE);
        assertThat(texts).extracting(text -> text.tokens().size()).containsExactly(7, 3, 7, 5);
        assertThat(model.fed).containsExactly(3, 4, 4, 3, 3, 2, 2);
    }

    @Test
    void everyPromptMayHaveSettingsOfItsOwn() {
        Generator generator = new Generator(ScriptedModel.random(LETTERS.length, 100), TEXT);
        GenerationSettings greedy = GenerationSettings.of(GREEDY, 3);
        GenerationSettings drawn = GenerationSettings.of(DRAWN, 5).withSeed(3).withSequence(8);
        List<Generation> both =
                generator.generate(List.of(PROMPT, PROMPT), List.of(greedy, drawn), GenerationListener.NONE);
        assertThat(both).containsExactly(generator.generate(PROMPT, greedy), generator.generate(PROMPT, drawn));
        assertThat(both).extracting(text -> text.tokens().size()).containsExactly(3, 5);
    }

    @Test
    void aListenerCancelsOneText() {
        ScriptedModel model = ScriptedModel.saying(LETTERS.length, 2, 1, 2, 3, 1, 2, 3);
        List<GeneratedToken> heard = new ArrayList<>();
        List<Generation> texts = new Generator(model, TEXT)
                .generate(
                        List.of(PROMPT, new int[] {3, 3}),
                        GenerationSettings.of(GREEDY, 6).withStopStrings("bx"),
                        token -> {
                            heard.add(token);
                            return token.prompt() == 1 || token.id() != 2;
                        });
        assertThat(texts).extracting(Generation::finish).containsExactly(CANCELLED, LENGTH);
        assertThat(texts).extracting(Generation::text).containsExactly("a", "abcabc");
        assertThat(heard).hasSize(2 + 6);
        // A token that ends the text by itself is not cancelled
        Generation one = new Generator(model, TEXT)
                .generate(List.of(PROMPT), GenerationSettings.of(GREEDY, 1), token -> false)
                .getFirst();
        assertThat(one.finish()).isEqualTo(LENGTH);
    }

    @Test
    void tokensAreScoredOnRequest() {
        ScriptedModel model = ScriptedModel.saying(LETTERS.length, 2, 3, 1);
        Generation scored = new Generator(model, TEXT)
                .generate(PROMPT, GenerationSettings.of(GREEDY, 2).withLogProbs(1));
        assertThat(scored.scores()).hasSize(2).allSatisfy(score -> {
            assertThat(score.rank()).isEqualTo(1);
            assertThat(score.logProb()).isZero();
            assertThat(score.top()).hasSize(1);
        });
        assertThat(scored.scores()).extracting(score -> score.id()).isEqualTo(scored.tokens());
    }

    @Test
    void thePromptAndTheTextFitTheContext() {
        Generator generator = new Generator(ScriptedModel.random(LETTERS.length, 5), TEXT);
        assertThat(generator.generate(PROMPT, GenerationSettings.of(GREEDY, 9)))
                .satisfies(text -> assertThat(text.tokens()).hasSize(3))
                .satisfies(text -> assertThat(text.finish()).isEqualTo(LENGTH));
        assertThat(generator
                        .generate(new int[4], GenerationSettings.of(GREEDY, 9))
                        .tokens())
                .hasSize(1);
        assertThatThrownBy(() -> generator.generate(new int[5], GenerationSettings.of(GREEDY, 9)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("prompt has 5 tokens", "context holds 5");
    }

    /** Against all texts of three tokens. */
    @Test
    void beamSearchOverAllTextsFindsTheLikeliest() {
        ScriptedModel model = ScriptedModel.random(3, 100);
        Generator generator = new Generator(model, TEXT);
        BeamSettings settings = BeamSettings.of(27, 3);
        List<Hypothesis> found = generator.beamSearch(PROMPT, Chain.of(), settings);
        assertThat(found).hasSize(27);
        GenerationSettings one = GenerationSettings.of(Chain.of(), 1).withLogProbs(3);
        double sum = 0;
        for (Hypothesis hypothesis : found) {
            double expected = 0;
            int[] tokens = PROMPT;
            for (int id : hypothesis.tokens()) {
                expected += generator.generate(tokens, one).scores().getFirst().top().stream()
                        .filter(scored -> scored.id() == id)
                        .findFirst()
                        .orElseThrow()
                        .logProb();
                tokens = IntStream.concat(Arrays.stream(tokens), IntStream.of(id))
                        .toArray();
            }
            assertThat(hypothesis.logProbability()).isCloseTo(expected, within(1e-5));
            sum += Math.exp(expected);
        }
        assertThat(sum).isCloseTo(1, within(1e-5));
        assertThat(model.open).isZero();
        // The context ends hypotheses too
        assertThat(new Generator(ScriptedModel.random(3, 4), TEXT).beamSearch(PROMPT, Chain.of(), settings))
                .isNotEmpty()
                .allSatisfy(hypothesis -> assertThat(hypothesis.tokens()).hasSize(2));
    }

    @Test
    void badInputIsRefusedByName() {
        ScriptedModel model = ScriptedModel.random(LETTERS.length, 100);
        Generator generator = new Generator(model, TEXT);
        GenerationSettings settings = GenerationSettings.of(GREEDY, 3);
        refused(() -> generator.generate(new int[0], settings), "prompt is empty");
        refused(() -> generator.generate(new int[] {1, 8}, settings), "prompt[1] = 8: must be from 0 to below 8");
        refused(() -> generator.generate(new int[] {-1}, settings), "prompt[0] = -1");
        refused(
                () -> generator.generate(List.of(PROMPT, new int[0]), settings, GenerationListener.NONE),
                "prompts[1] is empty");
        refused(() -> generator.generate(PROMPT, settings.withEndTokens(8)), "endTokens = 8");
        refused(
                () -> generator.generate(List.of(PROMPT), List.of(), GenerationListener.NONE),
                "settings are 0: must be one for each of the 1 prompts");
        refused(() -> generator.beamSearch(new int[0], Chain.of(), BeamSettings.of(2, 2)), "prompt is empty");
        refused(() -> settings.withEndTokens(-1), "endTokens: -1");
        refused(() -> settings.withStopStrings("a", ""), "stopStrings: one is empty");
        refused(() -> settings.withSequence(-1), "sequence = -1");
        refused(() -> settings.withLogProbs(-1), "logProbs = -1");
        refused(() -> GenerationSettings.of(GREEDY, 0), "maxTokens = 0");
        Vocabulary words = Vocabulary.of(List.of("<unk>", "<eos>"));
        refused(() -> new Generator(model, Detokenizer.words(words)), "vocabulary has 2 tokens, but the model has 8");
        assertThat(generator.generate(List.of(), settings, GenerationListener.NONE))
                .isEmpty();
        assertThat(model.open).isZero();
    }

    @Test
    void aFailureClosesTheDecoding() {
        ScriptedModel narrow = new ScriptedModel(LETTERS.length, 100, tokens -> new float[3]);
        GenerationSettings settings = GenerationSettings.of(GREEDY, 3);
        assertThatThrownBy(() -> new Generator(narrow, TEXT).generate(PROMPT, settings))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The model gives 3 logits for each token, but its vocabulary has 8");
        assertThat(narrow.open).isZero();
        ScriptedModel model = ScriptedModel.random(2, 100);
        GenerationSettings none = GenerationSettings.of(Chain.of(Constraints.ban(0, 1)), 3);
        assertThatThrownBy(() -> new Generator(model, TEXT).generate(new int[] {1}, none))
                .isInstanceOf(NoCandidatesException.class);
        assertThat(model.open).isZero();
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    private static String joined(List<GeneratedToken> heard) {
        StringBuilder text = new StringBuilder();
        heard.forEach(token -> text.append(token.text()));
        return text.toString();
    }

    private static int[] numbers(String text, String separator) {
        return Arrays.stream(text.split(separator, -1))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    private static List<Integer> list(int... ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}

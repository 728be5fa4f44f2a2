package io.vastmax.text;

import static io.vastmax.text.FinishReason.CANCELLED;
import static io.vastmax.text.FinishReason.END_TOKEN;
import static io.vastmax.text.FinishReason.LENGTH;
import static io.vastmax.text.FinishReason.STOP_STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Constraints;
import io.vastmax.sampling.Explanation;
import io.vastmax.sampling.Filters;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Penalties;
import io.vastmax.sampling.PromptLookup;
import io.vastmax.sampling.Sampler;
import io.vastmax.sampling.ScoredToken;
import io.vastmax.sampling.Selectors;
import io.vastmax.testkit.ChiSquare;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts with drafts are what they are without. */
class SpeculationTest {
    private static final Chain GREEDY = Chain.of(Penalties.repetition(1.1)).select(Selectors.greedy());
    private static final Chain LIKELIEST = Chain.of().select(Selectors.greedy());
    private static final Chain DRAWN =
            Chain.of(Penalties.repetition(1.1), Filters.topP(0.95), Filters.temperature(1.2));
    private static final String[] LETTERS = {"a", "b", "c", "ab", "é", " "};
    private static final int V = LETTERS.length;
    private static final int CONTEXT = 40;
    private static final Detokenizer TEXT = Detokenizer.bytes(id -> LETTERS[id].getBytes(StandardCharsets.UTF_8));
    private static final ScriptedModel MODEL = ScriptedModel.random(V, CONTEXT);

    /** What drafts. */
    enum Draft {
        SAME,
        GOOD,
        POOR,
        /** Ends before the texts do. */
        SHORT,
        /** Ends before it could draft. */
        TINY,
        LONG;

        ScriptedModel model() {
            return switch (this) {
                case SAME -> MODEL.disturbed(CONTEXT, 0);
                case GOOD -> MODEL.disturbed(CONTEXT, 0.3f);
                case POOR -> MODEL.disturbed(CONTEXT, 5);
                case SHORT -> MODEL.disturbed(15, 0.3f);
                case TINY -> MODEL.disturbed(1, 0.3f);
                case LONG -> MODEL.disturbed(2 * CONTEXT, 0.3f);
            };
        }
    }

    /** A text, and what its listener heard. */
    private record Heard(List<Generation> texts, List<List<GeneratedToken>> tokens) {}

    private static Heard hear(Generator generator, List<int[]> prompts, GenerationSettings settings) {
        List<List<GeneratedToken>> heard = new ArrayList<>();
        prompts.forEach(prompt -> heard.add(new ArrayList<>()));
        List<Generation> texts = generator.generate(
                prompts, settings, token -> heard.get(token.prompt()).add(token));
        return new Heard(texts, heard);
    }

    private static List<int[]> prompts(SplittableRandom random) {
        List<int[]> prompts = new ArrayList<>();
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            prompts.add(random.ints(random.nextInt(1, random.nextBoolean() ? 6 : CONTEXT), 0, V)
                    .toArray());
        }
        prompts.add(prompts.getFirst());
        return prompts;
    }

    private static GenerationSettings settings(Chain chain, SplittableRandom random) {
        GenerationSettings settings =
                GenerationSettings.of(chain, random.nextInt(1, 60)).withSeed(random.nextInt());
        if (random.nextBoolean()) {
            settings = settings.withEndTokens(random.nextInt(V));
        }
        if (random.nextBoolean()) {
            settings = settings.withStopStrings("abc", "bé", "ca ");
        }
        return random.nextBoolean() ? settings.withLogProbs(random.nextInt(3)) : settings;
    }

    /** The same tokens, text, ends and scores, in the same pieces; from batches of prompts of all lengths. */
    @ParameterizedTest
    @EnumSource
    void greedyTextsAreTheVerySame(Draft draft) {
        Generator plain = new Generator(MODEL, TEXT);
        ScriptedModel small = draft.model();
        long drafted = 0;
        for (int seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<int[]> prompts = prompts(random);
            GenerationSettings settings = settings(GREEDY, random);
            Generator speculative = plain.withDraft(small, random.nextInt(1, 7));
            Heard with = hear(speculative, prompts, settings);
            drafted += same(with, hear(plain, prompts, settings));
        }
        assertThat(drafted > 0).isEqualTo(draft != Draft.TINY);
        assertThat(small.open).isZero();
        assertThat(MODEL.open).isZero();
    }

    /** Whatever the chain: the tokens are the target's own draws. */
    @Test
    void textsWithLookedUpDraftsAreTheVerySame() {
        Generator plain = new Generator(MODEL, TEXT);
        long drafted = 0;
        for (int seed = 0; seed < 600; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<int[]> prompts = prompts(random);
            GenerationSettings settings = settings(seed % 2 == 0 ? DRAWN : GREEDY, random);
            Generator speculative = plain.withPromptLookup(PromptLookup.of(2, random.nextInt(1, 7)));
            drafted += same(hear(speculative, prompts, settings), hear(plain, prompts, settings));
        }
        assertThat(drafted).isPositive();
        assertThat(MODEL.open).isZero();
    }

    /** Returns how many drafts there were. */
    private static long same(Heard with, Heard without) {
        assertThat(with.tokens).isEqualTo(without.tokens);
        long drafted = 0;
        for (int i = 0; i < with.texts.size(); i++) {
            Generation text = with.texts.get(i);
            Generation plain = without.texts.get(i);
            assertThat(new Generation(text.tokens(), text.text(), text.finish(), text.scores(), 0, 0))
                    .isEqualTo(plain);
            assertThat(text.accepted())
                    .isBetween(0, Math.min(text.drafted(), text.tokens().size()));
            drafted += text.drafted();
        }
        return drafted;
    }

    /** Against the probability of each text of up to three tokens, of which one ends it; two prompts at once. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void drawnTextsAreDistributedAsWithoutDrafts(int drafts) {
        ScriptedModel model = ScriptedModel.random(3, 100);
        List<int[]> prompts = List.of(new int[] {1, 2, 0, 1}, new int[] {2});
        GenerationSettings settings = GenerationSettings.of(DRAWN, 3).withEndTokens(2);
        List<Map<List<Integer>, Double>> expected = new ArrayList<>();
        for (int[] prompt : prompts) {
            Map<List<Integer>, Double> texts = new LinkedHashMap<>();
            walk(model, settings, DRAWN.sampler(0).prompt(prompt), List.of(), 1, texts);
            expected.add(texts);
        }
        Chain truncated = Chain.of(Filters.topK(2));
        for (float amount : new float[] {0.2f, 3}) {
            ScriptedModel draft = model.disturbed(100, amount);
            Generator plain = new Generator(model, TEXT);
            Generator own = plain.withDraft(draft, drafts);
            Generator other = plain.withDraft(draft, truncated, drafts);
            for (Generator generator : List.of(own, other)) {
                List<Map<List<Integer>, Long>> counts = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
                for (int seed = 0; seed < 10_000; seed++) {
                    List<Generation> texts =
                            generator.generate(prompts, settings.withSeed(seed), GenerationListener.NONE);
                    for (int i = 0; i < texts.size(); i++) {
                        counts.get(i).merge(texts.get(i).tokens(), 1L, Long::sum);
                    }
                }
                for (int i = 0; i < prompts.size(); i++) {
                    Map<List<Integer>, Long> seen = counts.get(i);
                    assertThat(expected.get(i).keySet()).containsAll(seen.keySet());
                    ChiSquare.check(
                            "prompt " + i + ", disturbed by " + amount,
                            expected.get(i).keySet().stream()
                                    .mapToLong(text -> seen.getOrDefault(text, 0L))
                                    .toArray(),
                            expected.get(i).values().stream()
                                    .mapToDouble(p -> p)
                                    .toArray());
                }
            }
        }
    }

    private static void walk(
            ScriptedModel model,
            GenerationSettings settings,
            Sampler sampler,
            List<Integer> tokens,
            double p,
            Map<List<Integer>, Double> texts) {
        if (tokens.size() == settings.maxTokens()
                || (!tokens.isEmpty() && settings.endTokens().contains(tokens.getLast()))) {
            texts.put(tokens, p);
            return;
        }
        Logits row = Logits.of(model.after(sampler.history().toArray()));
        for (Explanation.Candidate next : sampler.explain(row, row.size()).candidates()) {
            Sampler after = sampler.copy();
            after.accept(next.id());
            List<Integer> longer = new ArrayList<>(tokens);
            longer.add(next.id());
            walk(model, settings, after, longer, p * next.probability(), texts);
        }
    }

    /** Drafts included: neither the lengths nor the ends of other texts matter. */
    @Test
    void eachTextOfABatchIsThatOfItsPromptAlone() {
        ScriptedModel model = ScriptedModel.random(V, 1000);
        Generator generator = new Generator(model, TEXT).withDraft(model.disturbed(70, 0.5f), 4);
        List<int[]> prompts = List.of(
                new int[] {1}, new int[] {2, 3, 4, 5}, new int[] {1}, new int[60], new int[80], new int[] {5, 5});
        List<GenerationSettings> each = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            each.add(GenerationSettings.of(DRAWN, 10 + 7 * i)
                    .withSequence(i)
                    .withEndTokens(4)
                    .withLogProbs(1));
        }
        for (int seed = 0; seed < 20; seed++) {
            int own = seed;
            List<GenerationSettings> seeded =
                    each.stream().map(settings -> settings.withSeed(own)).toList();
            List<Generation> batch = generator.generate(prompts, seeded, GenerationListener.NONE);
            for (int i = 0; i < prompts.size(); i++) {
                assertThat(batch.get(i)).isEqualTo(generator.generate(prompts.get(i), seeded.get(i)));
            }
            assertThat(batch.get(4).drafted()).isZero();
        }
    }

    @Test
    void drawnTokensAreScoredUnderTheModel() {
        int[] prompt = {1, 2};
        GenerationSettings settings =
                GenerationSettings.of(DRAWN, 30).withSeed(4).withLogProbs(V);
        Generation text = new Generator(MODEL, TEXT)
                .withDraft(MODEL.disturbed(CONTEXT, 0.5f), 3)
                .generate(prompt, settings);
        assertThat(text.accepted()).isBetween(1, text.drafted() - 1);
        Sampler sampler = DRAWN.sampler(0).prompt(prompt);
        for (ScoredToken score : text.scores()) {
            Logits row = Logits.of(MODEL.after(sampler.history().toArray()));
            List<Explanation.Candidate> candidates = sampler.explain(row, V).candidates();
            Explanation.Candidate own = candidates.stream()
                    .filter(each -> each.id() == score.id())
                    .findFirst()
                    .orElseThrow();
            assertThat(score.logProb()).isCloseTo(Math.log(own.raw()), within(1e-5));
            assertThat(score.chainLogProb()).isCloseTo(Math.log(own.probability()), within(1e-5));
            assertThat(score.chainRank()).isEqualTo(candidates.indexOf(own) + 1);
            assertThat(score.top()).hasSize(V);
            sampler.accept(score.id());
        }
        assertThat(text.scores()).extracting(ScoredToken::id).isEqualTo(text.tokens());
    }

    /** All drafts pass: g + 1 tokens a run, after the prompt's one. */
    @Test
    void theModelRunsLess() {
        int[] says = {0, 1, 2, 3, 4, 5, 0, 2, 1, 3, 5, 4, 0, 3, 1, 2};
        for (int drafts = 1; drafts <= 6; drafts++) {
            ScriptedModel model = ScriptedModel.saying(V, 2, says);
            ScriptedModel draft = ScriptedModel.saying(V, 2, says);
            Generation text = new Generator(model, TEXT)
                    .withDraft(draft, drafts)
                    .generate(new int[2], GenerationSettings.of(LIKELIEST, says.length));
            int runs = (int) Math.ceil((says.length - 1) / (drafts + 1.0));
            assertThat(text.tokens())
                    .containsExactlyElementsOf(IntStream.of(says).boxed().toList());
            assertThat(model.fed).hasSize(1 + runs);
            assertThat(text.accepted()).isEqualTo(says.length - 1 - runs);
            assertThat(text.drafted()).isEqualTo(text.accepted());
            // One run for the prompt, then one for each draft
            assertThat(draft.fed).hasSize(1 + text.drafted());
        }
    }

    /** Drafts that pass behind the end of a text are never heard of. */
    @Test
    void aTextEndsWithinItsDrafts() {
        int[] says = {0, 1, 2, 0, 5, 0, 1, 2};
        ScriptedModel model = ScriptedModel.saying(V, 2, says);
        ScriptedModel draft = ScriptedModel.saying(V, 2, says);
        Generator generator = new Generator(model, TEXT).withDraft(draft, 6);
        GenerationSettings settings = GenerationSettings.of(LIKELIEST, says.length);
        Heard stopped = hear(generator, List.of(new int[2]), settings.withStopStrings("ca"));
        assertThat(stopped.texts.getFirst())
                .isEqualTo(new Generation(List.of(0, 1, 2, 0), "ab", STOP_STRING, List.of(), 6, 3));
        assertThat(stopped.tokens.getFirst()).hasSize(4);
        Generation ended = generator.generate(new int[2], settings.withEndTokens(2));
        // The end token is drafted, and nothing behind it
        assertThat(ended).isEqualTo(new Generation(List.of(0, 1, 2), "ab", END_TOKEN, List.of(), 2, 2));
        for (int heard = 1; heard < says.length; heard++) {
            int most = heard;
            List<GeneratedToken> tokens = new ArrayList<>();
            Generation cancelled = generator
                    .generate(List.of(new int[2]), settings, token -> {
                        tokens.add(token);
                        return tokens.size() < most;
                    })
                    .getFirst();
            assertThat(cancelled.finish()).isEqualTo(CANCELLED);
            assertThat(cancelled.tokens()).hasSize(heard);
            assertThat(tokens).extracting(GeneratedToken::id).isEqualTo(cancelled.tokens());
        }
        assertThat(model.open + draft.open).isZero();
    }

    @Test
    void noDraftsAreMadeWithoutRoomForThem() {
        for (int maxTokens = 1; maxTokens < 12; maxTokens++) {
            ScriptedModel draft = MODEL.disturbed(CONTEXT, 0);
            Generation text = new Generator(MODEL, TEXT)
                    .withDraft(draft, 4)
                    .generate(new int[3], GenerationSettings.of(GREEDY, maxTokens));
            assertThat(text.finish()).isEqualTo(LENGTH);
            assertThat(text.tokens()).hasSize(maxTokens);
            assertThat(text.drafted()).isEqualTo(text.accepted());
            assertThat(draft.fed.isEmpty()).isEqualTo(maxTokens < 3);
        }
    }

    /** A draft is never owed: if its chain leaves no token, the text goes on by itself. */
    @Test
    void aDraftThatFindsNoCandidatesIsNone() {
        int[] all = IntStream.range(0, V).toArray();
        GenerationSettings settings = GenerationSettings.of(DRAWN, 20).withSeed(3);
        Generator plain = new Generator(MODEL, TEXT);
        Generator speculative = plain.withDraft(MODEL, Chain.of(Constraints.ban(all)), 3);
        assertThat(speculative.generate(new int[] {1}, settings)).isEqualTo(plain.generate(new int[] {1}, settings));
    }

    private static void example(
            CausalLanguageModel model,
            CausalLanguageModel smaller,
            Detokenizer detokenizer,
            int[] prompt,
            GenerationSettings settings) {
        // begin
        Generator generator = new Generator(model, detokenizer).withDraft(smaller, 4); // 4 drafts a run
        Generation text = generator.generate(prompt, settings);
        System.out.println(text.accepted() + " of " + text.drafted() + " drafts passed");
        // end
    }

    @Test
    void theGuideShowsThisCode() throws IOException {
        String source =
                Files.readString(Path.of("src", "test", "java", "io", "vastmax", "text", "SpeculationTest.java"));
        String code = source.substring(source.indexOf("// begin\n") + 9, source.indexOf("\n        // end"));
        assertThat(Path.of("..", "docs", "generation.md"))
                .content()
                .contains("```java\n" + code.stripIndent() + "\n```\n");
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            example(MODEL, Draft.SAME.model(), TEXT, new int[] {1}, GenerationSettings.of(GREEDY, 20));
        } finally {
            System.setOut(before);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).matches("15 of 15 drafts passed\\R");
    }

    @Test
    void badDraftsAreRefusedByName() {
        Generator generator = new Generator(MODEL, TEXT);
        assertThatThrownBy(() -> generator.withDraft(ScriptedModel.random(V + 1, 9), 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("draft has 7 tokens in its vocabulary, but the model has 6");
        assertThatThrownBy(() -> generator.withDraft(MODEL, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tokens = 0: must be at least 1");
        ScriptedModel narrow = new ScriptedModel(V, 100, tokens -> new float[3]);
        assertThatThrownBy(
                        () -> generator.withDraft(narrow, 2).generate(new int[] {1}, GenerationSettings.of(GREEDY, 9)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The draft gives 3 logits for each token, but its vocabulary has 6");
        assertThat(narrow.open).isZero();
        assertThat(MODEL.open).isZero();
    }
}

package io.vastmax.text;

import io.vastmax.sampling.BeamSearch;
import io.vastmax.sampling.BeamSettings;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Hypothesis;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.PromptLookup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes texts with a model: the one loop for all models, chains and ends.
 *
 * <pre>{@code
 * Generator generator = new Generator(model, Detokenizer.words(vocabulary));
 * GenerationSettings settings = GenerationSettings.of(Chain.of(topK(40), temperature(0.8)), 100)
 *         .withEndTokens(vocabulary.eosId())
 *         .withStopStrings("\n\n");
 * Generation generation = generator.generate(prompt, settings);
 * }</pre>
 *
 * <p>Prompts that are given together run as a batch, each with its own length; equal prompts run once. A text that ends leaves
 * the batch. A token depends on (seed, sequence, position) and on the logits, so on the batch only as far as the model's
 * logits round otherwise there.
 *
 * <p>With {@linkplain #withDraft drafts}, the model verifies several tokens in one run, and writes texts of the same
 * distribution with fewer runs ({@link io.vastmax.sampling.SpeculativeDecoding}).
 *
 * <p>Prompt and tokens together are at most the model's {@link CausalLanguageModel#maxLength}. If the model, a sampler or a
 * listener fails, the whole batch does. Holds no state of its own: as safe for use by several threads as the model is.
 */
public final class Generator {
    private final CausalLanguageModel model;
    private final Detokenizer detokenizer;
    private final Drafts drafts;

    /**
     * A generator.
     *
     * @throws IllegalArgumentException if the two have not the same vocabulary
     */
    public Generator(CausalLanguageModel model, Detokenizer detokenizer) {
        this(model, detokenizer, Drafts.NONE);
        detokenizer.requireFit(model.vocabularySize());
    }

    private Generator(CausalLanguageModel model, Detokenizer detokenizer, Drafts drafts) {
        this.model = model;
        this.detokenizer = detokenizer;
        this.drafts = drafts;
    }

    /**
     * The same with drafts of a smaller model, drawn with each text's own chain.
     *
     * @throws IllegalArgumentException as {@link #withDraft(CausalLanguageModel, Chain, int)}
     */
    public Generator withDraft(CausalLanguageModel draft, int tokens) {
        return withDraft(draft, Drafts.of(draft, null, tokens), tokens);
    }

    /**
     * The same with drafts of a smaller model. A greedy text is the very same as without them; others are distributed as without
     * them, but are others. Where the smaller model's context ends, the text goes on without drafts.
     *
     * @param draft knows the same tokens
     * @param chain draws the drafts. The more its distribution is like that of the texts' own chain, the more pass
     * @param tokens how many are drafted at once
     * @throws IllegalArgumentException if the two models have not as many tokens, or {@code tokens} is not positive
     */
    public Generator withDraft(CausalLanguageModel draft, Chain chain, int tokens) {
        return withDraft(draft, Drafts.of(draft, chain, tokens), tokens);
    }

    private Generator withDraft(CausalLanguageModel draft, Drafts ofDraft, int tokens) {
        if (draft.vocabularySize() != model.vocabularySize()) {
            throw new IllegalArgumentException("draft has " + draft.vocabularySize()
                    + " tokens in its vocabulary, but the model has " + model.vocabularySize());
        }
        if (tokens < 1) {
            throw new IllegalArgumentException("tokens = " + tokens + ": must be at least 1");
        }
        return new Generator(model, detokenizer, ofDraft);
    }

    /** The same with drafts that are looked up in the prompt and the text. The texts are the very same as without them. */
    public Generator withPromptLookup(PromptLookup lookup) {
        return new Generator(model, detokenizer, Drafts.of(lookup));
    }

    /** The text after one prompt. */
    public Generation generate(int[] prompt, GenerationSettings settings) {
        return generate(List.of(prompt), List.of(settings), GenerationListener.NONE)
                .getFirst();
    }

    /** The text after each prompt: that of prompt i is the sequence {@code settings.sequence() + i}. */
    public List<Generation> generate(List<int[]> prompts, GenerationSettings settings, GenerationListener listener) {
        List<GenerationSettings> each = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            each.add(settings.withSequence(settings.sequence() + i));
        }
        return generate(prompts, each, listener);
    }

    /**
     * The text after each prompt.
     *
     * @param prompts of at least one token each
     * @param settings those of each prompt
     * @return in the order of the prompts
     * @throws IllegalArgumentException if a prompt is empty, holds an id that the model has not, or leaves no room for a
     *     token in the model's context; if an end token is none of the model's; or if there are not as many settings
     * @throws IllegalStateException if the model's logits are not one for each token, or a filter left no token
     */
    public List<Generation> generate(
            List<int[]> prompts, List<GenerationSettings> settings, GenerationListener listener) {
        check(prompts, settings);
        if (prompts.isEmpty()) {
            return List.of();
        }
        List<int[]> different = new ArrayList<>();
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            int[] prompt = prompts.get(i).clone();
            int row = indexOf(prompt, different);
            if (row == different.size()) {
                different.add(prompt);
            }
            int room = model.maxLength() - prompt.length;
            Chain draftChain = drafts.chain(settings.get(i));
            sequences.add(new Sequence(i, prompt, row, room, settings.get(i), draftChain, detokenizer, listener));
        }
        try (Decoding decoding = model.start(different.size());
                Drafter drafter = drafts.start(different, sequences)) {
            run(decoding, drafter, different.toArray(int[][]::new), sequences);
        }
        return sequences.stream().map(Sequence::result).toList();
    }

    private void run(Decoding decoding, Drafter drafter, int[][] prompts, List<Sequence> sequences) {
        List<Logits> logits = feed("model", model, decoding, 1, prompts);
        for (Sequence sequence : sequences) {
            sequence.next(List.of(logits.get(sequence.row())));
        }
        List<Sequence> active = new ArrayList<>(sequences);
        while (true) {
            active.removeIf(Sequence::isFinished);
            if (active.isEmpty()) {
                return;
            }
            line(active, decoding);
            drafter.draft(active, room(active));
            step(active, decoding);
        }
    }

    /** How many tokens the model's context can take beside the last ones. */
    private int room(List<Sequence> active) {
        int longest = active.stream().mapToInt(Sequence::length).max().orElseThrow();
        return model.maxLength() - longest;
    }

    /** One run of the model, over the last token of each sequence and its drafts. Those with fewer drafts are padded. */
    private void step(List<Sequence> active, Decoding decoding) {
        int most = active.stream().mapToInt(Sequence::drafts).max().orElseThrow();
        int[][] tokens = active.stream()
                .map(sequence -> sequence.tokens(sequence.length() - 1, most + 1))
                .toArray(int[][]::new);
        List<Logits> logits = feed("model", model, decoding, most + 1, tokens);
        int[] wrong = new int[active.size()];
        for (int i = 0; i < wrong.length; i++) {
            Sequence sequence = active.get(i);
            int first = i * (most + 1);
            int accepted = sequence.next(logits.subList(first, first + 1 + sequence.drafts()));
            wrong[i] = sequence.isFinished() ? 0 : most - accepted;
        }
        rollback(decoding, wrong);
    }

    /** Gives each sequence a row of its own, in their order. */
    private static void line(List<Sequence> active, Decoding decoding) {
        int[] from = active.stream().mapToInt(Sequence::row).toArray();
        for (int i = 0; i < from.length; i++) {
            active.get(i).setRow(i);
        }
        gather(decoding, from);
    }

    /** Reorders, if anything changes by it. */
    static void gather(Decoding decoding, int... from) {
        if (!Arrays.equals(from, IntStream.range(0, decoding.sequences()).toArray())) {
            decoding.reorder(from);
        }
    }

    /** Takes tokens back, if there are any. */
    static void rollback(Decoding decoding, int... tokens) {
        if (Arrays.stream(tokens).anyMatch(count -> count > 0)) {
            decoding.rollback(tokens);
        }
    }

    /**
     * The likeliest texts that beam search finds after a prompt, the best first. The tokens of a hypothesis are at most those
     * that the model's context has room for.
     *
     * @param filters applied to the log-probabilities of each beam; {@code Chain.of()} for none
     * @throws IllegalArgumentException as for {@link #generate}
     */
    public List<Hypothesis> beamSearch(int[] prompt, Chain filters, BeamSettings settings) {
        checkPrompt("prompt", prompt);
        checkEnds(settings.endTokens());
        int tokens = Math.min(settings.maxTokens(), model.maxLength() - prompt.length);
        BeamSettings inContext = new BeamSettings(
                settings.beams(),
                tokens,
                settings.endTokens(),
                settings.lengthPenalty(),
                settings.earlyStopping(),
                settings.groups(),
                settings.diversityPenalty());
        BeamSearch search = inContext.start(filters.sampler(0).prompt(prompt));
        try (Decoding decoding = model.start(1)) {
            List<Logits> logits = feed("model", model, decoding, 1, prompt);
            while (true) {
                search.step(logits);
                if (search.isDone()) {
                    return search.best(settings.beams());
                }
                decoding.reorder(search.parents());
                logits = feed(
                        "model",
                        model,
                        decoding,
                        1,
                        Arrays.stream(search.tokens())
                                .mapToObj(id -> new int[] {id})
                                .toArray(int[][]::new));
            }
        }
    }

    /** Feeds tokens, and checks how many logits come of it. */
    static List<Logits> feed(String name, CausalLanguageModel model, Decoding decoding, int last, int[]... tokens) {
        List<Logits> logits = decoding.feed(tokens, last);
        for (Logits row : logits) {
            if (row.size() != model.vocabularySize()) {
                throw new IllegalStateException("The " + name + " gives " + row.size()
                        + " logits for each token, but its vocabulary has " + model.vocabularySize());
            }
        }
        return logits;
    }

    private static int indexOf(int[] prompt, List<int[]> prompts) {
        int i = 0;
        while (i < prompts.size() && !Arrays.equals(prompt, prompts.get(i))) {
            i++;
        }
        return i;
    }

    private void check(List<int[]> prompts, List<GenerationSettings> settings) {
        if (settings.size() != prompts.size()) {
            throw new IllegalArgumentException(
                    "settings are " + settings.size() + ": must be one for each of the " + prompts.size() + " prompts");
        }
        for (int i = 0; i < prompts.size(); i++) {
            checkPrompt(prompts.size() == 1 ? "prompt" : "prompts[" + i + "]", prompts.get(i));
            checkEnds(settings.get(i).endTokens());
        }
    }

    private void checkPrompt(String name, int[] prompt) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException(name + " is empty: must hold at least one token");
        }
        if (prompt.length >= model.maxLength()) {
            throw new IllegalArgumentException(name + " has " + prompt.length
                    + " tokens, which leave no room for another: the model's context holds " + model.maxLength());
        }
        for (int i = 0; i < prompt.length; i++) {
            checkId(name + "[" + i + "]", prompt[i]);
        }
    }

    private void checkEnds(Iterable<Integer> ids) {
        for (int id : ids) {
            checkId("endTokens", id);
        }
    }

    private void checkId(String name, int id) {
        if (id < 0 || id >= model.vocabularySize()) {
            throw new IllegalArgumentException(name + " = " + id + ": must be from 0 to below " + model.vocabularySize()
                    + ", the size of the vocabulary");
        }
    }
}

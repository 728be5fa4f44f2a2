package io.vastmax.text;

import io.vastmax.sampling.BeamSearch;
import io.vastmax.sampling.BeamSettings;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Hypothesis;
import io.vastmax.sampling.Logits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
 * <p>Prompt and tokens together are at most the model's {@link CausalLanguageModel#maxLength}. If the model, a sampler or a
 * listener fails, the whole batch does. Holds no state of its own: as safe for use by several threads as the model is.
 */
public final class Generator {
    private final CausalLanguageModel model;
    private final Detokenizer detokenizer;

    /**
     * A generator.
     *
     * @throws IllegalArgumentException if the two have not the same vocabulary
     */
    public Generator(CausalLanguageModel model, Detokenizer detokenizer) {
        detokenizer.requireFit(model.vocabularySize());
        this.model = model;
        this.detokenizer = detokenizer;
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
            sequences.add(new Sequence(i, prompt, row, room, settings.get(i), detokenizer, listener));
        }
        try (Decoding decoding = model.start(different.size())) {
            run(decoding, different.toArray(int[][]::new), sequences);
        }
        return sequences.stream().map(Sequence::result).toList();
    }

    private void run(Decoding decoding, int[][] prompts, List<Sequence> sequences) {
        List<Logits> logits = feed(decoding, prompts);
        List<Sequence> active = new ArrayList<>(sequences);
        while (true) {
            for (Sequence sequence : active) {
                sequence.next(logits.get(sequence.row()));
            }
            active.removeIf(Sequence::isFinished);
            if (active.isEmpty()) {
                return;
            }
            line(active, decoding);
            logits = feed(
                    decoding,
                    active.stream()
                            .map(sequence -> new int[] {sequence.lastToken()})
                            .toArray(int[][]::new));
        }
    }

    /** Gives each sequence a row of its own, in their order. */
    private static void line(List<Sequence> active, Decoding decoding) {
        int[] from = active.stream().mapToInt(Sequence::row).toArray();
        for (int i = 0; i < from.length; i++) {
            active.get(i).setRow(i);
        }
        int[] same = new int[decoding.sequences()];
        Arrays.setAll(same, i -> i);
        if (!Arrays.equals(from, same)) {
            decoding.reorder(from);
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
            List<Logits> logits = feed(decoding, prompt);
            while (true) {
                search.step(logits);
                if (search.isDone()) {
                    return search.best(settings.beams());
                }
                decoding.reorder(search.parents());
                logits = feed(
                        decoding,
                        Arrays.stream(search.tokens())
                                .mapToObj(id -> new int[] {id})
                                .toArray(int[][]::new));
            }
        }
    }

    private List<Logits> feed(Decoding decoding, int[]... tokens) {
        List<Logits> logits = decoding.feed(tokens);
        for (Logits row : logits) {
            if (row.size() != model.vocabularySize()) {
                throw new IllegalStateException("The model gives " + row.size()
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

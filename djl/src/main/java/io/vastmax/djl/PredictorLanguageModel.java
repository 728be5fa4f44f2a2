package io.vastmax.djl;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Decoding;

/**
 * A causal language model that a DJL {@link Predictor} serves, for the generation loop. The predictor gets and gives what it
 * does under DJL's own {@code TextGenerator}, so that one translator serves both:
 *
 * <ul>
 *   <li>in: ids {@code [B, T]}, positions {@code [B, T]} and the attention mask {@code [B, past + T]}, int64, where sequences
 *       are padded on the left (id 0, position 0, mask 0); and behind them, from the second run on, what the last run gave
 *       as past key values;
 *   <li>out: logits {@code [B, T, V]}, or of the last positions alone, and past key values with the batch as their first axis,
 *       as a rule {@code [B, heads, past + T, size]}. The translator must detach these arrays, and take no batchifier.
 * </ul>
 *
 * <p>A model that heeds neither mask nor positions must get prompts of one length.
 *
 * <p>The past key values stay where the engine has them; where they have four dimensions, columns that no sequence needs any
 * more are dropped. A model that gives none gets the whole sequences in each run. Logits on a CPU are read in place, those of
 * 16 bits too. All other arrays that a run makes are freed with it; what a translator or a block makes in its first run to keep
 * it, it must take out by {@code NDScope.unregister}. A predictor must not copy parameters, as one on another device than its
 * model's does in its first run.
 *
 * <p>A run that fails throws an {@link IllegalStateException}, with its cause. As safe for use by several threads as the
 * predictor: not at all.
 */
public final class PredictorLanguageModel implements CausalLanguageModel {
    private final Predictor<NDList, CausalLMOutput> predictor;
    private final NDManager manager;
    private final int vocabularySize;
    private final int maxLength;

    /**
     * A model around a predictor, which remains the caller's to close.
     *
     * @param manager of the model, as {@code model.getNDManager()}: inputs and the cache are made under it
     * @param vocabularySize V
     * @param maxLength the most tokens of a sequence, the prompt included; {@link Integer#MAX_VALUE} for no limit
     */
    public PredictorLanguageModel(
            Predictor<NDList, CausalLMOutput> predictor, NDManager manager, int vocabularySize, int maxLength) {
        this.predictor = predictor;
        this.manager = manager;
        this.vocabularySize = positive("vocabularySize", vocabularySize);
        this.maxLength = positive("maxLength", maxLength);
    }

    @Override
    public int vocabularySize() {
        return vocabularySize;
    }

    @Override
    public int maxLength() {
        return maxLength;
    }

    @Override
    public Decoding start(int sequences) {
        return new PredictorDecoding(predictor, manager, vocabularySize, sequences);
    }

    private static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " = " + value + ": must be positive");
        }
        return value;
    }
}

package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Order, defaults and dialects, as the three programs have them. */
class ProfileTest {
    private static final int[] STOPS = {9};

    private static SamplingSettings shared() {
        return new SamplingSettings()
                .temperature(0.7)
                .topP(0.9)
                .topK(20)
                .minP(0.1)
                .repetitionPenalty(1.2)
                .ban(3)
                .bias(Map.of(4, 1.0));
    }

    @Test
    void settingsOnTheirOwnKeepTheirOrder() {
        assertThat(shared().chain())
                .hasToString("temperature 0.7, top-p 0.9, top-k 20, min-p 0.1,"
                        + " repetition penalty 1.2 over all tokens, ban 3, bias of 4: 1.0, categorical");
        assertThat(shared().topK(0)
                        .penaltyWindow(5)
                        .temperature(0.5)
                        .selector(Selectors.greedy())
                        .chain())
                .hasToString("temperature 0.5, top-p 0.9, min-p 0.1,"
                        + " repetition penalty 1.2 over the last 5 tokens, ban 3, bias of 4: 1.0, greedy");
        assertThat(new SamplingSettings()
                        .dynamicTemperature(0.5, 2)
                        .topK(3)
                        .temperature(0.8)
                        .chain())
                .hasToString(Filters.dynamicTemperature(0.8, 0.5, 2) + ", top-k 3, categorical");
    }

    @Test
    void llamaCpp() {
        assertThat(Profile.LLAMA_CPP.chain())
                .hasToString("top-k 40, top-p 0.95, min-p 0.05, temperature 0.8, categorical");
        assertThat(shared().frequencyPenalty(0.1)
                        .presencePenalty(0.2)
                        .dry(0.8, 1.75, 2, Scope.all())
                        .topNSigma(1)
                        .typical(0.9)
                        .xtc(0.5, 0.1)
                        .chain(Profile.LLAMA_CPP))
                .hasToString("bias of 4: 1.0, ban 3, repetition penalty 1.2 over the last 64 tokens,"
                        + " frequency penalty 0.1 over the last 64 tokens, presence penalty 0.2 over the last 64 tokens, "
                        + Penalties.dry(0.8, 1.75, 2, Scope.all()) + ", top-n-sigma 1.0, top-k 20, "
                        + Filters.typicalBeyond(0.9) + ", top-p 0.9, min-p 0.1, " + Filters.xtc(0.5, 0.1)
                        + ", temperature 0.7, categorical");
        assertThat(shared().selector(Selectors.mirostat2(5, 0.1)).chain(Profile.LLAMA_CPP))
                .hasToString("bias of 4: 1.0, ban 3, temperature 0.7, " + Selectors.mirostat2(5, 0.1));
        assertThat(shared().dynamicTemperature(0.5, 1)
                        .selector(Selectors.mirostat2(5, 0.1))
                        .chain(Profile.LLAMA_CPP))
                .hasToString("bias of 4: 1.0, ban 3, temperature 0.7, " + Selectors.mirostat2(5, 0.1));
        assertThat(shared().topK(0).topNSigma(0).penaltyWindow(0).chain(Profile.LLAMA_CPP))
                .hasToString("bias of 4: 1.0, ban 3, top-p 0.9, min-p 0.1, temperature 0.7, categorical");
        assertThat(new SamplingSettings().topK(0).chain(Profile.LLAMA_CPP))
                .hasToString("top-p 0.95, min-p 0.05, temperature 0.8, categorical");
        assertThat(new SamplingSettings().dynamicTemperature(0.5, 1).chain(Profile.LLAMA_CPP))
                .hasToString("top-k 40, top-p 0.95, min-p 0.05, " + Filters.dynamicTemperature(0.8, 0.5, 1)
                        + ", categorical");
    }

    @Test
    void huggingFace() {
        assertThat(Profile.HUGGING_FACE.chain()).hasToString("top-k 50 with ties, categorical");
        SamplingSettings all = shared().topH(0.4)
                .typical(0.9)
                .epsilon(0.001)
                .eta(0.002)
                .noRepeatNgram(3)
                .banSequences(new int[] {1, 2})
                .minLength(5, STOPS)
                .allow(1, 2, 9);
        String before = "bias of 4: 1.0, repetition penalty 1.2 over all tokens, "
                + Penalties.noRepeatNgram(3) + ", ban sequence 1 2, " + Constraints.minLength(5, STOPS) + ", "
                + Constraints.allow(1, 2, 9) + ", ban 3";
        assertThat(all.chain(Profile.HUGGING_FACE))
                .hasToString(before + ", temperature 0.7, " + Filters.topHOfHundred(0.4) + ", top-k 20 with ties,"
                        + " top-p 0.9, min-p 0.1, " + Filters.typicalWithTies(0.9)
                        + ", epsilon 0.001, eta 0.002, categorical");
        assertThat(all.selector(Selectors.greedy()).chain(Profile.HUGGING_FACE)).hasToString(before + ", greedy");
        assertThatThrownBy(() -> new SamplingSettings().temperature(0).chain(Profile.HUGGING_FACE))
                .hasMessage("temperature = 0: huggingface refuses it, choose the greedy selector");
    }

    @Test
    void vllm() {
        assertThat(Profile.VLLM.chain()).hasToString("categorical");
        assertThat(shared().frequencyPenalty(0.1)
                        .presencePenalty(0.2)
                        .banSequences(new int[] {1, 2})
                        .minLength(5, STOPS)
                        .allow(1, 2, 9)
                        .chain(Profile.VLLM))
                .hasToString(Constraints.allow(1, 2, 9) + ", ban sequence 1 2, " + Constraints.minLength(5, STOPS)
                        + ", bias of 4: 1.0, ban 3, repetition penalty 1.2 over all tokens,"
                        + " frequency penalty 0.1 over all generated tokens,"
                        + " presence penalty 0.2 over all generated tokens,"
                        + " temperature 0.7, min-p 0.1, top-k 20 with ties, top-p 0.9, categorical");
        assertThat(new SamplingSettings().temperature(0.001).chain(Profile.VLLM))
                .hasToString("temperature 0.01, categorical");
        assertThat(new SamplingSettings().temperature(0).chain(Profile.VLLM))
                .hasToString("temperature 0.0, categorical");
    }

    /** vLLM matches banned sequences in what was generated, the others in the prompt too. */
    @Test
    void banishesSequencesWhereTheProgramLooks() {
        float[] logits = {0, 1, 5};
        SamplingSettings settings =
                new SamplingSettings().banSequences(new int[] {1, 2}).selector(Selectors.greedy());
        assertThat(settings.chain(Profile.HUGGING_FACE).sampler(1).prompt(1).sample(logits))
                .isEqualTo(1);
        assertThat(settings.chain(Profile.VLLM).sampler(1).prompt(1).sample(logits))
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "llama.cpp, LLAMA_CPP",
        "Llama-CPP, LLAMA_CPP",
        "huggingface, HUGGING_FACE",
        "hugging-face, HUGGING_FACE",
        "HF, HUGGING_FACE",
        "transformers, HUGGING_FACE",
        "vLLM, VLLM"
    })
    void namesMayBeWrittenAsPeopleDo(String name, Profile profile) {
        assertThat(Profile.named(name)).isEqualTo(profile);
        assertThat(Profile.named(profile.toString())).isEqualTo(profile);
    }

    @Test
    void refusesWhatAProgramDoesNotHave() {
        assertThatThrownBy(() -> new SamplingSettings().xtc(0.5, 0.1).chain(Profile.HUGGING_FACE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("xtc: huggingface has no such sampler");
        assertThatThrownBy(() -> new SamplingSettings().noRepeatNgram(2).chain(Profile.LLAMA_CPP))
                .hasMessage("no-repeat-ngram: llama.cpp has no such sampler");
        assertThatThrownBy(() -> new SamplingSettings().typical(0.5).chain(Profile.VLLM))
                .hasMessage("typical: vllm has no such sampler");
        assertThatThrownBy(() -> new SamplingSettings()
                        .selector(Selectors.mirostat2(5, 0.1))
                        .chain(Profile.VLLM))
                .hasMessage(Selectors.mirostat2(5, 0.1) + ": vllm has no such sampler");
        assertThatThrownBy(
                        () -> new SamplingSettings().dynamicTemperature(0.5, 1).chain(Profile.HUGGING_FACE))
                .hasMessage("dynamic-temperature: huggingface has no such sampler");
        assertThatThrownBy(() -> new SamplingSettings().penaltyWindow(9).chain(Profile.VLLM))
                .hasMessage("penalty-window: vllm has no such sampler");
        assertThatThrownBy(() -> new SamplingSettings().dynamicTemperature(0, -1))
                .hasMessageContaining("exponent = -1.0");
        assertThatThrownBy(() -> Profile.named("gpt"))
                .hasMessage("profile = gpt: must be llama.cpp, huggingface or vllm");
        assertThatThrownBy(() -> new SamplingSettings().topP(2)).hasMessage("p = 2.0: must be from 0 to 1");
    }
}

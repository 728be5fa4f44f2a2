package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PerplexityTest {
    /** Each token is predicted from those of its window: this model gives a token's likelihood by how many those are. */
    @ParameterizedTest
    @ValueSource(ints = {7, 1024, 1500, 4000, Integer.MAX_VALUE})
    void windowsAreAsLongAsTheContext(int context) throws IOException {
        ScriptedModel model = new ScriptedModel(3, context, tokens -> new float[] {0, 0.001f * tokens.length, 0});
        int[] text = new Random(1).ints(3000, 0, 3).toArray();
        double nats = 0;
        for (int t = 1; t < text.length; t++) {
            double own = 0.001 * ((t - 1) % context + 1);
            nats += Math.log(2 + Math.exp(own)) - (text[t] == 1 ? own : 0);
        }
        try (TokenIds ids = TokenIds.of(text)) {
            Perplexity perplexity = Perplexity.of(model, ids, done -> {});
            assertThat(perplexity.tokens()).isEqualTo(2999);
            assertThat(perplexity.nats()).isCloseTo(nats, within(1e-2));
        }
    }
}

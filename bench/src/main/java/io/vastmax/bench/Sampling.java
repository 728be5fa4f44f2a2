package io.vastmax.bench;

import static io.vastmax.sampling.Filters.minP;
import static io.vastmax.sampling.Filters.temperature;
import static io.vastmax.sampling.Filters.topK;
import static io.vastmax.sampling.Filters.topP;
import static io.vastmax.sampling.Filters.typical;

import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Selectors;
import java.util.List;

/** Ways to choose a token from logits {@code z}: ours, and the same in PyTorch's operations. */
@SuppressWarnings("ImmutableEnumChecker") // a chain is immutable, and so is the copied list
public enum Sampling {
    /** No choice: the sum that all of them need. */
    LOG_SUM_EXP("log-sum-exp alone", 0.6, Chain.of(), "return torch.logsumexp(z, [0])"),
    GREEDY("greedy", 0.15, Chain.of().select(Selectors.greedy()), "return torch.argmax(z)"),
    CATEGORICAL(
            "temperature 0.8, categorical",
            0.9,
            Chain.of(temperature(0.8)),
            "return torch.multinomial(torch.softmax(torch.div(z, 0.8), 0), 1)"),
    DEFAULT(
            "top-k 40, top-p 0.95, min-p 0.05, temperature 0.8, categorical",
            0.35,
            Chain.of(topK(40), topP(0.95), minP(0.05), temperature(0.8)),
            "v, i = torch.topk(z, 40)",
            "p = torch.softmax(v, 0)",
            "before = torch.sub(torch.cumsum(p, 0), p)",
            "kept = torch.logical_and(torch.lt(before, 0.95), torch.ge(p, torch.mul(torch.max(p), 0.05)))",
            "w = torch.mul(torch.exp(torch.div(torch.sub(v, torch.max(v)), 0.8)), kept)",
            "return torch.index_select(i, 0, torch.multinomial(w, 1))"),
    MIN_P(
            "min-p 0.05, categorical",
            0.5,
            Chain.of(minP(0.05)),
            "p = torch.softmax(z, 0)",
            "return torch.multinomial(torch.mul(p, torch.ge(p, torch.mul(torch.max(p), 0.05))), 1)"),
    TOP_P(
            "top-p 0.95, categorical",
            2.5,
            Chain.of(topP(0.95)),
            "v, i = torch.sort(z, 0, True)",
            "p = torch.softmax(v, 0)",
            "kept = torch.lt(torch.sub(torch.cumsum(p, 0), p), 0.95)",
            "return torch.index_select(i, 0, torch.multinomial(torch.mul(p, kept), 1))"),
    TYPICAL(
            "typical 0.9, categorical",
            4,
            Chain.of(typical(0.9)),
            "l = torch.log_softmax(z, 0)",
            "e = torch.neg(torch.sum(torch.mul(torch.exp(l), l)))",
            "s, i = torch.sort(torch.abs(torch.add(l, e)), 0, False)",
            "p = torch.index_select(torch.exp(l), 0, i)",
            "kept = torch.lt(torch.sub(torch.cumsum(p, 0), p), 0.9)",
            "return torch.index_select(i, 0, torch.multinomial(torch.mul(p, kept), 1))");

    private final String label;
    private final double most;
    private final Chain chain;
    private final List<String> script;

    Sampling(String label, double most, Chain chain, String... script) {
        this.label = label;
        this.most = most;
        this.chain = chain;
        this.script = List.of(script);
    }

    String label() {
        return label;
    }

    /** How many times as long as PyTorch's log-softmax it may take. */
    double most() {
        return most;
    }

    Chain chain() {
        return chain;
    }

    /** A function of the logits in TorchScript. */
    String[] script() {
        return script.toArray(String[]::new);
    }
}

package io.vastmax.bench;

/** Who does the work. */
public enum Implementation {
    VASTMAX("Vastmax"),
    /** The product into the same 8 MiB again and again: what a plain product costs where its result stays in the cache. */
    VASTMAX_SECTIONS("Vastmax, 8 MiB at a time"),
    /** Our full softmax, where the work is another layer's. */
    FULL_SOFTMAX("Full softmax"),
    /** As most people write it, with objects and a sort. */
    PLAIN_JAVA("Plain Java"),
    PYTORCH("PyTorch"),
    /** The same body and the same layer, one after the other, with nothing between them. */
    APART("Body and layer apart"),
    /** DJL's own linear block and softmax cross-entropy over the same body. */
    DJL("DJL"),
    /** The model's runs and nothing else. */
    SESSION_RUN("session.run alone"),
    /** The cache as arrays of Java's between the model's runs, as the first loop that one writes has it. */
    JAVA_CACHE("Cache through Java"),
    /** The unit of sampling. */
    PYTORCH_LOG_SOFTMAX("PyTorch's log-softmax");

    private final String label;

    Implementation(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** For a benchmark that this implementation has no part in. */
    IllegalArgumentException notHere() {
        return new IllegalArgumentException(this + " does not do this work");
    }
}

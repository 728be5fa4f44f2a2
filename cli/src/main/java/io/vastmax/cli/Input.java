package io.vastmax.cli;

/** What a body reads, by the names that reports have for it. */
enum Input {
    /** {@link io.vastmax.Embedding} of its own. */
    embedding(""),
    /** {@link io.vastmax.djl.TiedInput}. */
    tied("--tied"),
    /** {@link io.vastmax.adaptive.AdaptiveInput} of its own. */
    adaptive("--adaptive-input");

    private final String option;

    Input(String option) {
        this.option = option;
    }

    /** The option that asks for it. */
    String option() {
        return option;
    }

    /**
     * That of the options.
     *
     * @throws IllegalArgumentException if both are given
     */
    static Input of(boolean tied, boolean adaptiveInput) {
        if (tied && adaptiveInput) {
            throw new IllegalArgumentException(
                    "--adaptive-input does not go with --tied: one has vectors of its own, the other the layer's");
        }
        return tied ? Input.tied : adaptiveInput ? adaptive : embedding;
    }
}

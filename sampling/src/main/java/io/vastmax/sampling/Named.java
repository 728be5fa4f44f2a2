package io.vastmax.sampling;

/** A filter with a name for reports: its setting, as in {@code "top-k 40"}. */
record Named(String name, Filter filter) implements Filter {
    static Filter of(String name, Filter filter) {
        return new Named(name, filter);
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        filter.apply(candidates, step);
    }

    @Override
    public String toString() {
        return name;
    }
}

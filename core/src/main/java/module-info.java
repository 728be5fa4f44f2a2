/** Vastmax's core: log-sum-exp, the full softmax, optimizers and model files. */
@SuppressWarnings({"module", "requires-automatic"})
module io.vastmax {
    requires static jdk.incubator.vector;
    requires static transitive org.jspecify;
    requires transitive com.fasterxml.jackson.databind;
    requires it.unimi.dsi.fastutil.core;
    requires org.apache.commons.rng.core;

    exports io.vastmax;
    exports io.vastmax.internal to
            io.vastmax.sampled,
            io.vastmax.hierarchical,
            io.vastmax.adaptive,
            io.vastmax.sampling;
    exports io.vastmax.internal.simd to
            io.vastmax.sampled,
            io.vastmax.hierarchical,
            io.vastmax.adaptive,
            io.vastmax.sampling;
}

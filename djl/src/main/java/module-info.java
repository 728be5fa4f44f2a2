/** Recurrent language models whose body runs in DJL, trained with any of the layers. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.vastmax.djl {
    requires transitive io.vastmax;
    requires transitive io.vastmax.text;
    requires io.vastmax.adaptive;
    requires io.vastmax.hierarchical;
    requires io.vastmax.sampled;
    requires static transitive org.jspecify;
    requires transitive ai.djl.api;
    requires com.fasterxml.jackson.databind;
    requires hipparchus.core;
    requires hipparchus.optim;

    exports io.vastmax.djl;
}

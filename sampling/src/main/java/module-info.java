/** Next-token sampling: logits to token. */
@SuppressWarnings("requires-automatic")
module io.vastmax.sampling {
    requires transitive io.vastmax;
    requires static transitive org.jspecify;
    requires it.unimi.dsi.fastutil.core;

    exports io.vastmax.sampling;
}

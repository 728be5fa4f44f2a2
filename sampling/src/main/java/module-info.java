/** Next-token sampling: logits to token. */
module io.vastmax.sampling {
    requires transitive io.vastmax;
    requires static transitive org.jspecify;

    exports io.vastmax.sampling;
}

/** What a language model reads: corpora, vocabularies and token ids; and the loop in which it writes. */
@SuppressWarnings("requires-automatic")
module io.vastmax.text {
    requires transitive io.vastmax.sampling;
    requires static transitive org.jspecify;
    requires it.unimi.dsi.fastutil.core;

    exports io.vastmax.text;
}

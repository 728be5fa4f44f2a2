/** Corpora, vocabularies and token ids: what a language model reads. */
@SuppressWarnings("requires-automatic")
module io.vastmax.text {
    requires static org.jspecify;
    requires it.unimi.dsi.fastutil.core;

    exports io.vastmax.text;
}

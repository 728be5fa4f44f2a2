/**
 * What a language model reads: a {@link io.vastmax.text.Corpus} of {@link io.vastmax.text.Text}s, each an ordered list of
 * documents that a {@link io.vastmax.text.Tokenizer} cuts into words; a {@link io.vastmax.text.Vocabulary} that numbers the
 * words by falling frequency; {@link io.vastmax.text.TokenIds}, the encoded text, off the heap; and its windows for
 * {@linkplain io.vastmax.text.TrainingWindows training} and {@linkplain io.vastmax.text.EvaluationWindows evaluation}.
 *
 * <p>And how it writes: a {@link io.vastmax.text.Generator} is the one loop over any
 * {@link io.vastmax.text.CausalLanguageModel}, with a {@link io.vastmax.text.Detokenizer} that makes text of tokens.
 *
 * <p>Text is UTF-8 and is read as a stream: what stays on the heap is a buffer and the distinct words, whatever the size of
 * the text.
 */
@NullMarked
package io.vastmax.text;

import org.jspecify.annotations.NullMarked;

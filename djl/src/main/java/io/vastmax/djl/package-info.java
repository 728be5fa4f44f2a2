/**
 * Recurrent language models whose body runs in DJL and whose output is any {@linkplain io.vastmax.Objective objective}.
 *
 * <p>Symbols: B streams side by side, T tokens of a window, d the width of embeddings and hidden states. Row
 * {@code b * T + t} belongs to stream b and token t.
 */
@NullMarked
package io.vastmax.djl;

import org.jspecify.annotations.NullMarked;

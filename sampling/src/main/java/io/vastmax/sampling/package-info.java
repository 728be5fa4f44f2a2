/** Next-token sampling: from a distribution over the vocabulary to a token. */
@NullMarked
package io.vastmax.sampling;

import org.jspecify.annotations.NullMarked;

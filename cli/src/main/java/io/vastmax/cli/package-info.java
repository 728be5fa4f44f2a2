/** The {@code vastmax} command. */
@NullMarked
package io.vastmax.cli;

import org.jspecify.annotations.NullMarked;

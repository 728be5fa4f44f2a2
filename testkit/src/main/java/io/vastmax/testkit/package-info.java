/**
 * What layers are tested with: the {@linkplain io.vastmax.testkit.ObjectiveContract contract} of whatever can be trained,
 * the {@linkplain io.vastmax.testkit.OutputLayerContract contract} of an output layer, and plain
 * {@linkplain io.vastmax.testkit.Reference references} in double precision.
 *
 * <p>No tolerance here is lucky. Results are held against the same formula in {@link io.vastmax.testkit.Precision#DOUBLE},
 * and may be off by twice what the formula loses in {@link io.vastmax.testkit.Precision#SINGLE}, and a few units in the
 * last place.
 */
@NullMarked
package io.vastmax.testkit;

import org.jspecify.annotations.NullMarked;

/**
 * The SIMD seam: one unchecked interface, {@link Kernels}, with a scalar and a Vector API implementation that return the
 * same bits. Internal: exported to Vastmax's own modules only, without any promise of stability.
 */
@NullMarked
package io.vastmax.internal.simd;

import org.jspecify.annotations.NullMarked;

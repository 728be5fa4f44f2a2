package io.vastmax.internal.simd;

import java.lang.System.Logger.Level;

/** Chooses the kernels, once, when the first of Vastmax's classes needs them. */
public final class Simd {
    private static final boolean VECTORS = hasVectors();
    private static final Kernels SCALAR = new ScalarKernels();
    private static final Kernels KERNELS = VECTORS ? new VectorKernels() : SCALAR;

    private Simd() {}

    /** The kernels of this machine. */
    public static Kernels kernels() {
        return KERNELS;
    }

    /** The kernels in plain Java, for tests to hold the others against. */
    public static Kernels scalar() {
        return SCALAR;
    }

    /** What the kernels run on, for reports: {@code "scalar"} or the width, as in {@code "512-bit vectors"}. */
    public static String description() {
        return VECTORS ? VectorWidth.floats().vectorBitSize() + "-bit vectors" : "scalar";
    }

    private static boolean hasVectors() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            System.getLogger("io.vastmax")
                    .log(
                            Level.WARNING,
                            "Vastmax runs on its scalar kernels, many times slower:"
                                    + " start Java with --add-modules jdk.incubator.vector to use SIMD.");
            return false;
        }
        return VectorWidth.isSupported();
    }
}

package io.vastmax.internal.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The register that the kernels use: the machine's preferred one, up to 512 bits. */
final class VectorWidth {
    private VectorWidth() {}

    static VectorSpecies<Float> floats() {
        VectorSpecies<Float> preferred = FloatVector.SPECIES_PREFERRED;
        return preferred.length() > 16 ? FloatVector.SPECIES_512 : preferred;
    }

    /** Whether the machine's registers hold at least the four floats that the kernels are written for. */
    static boolean isSupported() {
        return FloatVector.SPECIES_PREFERRED.length() >= 4;
    }
}

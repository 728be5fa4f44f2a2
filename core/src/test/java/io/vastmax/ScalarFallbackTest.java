package io.vastmax;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.internal.simd.Simd;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

/** The build runs this alone, in a Java without jdk.incubator.vector: see pom.xml. */
class ScalarFallbackTest {
    @Test
    void withoutTheVectorModuleScalarKernelsGiveTheSameBitsAndSaySoOnce() {
        assertThat(ModuleLayer.boot().findModule("jdk.incubator.vector")).isEmpty();
        PrintStream console = System.err;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        System.setErr(new PrintStream(captured, true, UTF_8));
        try {
            assertThat(Digest.ofFullSoftmax(1)).isEqualTo(Digest.EXPECTED);
            assertThat(Digest.ofFullSoftmax(2)).isEqualTo(Digest.EXPECTED);
        } finally {
            System.setErr(console);
        }
        assertThat(Simd.description()).isEqualTo("scalar");
        assertThat(captured.toString(UTF_8)).containsOnlyOnce("--add-modules jdk.incubator.vector");
    }
}

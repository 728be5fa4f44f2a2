package io.vastmax.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** The one environment that ONNX Runtime has in a process. */
final class Environment {
    static {
        disableTelemetry();
    }

    private Environment() {}

    /** The environment, without telemetry. */
    static OrtEnvironment get() throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        environment.setTelemetry(false);
        return environment;
    }

    /**
     * Sets {@code ORT_DISABLE_TELEMETRY=1}, unless the variable has a value. ONNX Runtime's own switch comes too late: 1.29
     * sends something about the process when the environment is made, and for that matches the command line against regular
     * expressions, by a recursion that ends the process where a class path of some 5,000 characters meets a stack of 1 MiB.
     */
    @SuppressWarnings("restricted")
    private static void disableTelemetry() {
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> setenv = linker.defaultLookup().find("setenv"); // not on Windows
        if (setenv.isPresent()) {
            try (Arena arena = Arena.ofConfined()) {
                int status = (int) linker.downcallHandle(
                                setenv.get(),
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.JAVA_INT))
                        .invokeExact(arena.allocateFrom("ORT_DISABLE_TELEMETRY"), arena.allocateFrom("1"), 0);
                if (status != 0) {
                    throw new IllegalStateException("setenv gives " + status);
                }
            } catch (Throwable e) {
                throw new IllegalStateException("setenv failed", e);
            }
        }
    }
}

package io.vastmax.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.OptionalLong;

/** What the C library knows and Java has no method for. Where a function is missing, the answer is "unknown" or "no". */
final class LibC {
    private static final int RUSAGE_SELF = 0;
    /** {@code struct rusage} of 64-bit Linux and macOS: two {@code timeval}s, then {@code ru_maxrss} and 13 more longs. */
    private static final MemoryLayout RUSAGE = MemoryLayout.sequenceLayout(18, ValueLayout.JAVA_LONG);

    private static final int MAXRSS_INDEX = 4;

    private LibC() {}

    /** Whether the file descriptor is a terminal. */
    static boolean isTerminal(int fileDescriptor) {
        FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        Optional<MethodHandle> isatty = function("isatty", type).or(() -> function("_isatty", type));
        if (isatty.isEmpty()) {
            return false;
        }
        try {
            return (int) isatty.get().invokeExact(fileDescriptor) != 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** {@code ru_maxrss} of {@code getrusage(RUSAGE_SELF)}: bytes on macOS, KiB on Linux. */
    static OptionalLong maxResidentSet() {
        Optional<MethodHandle> getrusage = function(
                "getrusage", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        if (getrusage.isEmpty()) {
            return OptionalLong.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment usage = arena.allocate(RUSAGE);
            int status = (int) getrusage.get().invokeExact(RUSAGE_SELF, usage);
            return status == 0
                    ? OptionalLong.of(usage.getAtIndex(ValueLayout.JAVA_LONG, MAXRSS_INDEX))
                    : OptionalLong.empty();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup library = linker.defaultLookup();
        return library.find(name).map(address -> linker.downcallHandle(address, type));
    }
}

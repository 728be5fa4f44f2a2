package io.vastmax.djl;

import ai.djl.engine.Engine;

/** DJL's PyTorch engine, started without a look at the network. */
final class PyTorch {
    private PyTorch() {}

    /**
     * The engine, with one thread. An LSTM step is too small a piece of work for two: they would wait for each other at
     * every token, for milliseconds on a machine that has something else to do. And so the results depend on no number of
     * threads.
     *
     * @throws IllegalStateException if the natives are not on the class path
     */
    static Engine start() {
        setIfAbsent("ai.djl.offline", "true");
        setIfAbsent("OPT_OUT_TRACKING", "true");
        setIfAbsent("ai.djl.pytorch.num_threads", "1");
        setIfAbsent("ai.djl.pytorch.num_interop_threads", "1");
        try {
            return Engine.getEngine("PyTorch");
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "PyTorch does not start: are pytorch-jni and pytorch-native-cpu for this platform on the class path?"
                            + " Cause: " + e.getMessage(),
                    e);
        }
    }

    private static void setIfAbsent(String key, String value) {
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }
}

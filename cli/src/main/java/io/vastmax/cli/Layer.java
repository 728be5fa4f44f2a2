package io.vastmax.cli;

import io.vastmax.FullSoftmax;
import io.vastmax.Objective;
import io.vastmax.RandomKey;

/** The output layers by the names that the command line has for them. */
enum Layer {
    /** {@link FullSoftmax}. */
    full;

    /** A layer with random weights. */
    Objective create(int classes, int width, RandomKey key) {
        return switch (this) {
            case full -> FullSoftmax.create(classes, width, key);
        };
    }
}

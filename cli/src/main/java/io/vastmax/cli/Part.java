package io.vastmax.cli;

import io.vastmax.text.Corpus;
import io.vastmax.text.Text;

/** The parts of a corpus by the names that the command line has for them. */
enum Part {
    train,
    valid,
    test;

    Text of(Corpus corpus) {
        return switch (this) {
            case train -> corpus.train();
            case valid -> corpus.valid();
            case test -> corpus.test();
        };
    }
}

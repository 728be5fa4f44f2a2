package io.vastmax.text;

import java.util.List;

/** Drafts the tokens of a batch. */
@FunctionalInterface
interface Drafter extends AutoCloseable {
    /**
     * Gives each sequence its drafts, none or more.
     *
     * @param active those that go on
     * @param room how many drafts the model's context has room for
     */
    void draft(List<Sequence> active, int room);

    /** Frees what it keeps. */
    @Override
    default void close() {}
}

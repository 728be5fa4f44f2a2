package io.vastmax;

/**
 * What a step of training needs and no layer should own.
 *
 * @param key names the step among random draws, so that a run can resume
 * @param workspace threads and memory
 */
public record Step(RandomKey key, Workspace workspace) {
    /** The step's number, from 0. */
    public long index() {
        return key.step();
    }
}

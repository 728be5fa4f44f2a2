package io.vastmax.sampled;

import io.vastmax.internal.Link;

/**
 * What the sampled objectives differ in.
 *
 * @param softmax whether it is a softmax over target and negatives, not a logistic loss for each
 * @param corrected whether {@code log Q} is subtracted from the logits of negatives
 * @param targetsCorrected whether it is subtracted from those of targets
 * @param masksHits whether negatives that are a row's target are left out
 * @param perExample whether each row has negatives of its own
 */
record Scheme(boolean softmax, boolean corrected, boolean targetsCorrected, boolean masksHits, boolean perExample) {
    static final Scheme SAMPLED_SOFTMAX = new Scheme(true, true, false, true, false);
    static final Scheme NCE = new Scheme(false, true, true, false, false);
    static final Scheme NEGATIVE_SAMPLING = new Scheme(false, false, false, true, true);

    Scheme correctingTargets(boolean correct) {
        return new Scheme(softmax, corrected, correct, masksHits, perExample);
    }

    Scheme maskingHits(boolean mask) {
        return new Scheme(softmax, corrected, targetsCorrected, mask, perExample);
    }

    Scheme perExample(boolean own) {
        return new Scheme(softmax, corrected, targetsCorrected, masksHits, own);
    }

    Link link() {
        return softmax ? Link.SOFTMAX : Link.LOGISTIC;
    }
}

package io.vastmax.testkit;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;

class FullSoftmaxExtremesTest extends ExtremesContract<FullSoftmax> {
    @Override
    protected FullSoftmax create(int classes, int width, RandomKey key) {
        return FullSoftmax.create(classes, width, key);
    }

    @Override
    protected FullSoftmax minimising(FullSoftmax layer, CrossEntropy crossEntropy) {
        return layer.minimising(crossEntropy);
    }

    @Override
    protected FullSoftmax transforming(FullSoftmax layer, LogitTransform transform) {
        return layer.transforming(transform);
    }
}

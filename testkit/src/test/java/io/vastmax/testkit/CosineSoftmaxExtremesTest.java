package io.vastmax.testkit;

import io.vastmax.CosineSoftmax;
import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;

class CosineSoftmaxExtremesTest extends ExtremesContract<CosineSoftmax> {
    @Override
    protected CosineSoftmax create(int classes, int width, RandomKey key) {
        return CosineSoftmax.create(classes, width, 16, key);
    }

    @Override
    protected CosineSoftmax minimising(CosineSoftmax layer, CrossEntropy crossEntropy) {
        return layer.minimising(crossEntropy);
    }

    @Override
    protected CosineSoftmax transforming(CosineSoftmax layer, LogitTransform transform) {
        return layer.transforming(transform);
    }
}

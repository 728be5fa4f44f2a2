package io.vastmax.testkit;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;

class SphericalSoftmaxExtremesTest extends ExtremesContract<SphericalSoftmax> {
    @Override
    protected SphericalSoftmax create(int classes, int width, RandomKey key) {
        return SphericalSoftmax.create(classes, width, 0.1, key);
    }

    @Override
    protected SphericalSoftmax minimising(SphericalSoftmax layer, CrossEntropy crossEntropy) {
        return layer.minimising(crossEntropy);
    }

    @Override
    protected SphericalSoftmax transforming(SphericalSoftmax layer, LogitTransform transform) {
        return layer.transforming(transform);
    }
}

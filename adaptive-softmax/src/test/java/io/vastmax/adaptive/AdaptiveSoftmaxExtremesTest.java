package io.vastmax.adaptive;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;
import io.vastmax.testkit.ExtremesContract;
import java.util.stream.IntStream;

class AdaptiveSoftmaxExtremesTest extends ExtremesContract<AdaptiveSoftmax> {
    @Override
    protected AdaptiveSoftmax create(int classes, int width, RandomKey key) {
        int[] cutoffs = IntStream.of(classes / 10, classes / 3)
                .filter(cutoff -> cutoff > 0)
                .toArray();
        return AdaptiveSoftmax.create(FrequencyClusters.of(classes, cutoffs), width, 1.5, true, key);
    }

    @Override
    protected AdaptiveSoftmax minimising(AdaptiveSoftmax layer, CrossEntropy crossEntropy) {
        return layer.minimising(crossEntropy);
    }

    @Override
    protected AdaptiveSoftmax transforming(AdaptiveSoftmax layer, LogitTransform transform) {
        return layer.transforming(transform);
    }
}

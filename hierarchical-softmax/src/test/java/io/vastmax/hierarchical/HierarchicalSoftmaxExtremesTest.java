package io.vastmax.hierarchical;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;
import io.vastmax.testkit.ExtremesContract;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Nested;

/** Over binary nodes, and over wide ones. */
class HierarchicalSoftmaxExtremesTest {
    @Nested
    class Balanced extends Contract {
        Balanced() {
            super(classes -> Tree.balanced(classes, 2));
        }
    }

    @Nested
    class Wide extends Contract {
        Wide() {
            super(classes -> Tree.balanced(classes, 12));
        }
    }

    abstract static class Contract extends ExtremesContract<HierarchicalSoftmax> {
        private final IntFunction<Tree> tree;

        Contract(IntFunction<Tree> tree) {
            this.tree = tree;
        }

        @Override
        protected HierarchicalSoftmax create(int classes, int width, RandomKey key) {
            return HierarchicalSoftmax.create(tree.apply(classes), width, key);
        }

        @Override
        protected HierarchicalSoftmax minimising(HierarchicalSoftmax layer, CrossEntropy crossEntropy) {
            return layer.minimising(crossEntropy);
        }

        @Override
        protected HierarchicalSoftmax transforming(HierarchicalSoftmax layer, LogitTransform transform) {
            return layer.transforming(transform);
        }
    }
}

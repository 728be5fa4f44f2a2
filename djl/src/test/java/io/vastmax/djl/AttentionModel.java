package io.vastmax.djl;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Two layers of causal self-attention with random weights, a cache, and positions: a decoder as DJL serves them. */
final class AttentionModel implements AutoCloseable {
    static final int VOCABULARY = 11;
    static final int LONGEST = 256;
    private static final int LAYERS = 2;
    private static final int HEADS = 2;
    private static final int SIZE = 4;
    private static final int WIDTH = HEADS * SIZE;

    final Model model;
    final Predictor<NDList, CausalLMOutput> predictor;

    /** Everything that runs gave, if it is wanted. */
    final List<NDArray> given = new ArrayList<>();

    /** The number of rows and of ids in a row of each run. */
    final List<String> runs = new ArrayList<>();

    /** What becomes of the arrays that a run gives. */
    enum Output {
        /** Logits of all positions and a cache. */
        CACHE,
        /** No cache. */
        NO_CACHE,
        /** Not detached. */
        ATTACHED,
        /** 16-bit logits of the last position and a 16-bit cache. */
        HALF,
        /** A cache with the positions before the heads, {@code [B, past, heads, size]}. */
        POSITIONS_FIRST
    }

    private final NDManager manager;
    private final SplittableRandom random = new SplittableRandom(1);
    private final NDArray embedding;
    private final NDArray positions;
    private final NDArray output;
    private final List<NDArray> weights = new ArrayList<>();
    private final Output kind;

    AttentionModel(Output kind) {
        PyTorch.start();
        this.kind = kind;
        model = Model.newInstance("attention", "PyTorch");
        manager = model.getNDManager();
        embedding = random(VOCABULARY, WIDTH);
        positions = random(LONGEST, WIDTH);
        output = random(WIDTH, VOCABULARY);
        for (int i = 0; i < 4 * LAYERS; i++) {
            weights.add(random(WIDTH, WIDTH));
        }
        model.setBlock(new LambdaBlock(this::run));
        predictor = model.newPredictor(new Detaching());
    }

    PredictorLanguageModel languageModel() {
        return new PredictorLanguageModel(predictor, manager, VOCABULARY, LONGEST);
    }

    private NDArray random(int rows, int columns) {
        float[] numbers = new float[rows * columns];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextDouble(-1.2, 1.2);
        }
        return manager.create(numbers, new Shape(rows, columns));
    }

    private NDList run(NDList in) {
        NDArray ids = in.get(0);
        long batch = ids.getShape().get(0);
        int steps = (int) ids.getShape().get(1);
        runs.add(batch + "x" + steps);
        NDArray mask = in.get(2);
        int all = (int) mask.getShape().get(1);
        NDArray hidden = rows(embedding, ids).add(rows(positions, in.get(1)));
        NDArray before = manager.arange(all - steps, all, 1, DataType.FLOAT32).reshape(steps, 1);
        NDArray allowed = manager.arange(0, all, 1, DataType.FLOAT32)
                .reshape(1, all)
                .lte(before)
                .toType(DataType.FLOAT32, false)
                .reshape(1, 1, steps, all)
                .mul(mask.toType(DataType.FLOAT32, false).reshape(batch, 1, 1, all));
        NDArray forbidden = allowed.sub(1).mul(1e9);
        NDList cache = new NDList();
        for (int layer = 0; layer < LAYERS; layer++) {
            NDArray keys = heads(hidden, layer, 1);
            NDArray values = heads(hidden, layer, 2);
            if (in.size() > 3) {
                keys = cached(in.get(3 + 2 * layer)).concat(keys, 2);
                values = cached(in.get(4 + 2 * layer)).concat(values, 2);
            }
            cache.add(toCache(keys));
            cache.add(toCache(values));
            NDArray attended = heads(hidden, layer, 0)
                    .matMul(keys.transpose(0, 1, 3, 2))
                    .div(Math.sqrt(SIZE))
                    .add(forbidden)
                    .softmax(-1)
                    .matMul(values)
                    .transpose(0, 2, 1, 3)
                    .reshape(batch, steps, WIDTH);
            hidden = hidden.add(attended.matMul(weights.get(4 * layer + 3)).tanh());
        }
        NDArray logits = hidden.matMul(output);
        if (kind == Output.HALF) {
            logits = logits.get(":, -1:, :").toType(DataType.FLOAT16, false);
        }
        NDList out = new NDList(logits);
        if (kind != Output.NO_CACHE) {
            out.addAll(cache);
        }
        return out;
    }

    /** What the cache holds of keys or values, [B, heads, past, size]. */
    private NDArray toCache(NDArray array) {
        return switch (kind) {
            case HALF -> array.toType(DataType.FLOAT16, false);
            case POSITIONS_FIRST -> array.transpose(0, 2, 1, 3);
            default -> array;
        };
    }

    private NDArray cached(NDArray array) {
        return switch (kind) {
            case HALF -> array.toType(DataType.FLOAT32, false);
            case POSITIONS_FIRST -> array.transpose(0, 2, 1, 3);
            default -> array;
        };
    }

    private NDArray rows(NDArray table, NDArray index) {
        return table.get(new NDIndex("{}, ...", index));
    }

    private NDArray heads(NDArray hidden, int layer, int kind) {
        Shape shape = hidden.getShape();
        return hidden.matMul(weights.get(4 * layer + kind))
                .reshape(shape.get(0), shape.get(1), HEADS, SIZE)
                .transpose(0, 2, 1, 3);
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }

    private final class Detaching implements Translator<NDList, CausalLMOutput> {
        @Override
        public NDList processInput(TranslatorContext context, NDList input) {
            return input;
        }

        @Override
        public CausalLMOutput processOutput(TranslatorContext context, NDList list) {
            if (kind == Output.ATTACHED) {
                list.attach(context.getNDManager());
            } else {
                list.detach();
            }
            given.addAll(list);
            return new CausalLMOutput(list.get(0), list.size() == 1 ? null : list.subNDList(1));
        }

        @Override
        public @Nullable Batchifier getBatchifier() {
            return null;
        }
    }
}

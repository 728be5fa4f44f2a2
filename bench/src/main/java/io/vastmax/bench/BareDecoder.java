package io.vastmax.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.vastmax.onnx.DecoderGraph;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The runs of a decoder with Hugging Face Optimum's names, as one writes them with ONNX Runtime alone. */
final class BareDecoder implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final Set<String> presents;
    private final DecoderGraph.Sizes sizes;
    private final boolean throughJava;
    private final Map<String, OnnxTensor> past = new HashMap<>();
    private int columns;
    private float[] logits = {};

    /**
     * A decoder.
     *
     * @param throughJava whether the cache is copied to arrays and back, and the logits are read
     */
    BareDecoder(Path file, DecoderGraph.Sizes sizes, int threads, boolean throughJava) throws OrtException {
        this.sizes = sizes;
        this.throughJava = throughJava;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            session = environment.createSession(file.toString(), options);
        }
        presents = session.getOutputNames();
    }

    /** Begins anew with a prompt. */
    void read(int... prompt) throws OrtException {
        clear();
        columns = 0;
        for (String name : presents) {
            if (!name.equals("logits")) {
                long[] shape = {1, sizes.kvHeads(), 0, sizes.headSize()};
                past.put(pastOf(name), OnnxTensor.createTensor(environment, FloatBuffer.allocate(0), shape));
            }
        }
        run(prompt);
    }

    private static String pastOf(String present) {
        return present.replace("present", "past_key_values");
    }

    /** Runs so many tokens, one by one. */
    int write(int tokens) throws OrtException {
        int id = 1;
        for (int i = 0; i < tokens; i++) {
            run(id);
            id = throughJava ? likeliest() : (id * 31 + 7) % sizes.vocabulary();
        }
        return id;
    }

    private int likeliest() {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    private void run(int... ids) throws OrtException {
        int steps = ids.length;
        long[] positions = new long[steps];
        Arrays.setAll(positions, t -> columns + t);
        long[] mask = new long[columns + steps];
        Arrays.fill(mask, 1);
        Map<String, OnnxTensor> inputs = new HashMap<>(past);
        inputs.put("input_ids", tensor(Arrays.stream(ids).asLongStream().toArray()));
        inputs.put("position_ids", tensor(positions));
        inputs.put("attention_mask", tensor(mask));
        OrtSession.Result result = session.run(inputs);
        inputs.values().forEach(OnnxTensor::close);
        past.clear();
        columns += steps;
        List<OnnxTensor> done = new ArrayList<>();
        for (String name : presents) {
            OnnxTensor tensor = (OnnxTensor) result.get(name).orElseThrow();
            if (name.equals("logits")) {
                if (throughJava) {
                    float[][][] rows = (float[][][]) tensor.getValue();
                    logits = rows[0][rows[0].length - 1];
                }
                done.add(tensor);
            } else if (throughJava) {
                past.put(pastOf(name), OnnxTensor.createTensor(environment, tensor.getValue()));
                done.add(tensor);
            } else {
                past.put(pastOf(name), tensor);
            }
        }
        done.forEach(OnnxTensor::close);
    }

    private OnnxTensor tensor(long... numbers) throws OrtException {
        return OnnxTensor.createTensor(environment, LongBuffer.wrap(numbers), new long[] {1, numbers.length});
    }

    private void clear() {
        past.values().forEach(OnnxTensor::close);
        past.clear();
    }

    @Override
    public void close() throws OrtException {
        clear();
        session.close();
    }
}

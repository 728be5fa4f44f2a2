package io.vastmax.onnx;

import ai.onnxruntime.OrtException;
import io.vastmax.sampling.Logits;
import io.vastmax.text.Decoding;
import io.vastmax.text.FedTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Sequences in an ONNX Runtime session. Where the model can be told of padding, all of them run as one batch; else those that
 * are fed as many tokens behind as many columns.
 */
final class OnnxDecoding implements Decoding {
    private final DecoderSession session;
    private final List<State> states;
    private final FedTokens fed;
    private List<Lane> lanes;
    private boolean closed;

    /** Sequences without tokens, in a session that must remain open for as long. */
    OnnxDecoding(DecoderSession session, int sequences) {
        this.session = session;
        states = session.signature().states();
        fed = new FedTokens(sequences);
        lanes = List.of(Lane.of(IntStream.range(0, sequences).toArray()));
    }

    @Override
    public int sequences() {
        return fed.sequences();
    }

    @Override
    public List<Logits> feed(int[][] tokens, int last) {
        fed.check(tokens, last);
        int[][] block = states.isEmpty() ? fed.with(tokens) : tokens;
        List<List<Logits>> rows = new ArrayList<>();
        for (int i = 0; i < tokens.length; i++) {
            rows.add(new ArrayList<>(last));
        }
        run(() -> {
            split(i -> session.pads() ? 0 : block[i].length);
            for (Lane lane : lanes) {
                feed(lane, block, last, rows);
            }
            join();
        });
        fed.append(tokens);
        return rows.stream().flatMap(List::stream).toList();
    }

    /**
     * Feeds a lane its part of a block, in as many runs as it takes.
     *
     * @param last how many rows each sequence gets, 0 or more
     * @param rows each sequence's
     */
    private void feed(Lane lane, int[][] block, int last, List<List<Logits>> rows) throws OrtException {
        int left = Arrays.stream(lane.each(i -> block[i].length)).max().orElseThrow();
        while (left > 0) {
            int before = states.isEmpty() ? Integer.MAX_VALUE : left;
            int most = Math.min(left, session.mostSteps(lane));
            int n = session.givesLastOnly() ? Math.clamp(left - last + 1, 1, most) : most;
            int after = left - n;
            int[][] piece = new int[lane.size()][];
            for (int row = 0; row < piece.length; row++) {
                int[] ids = block[lane.member(row)];
                piece[row] = Arrays.copyOfRange(ids, Math.max(0, ids.length - before), Math.max(0, ids.length - after));
            }
            int want = Math.clamp((long) last - after, 0, session.givesLastOnly() ? 1 : n);
            List<Logits> logits = session.run(lane, piece, want);
            for (int row = 0; row < piece.length; row++) {
                if (want > 0) {
                    rows.get(lane.member(row)).addAll(logits.subList(row * want, (row + 1) * want));
                }
            }
            left = after;
        }
    }

    @Override
    public void reorder(int... from) {
        fed.reorder(from);
        run(() -> {
            List<Lane> next = new ArrayList<>();
            for (Lane lane : lanes) {
                List<Integer> members = Arrays.stream(lane.each(i -> i)).boxed().toList();
                int[] numbers = IntStream.range(0, from.length)
                        .filter(i -> members.contains(from[i]))
                        .toArray();
                if (numbers.length > 0) {
                    int[] rows = Arrays.stream(numbers)
                            .map(i -> members.indexOf(from[i]))
                            .toArray();
                    next.add(lane.select(rows, numbers, states, session.operations()));
                }
            }
            replace(lanes, next);
            rollbackColumns(new int[from.length]); // what only the dropped ones needed goes
        });
    }

    @Override
    public void rollback(int... tokens) {
        fed.rollback(tokens);
        run(() -> {
            if (session.signature().recurs()) {
                split(i -> Math.min(tokens[i], 1));
                for (Lane lane : List.copyOf(lanes)) {
                    if (tokens[lane.member(0)] > 0) {
                        again(lane);
                    }
                }
                join();
            } else {
                split(i -> session.pads() ? 0 : tokens[i]);
                rollbackColumns(tokens);
            }
        });
    }

    private void rollbackColumns(int... tokens) throws OrtException {
        if (!states.isEmpty() && !session.signature().recurs()) {
            for (Lane lane : lanes) {
                lane.rollback(lane.each(i -> tokens[i]), states, session.operations());
            }
        }
    }

    /** Feeds the sequences of a lane from their beginning, as a state cannot go back. */
    private void again(Lane lane) throws OrtException {
        int[][] texts = new int[fed.sequences()][];
        Arrays.setAll(texts, fed::of);
        List<Lane> fresh = new ArrayList<>();
        for (int row = 0; row < lane.size(); row++) {
            fresh.add(Lane.of(lane.member(row)));
        }
        replace(List.of(lane), fresh);
        for (Lane alone : fresh) {
            feed(alone, texts, 0, List.of());
        }
    }

    /** Cuts lanes so that all sequences of one have the same key; and of one sequence where the model takes no more. */
    private void split(IntUnaryOperator key) throws OrtException {
        for (Lane lane : lanes) {
            IntUnaryOperator own = session.batches() ? i -> key.applyAsInt(lane.member(i)) : i -> i;
            Collection<List<Integer>> groups = IntStream.range(0, lane.size())
                    .boxed()
                    .collect(Collectors.groupingBy(own::applyAsInt, TreeMap::new, Collectors.toList()))
                    .values();
            if (groups.size() > 1) {
                List<Lane> parts = new ArrayList<>();
                for (List<Integer> group : groups) {
                    int[] rows = group.stream().mapToInt(row -> row).toArray();
                    int[] numbers = Arrays.stream(rows).map(lane::member).toArray();
                    parts.add(lane.select(rows, numbers, states, session.operations()));
                }
                replace(List.of(lane), parts);
            }
        }
    }

    /** Makes one of all lanes that have come to the same length. */
    private void join() throws OrtException {
        if (session.pads() || !session.batches()) {
            return;
        }
        Map<Integer, List<Lane>> byWidth = lanes.stream()
                .filter(lane -> states.isEmpty() || !lane.isFresh())
                .collect(Collectors.groupingBy(lane -> lane.columns().width()));
        for (List<Lane> same : byWidth.values()) {
            if (same.size() > 1) {
                replace(same, List.of(Lane.join(same, states, session.operations())));
            }
        }
    }

    /** Frees some lanes, and takes others in their place. */
    private void replace(List<Lane> old, List<Lane> others) {
        List<Lane> next = new ArrayList<>(lanes);
        next.removeAll(old);
        next.addAll(others);
        old.forEach(Lane::close);
        lanes = List.copyOf(next);
    }

    private void run(DecoderSession.Action action) {
        if (closed) {
            throw new IllegalStateException("The decoding is closed, or it failed before");
        }
        try {
            session.use(action);
        } catch (OrtException e) {
            close();
            throw new IllegalStateException("The model failed: " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        lanes.forEach(Lane::close);
        lanes = List.of();
    }
}

package io.vastmax.bench;

import io.vastmax.bench.Outcome.Measured;
import io.vastmax.bench.Outcome.Missing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Results in Markdown: each row a piece of work, our time, each peer's, and their ratio. */
final class Table {
    private Table() {}

    /** A suite's table, under a heading, with what it was measured on. */
    static String of(Suite suite, Results results, String when, String how) {
        List<Implementation> columns = Arrays.stream(Implementation.values())
                .filter(column -> suite.works().stream()
                        .anyMatch(work -> work.implementations().contains(column)))
                .toList();
        Implementation ours = columns.getFirst();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("Work"));
        columns.forEach(column -> head.add(column.label()));
        columns.stream().skip(1).forEach(peer -> head.add(peer.label() + " / " + ours.label()));
        rows.add(head);
        for (Work work : suite.works()) {
            List<String> row = new ArrayList<>(List.of(work.label()));
            columns.forEach(column -> row.add(cell(work, results.of(work, column), column == ours)));
            columns.stream()
                    .skip(1)
                    .forEach(peer -> row.add(ratio(results.of(work, ours), results.of(work, peer), work.target(peer))));
            rows.add(row);
        }
        StringBuilder out = new StringBuilder("# " + suite.title() + "\n\n");
        out.append(Machine.description()).append(". ").append(when).append(".\n\n");
        out.append(markdown(rows)).append('\n');
        suite.comparisons()
                .forEach(comparison ->
                        out.append("- ").append(comparison.text(results)).append('\n'));
        suite.notes().forEach(note -> out.append("- ").append(note).append('\n'));
        return out.append("- ").append(how).append('\n').toString();
    }

    /** Cells as a Markdown table, the columns aligned. */
    static String markdown(List<List<String>> rows) {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            Arrays.setAll(widths, i -> Math.max(widths[i], row.get(i).length()));
        }
        StringBuilder out = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            for (int i = 0; i < widths.length; i++) {
                String cell = rows.get(r).get(i);
                out.append("| ").append(cell).repeat(" ", widths[i] - cell.length() + 1);
            }
            out.append("|\n");
            if (r == 0) {
                for (int width : widths) {
                    out.append('|').repeat("-", width + 2);
                }
                out.append("|\n");
            }
        }
        return out.toString();
    }

    /** A time to three digits. */
    static String time(double seconds) {
        if (seconds >= 1) {
            return digits(seconds) + " s";
        }
        if (seconds >= 1e-3) {
            return digits(seconds * 1e3) + " ms";
        }
        return seconds >= 1e-6 ? digits(seconds * 1e6) + " µs" : digits(seconds * 1e9) + " ns";
    }

    private static String cell(Work work, @Nullable Outcome outcome, boolean ours) {
        return switch (outcome) {
            case null -> "";
            case Missing missing -> missing.why();
            case Measured measured -> {
                double seconds = measured.seconds();
                StringBuilder cell = new StringBuilder(time(seconds));
                if (!Double.isNaN(measured.error())) {
                    cell.append(" ± ").append(digits(100 * measured.error())).append(" %");
                }
                if (work.tokens() > 0) {
                    cell.append("; %,.0f tokens/s".formatted(work.tokens() / seconds));
                }
                if (work.flop() > 0) {
                    cell.append("; %.0f GFLOP/s".formatted(work.flop() / seconds / 1e9));
                }
                if (ours && work.nodes() > 0) {
                    cell.append("; ").append(time(seconds / work.nodes())).append(" a node");
                }
                yield cell.toString();
            }
        };
    }

    private static String ratio(@Nullable Outcome ours, @Nullable Outcome peer, double target) {
        if (!(ours instanceof Measured a) || !(peer instanceof Measured b)) {
            return "";
        }
        double[] x = a.rounds();
        double[] y = b.rounds();
        double ratio = b.seconds() / a.seconds();
        String range = "";
        if (x.length > 1 && x.length == y.length) {
            // What ran in one round met the same machine
            double[] ratios = new double[x.length];
            Arrays.setAll(ratios, i -> y[i] / x[i]);
            Arrays.sort(ratios);
            int n = ratios.length;
            ratio = (ratios[(n - 1) / 2] + ratios[n / 2]) / 2;
            range = " (%.2f to %.2f)".formatted(ratios[0], ratios[n - 1]);
        }
        String cell = "%.2f".formatted(ratio) + range;
        return target > 0 ? cell + (target < 1 ? "; target %.2f" : "; target %.1f").formatted(target) : cell;
    }

    private static String digits(double number) {
        int decimals = number >= 100 ? 0 : number >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f", number);
    }
}

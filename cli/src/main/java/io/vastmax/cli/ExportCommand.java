package io.vastmax.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.ModelDirectory;
import io.vastmax.OutputLayer;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.onnx.OnnxExport;
import io.vastmax.onnx.OnnxModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code vastmax export}. */
@Command(
        name = "export",
        sortOptions = false,
        description = {
            "Write a model as ONNX, for ONNX Runtime and whatever else runs it.",
            "",
            "The whole language model, from words to log-probabilities, with its states as inputs and outputs; or its"
                    + " output layer alone. Vocabulary, tokenizer and settings travel along as metadata. Weights beyond"
                    + " 2 GiB go to a second file, FILE.data, which must stay beside the first.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  vastmax export --model model --out model.onnx",
            "  vastmax export --model model --layer-only top-k --top-k 10 --out layer.onnx"
        })
final class ExportCommand implements Callable<Integer> {
    private static final int TOP_K = 10;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", required = true, description = "Folder of the model.")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            required = true,
            description = "File to write; a file of that name is replaced.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--layer-only",
            paramLabel = "FORM",
            description =
                    "Only the output layer: from hidden states to the log-probabilities of all words (log-probs), to the"
                            + " likeliest words (top-k), or, with ids, to the log-probability of each (log-prob).",
            converter = FormConverter.class)
    private @Nullable Form layerOnly;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "How many words --layer-only top-k gives. Default: " + TOP_K + ", or all if they are fewer.")
    private @Nullable Integer topK;

    @Option(names = "--json", description = "Print the result as JSON (see docs/cli.md) instead of as text.")
    private boolean json;

    /** What becomes of hidden states. */
    private enum Form {
        LOG_PROBS,
        TOP_K,
        LOG_PROB;

        /** As in {@code log-probs}. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final class FormConverter implements ITypeConverter<Form> {
        @Override
        public Form convert(String name) {
            for (Form form : Form.values()) {
                if (form.toString().equals(name)) {
                    return form;
                }
            }
            throw new TypeConversionException("expected one of log-probs, top-k, log-prob but was '" + name + "'");
        }
    }

    /** The result, for {@code --json}. */
    private record Result(
            List<String> files, long bytes, int opset, List<OnnxModel.Tensor> inputs, List<OnnxModel.Tensor> outputs) {}

    @Override
    public Integer call() throws IOException {
        if (topK != null && layerOnly != Form.TOP_K) {
            throw new ParameterException(spec.commandLine(), "--top-k goes with --layer-only top-k");
        }
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(model);
        try (RecurrentLanguageModel lm = loaded.model()) {
            OnnxModel exported = exported(lm).withMetadata(metadata(loaded));
            Path folder = out.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            List<Path> files = exported.write(out);
            print(exported, files);
        }
        return 0;
    }

    private OnnxModel exported(RecurrentLanguageModel lm) {
        OutputLayer layer = lm.objective().exact();
        return switch (layerOnly) {
            case null -> OnnxExport.languageModel(lm.input(), lm.parameters(), layer);
            case LOG_PROBS -> OnnxExport.logProbs(layer);
            case TOP_K -> OnnxExport.topK(layer, k(layer.classes()));
            case LOG_PROB -> OnnxExport.logProb(layer);
        };
    }

    private int k(int classes) {
        if (topK != null && (topK < 1 || topK > classes)) {
            throw new ParameterException(
                    spec.commandLine(), "--top-k " + topK + ": must be from 1 to " + classes + ", the model's words");
        }
        return topK != null ? topK : Math.min(TOP_K, classes);
    }

    /** Without the names of files, which mean something here only. */
    private Map<String, String> metadata(LanguageModelFiles.Loaded loaded) throws IOException {
        ObjectNode settings = ModelDirectory.open(model).config().deepCopy();
        settings.remove(List.of("files", "checkpoint"));
        settings.withObject("/training").remove("corpus");
        return Map.of(
                OnnxModel.VOCABULARY,
                String.join("\n", loaded.vocabulary().tokens()),
                OnnxModel.TOKENIZER,
                loaded.tokenizer().name(),
                OnnxModel.SETTINGS,
                settings.toString());
    }

    private void print(OnnxModel exported, List<Path> files) throws IOException {
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        PrintWriter to = spec.commandLine().getOut();
        if (json) {
            to.print(Json.write(new Result(
                    files.stream().map(Path::toString).toList(),
                    bytes,
                    OnnxExport.OPSET,
                    exported.inputs(),
                    exported.outputs())));
        } else {
            String names = files.stream().map(Path::toString).collect(Collectors.joining(" and "));
            to.printf(Locale.ROOT, "Wrote %s: %.1f MB, opset %d%n", names, bytes / 1e6, OnnxExport.OPSET);
            exported.inputs().forEach(input -> to.println("  in:  " + input));
            exported.outputs().forEach(output -> to.println("  out: " + output));
        }
        to.flush();
    }
}

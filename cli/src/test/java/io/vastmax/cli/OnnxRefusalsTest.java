package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.onnx.DecoderGraph;
import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.DecoderGraph.Trait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code generate} and {@code evaluate} say of ONNX models and options that do not go. {@code DIR} is a folder. */
class OnnxRefusalsTest {
    @TempDir
    private static Path folder;

    @BeforeAll
    static void write() throws IOException {
        Path good = Files.createDirectory(folder.resolve("good"));
        byte[] whole = Files.readAllBytes(DecoderGraph.of(Sizes.SMALL, 1).write(good));
        Files.write(folder.resolve("half.onnx"), Arrays.copyOf(whole, whole.length / 2));
        Files.writeString(folder.resolve("text.onnx"), "This is no model.");
        Files.createDirectory(folder.resolve("none"));
        Path foreign = Files.createDirectory(folder.resolve("foreign"));
        DecoderGraph.of(Sizes.SMALL, 1, Trait.FOREIGN_INPUT).write(foreign);
        Path larger = Files.createDirectory(folder.resolve("larger"));
        DecoderGraph.of(new Sizes(1, 1, 1, 8, 60, 16), 1).write(larger);
        Path smaller = Files.createDirectory(folder.resolve("smaller"));
        DecoderGraph.of(new Sizes(1, 1, 1, 8, 40, 16), 1).write(smaller);
        OnnxReference.writeWords(folder.resolve("50.txt"), 50);
        OnnxReference.writeWords(folder.resolve("49.txt"), 49);
        Files.writeString(folder.resolve("no-unk.txt"), "<eos>\nword\n");
        Files.writeString(folder.resolve("corpus.txt"), "w1 w2 w3\n");
        OnnxReference.writeTokenizer(folder.resolve("50.json"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1 | --onnx=DIR/missing.onnx | missing.onnx: no such file or folder",
                "1 | --onnx=DIR/none | none holds no .onnx file",
                "1 | --onnx=DIR/text.onnx | text.onnx is not an ONNX model",
                "1 | --onnx=DIR/half.onnx | half.onnx is not an ONNX model, or is cut off",
                "1 | --onnx=DIR/foreign | inputs that are not known: [encoder_hidden_states float",
                "1 | --onnx=DIR/good --state=h=h_out | The model has no input h: its inputs are [input_ids int64",
                "1 | --onnx=DIR/good --state=position_ids=h | The model has no output h: its outputs are [present.0.key float",
                "2 | --onnx=DIR/good --state=h | --state",
                "2 | --onnx=DIR/good | good does not say what its tokens are: give --tokenizer",
                "1 | --onnx=DIR/good --vocab=DIR/49.txt | 49.txt has 49 words, but the model has logits for 50",
                "1 | --onnx=DIR/good --vocab=DIR/no-unk.txt | no-unk.txt: the vocabulary has no <unk>",
                "1 | --onnx=DIR/good --vocab=DIR/0.txt | 0.txt: no such file or folder",
                "1 | --onnx=DIR/smaller --tokenizer=DIR/50.json | 50.json has 50 tokens, more than the model's 40 logits",
                "1 | --onnx=DIR/good --tokenizer=DIR/50.txt | 50.txt is not JSON",
                "1 | --onnx=DIR/good --tokenizer=DIR/good/config.json | config.json is no tokenizer",
                "1 | --onnx=DIR/good --tokenizer=DIR/0.json | 0.json: no such file or folder",
                "2 | --onnx=DIR/good --vocab=DIR/50.txt --tokenizer=DIR/50.json | Give --tokenizer or --vocab, not both",
                "2 | --onnx=DIR/good --vocab=DIR/50.txt --context=1 | --context 1: must be at least 2",
                "2 | --onnx=DIR/good --model=DIR/model | Give --model or --onnx, not both",
                "2 | --json | Give a model: --model DIR or --onnx PATH",
                "2 | --model=DIR/model --tokenizer=DIR/50.json | --tokenizer goes with --onnx",
                "2 | --model=DIR/model --vocab=DIR/50.txt | --vocab goes with --onnx",
                "2 | --model=DIR/model --state=a=b | --state goes with --onnx",
                "2 | --model=DIR/model --context=9 | --context goes with --onnx",
                "2 | --model=DIR/half.onnx | half.onnx: is a file, must be a folder of train; an ONNX model goes with --onnx"
            })
    void bothCommandsRefuse(int exitCode, String options, String reason) {
        assertThat(refusal(exitCode, "generate --prompt=w3 " + options)).contains(reason);
        assertThat(refusal(exitCode, "evaluate --corpus=DIR/corpus.txt " + options))
                .contains(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "2 | generate --model=DIR/model --draft=DIR/good | --draft goes with --onnx",
                "2 | generate --onnx=DIR/good --vocab=DIR/50.txt --drafts=3 | --drafts goes with --draft",
                "2 | generate --onnx=DIR/good --draft=DIR/good --drafts=0 | --drafts 0: must be at least 1",
                "1 | generate --onnx=DIR/good --vocab=DIR/50.txt --draft=DIR/larger | draft has 60 tokens in its vocabulary, but the model has 50",
                "1 | generate --onnx=DIR/good --vocab=DIR/50.txt --draft=DIR/none | none holds no .onnx file",
                "2 | generate --onnx=DIR/good --vocab=DIR/50.txt --end=elephant | --end elephant: is no token of the model's vocabulary",
                "1 | generate --onnx=DIR/good --vocab=DIR/50.txt --context=3 --prompt=w1,w2 | prompt has 3 tokens",
                "1 | generate --onnx=DIR/smaller --tokenizer=DIR/50.json | 50.json has 50 tokens",
                "2 | evaluate --onnx=DIR/good --vocab=DIR/50.txt | --onnx needs a --corpus",
                "1 | evaluate --onnx=DIR/good --vocab=DIR/50.txt --corpus=DIR/corpus.txt --part=valid | corpus.txt is a single file and has no valid part",
            })
    void oneRefuses(int exitCode, String arguments, String reason) {
        assertThat(refusal(exitCode, arguments)).contains(reason);
    }

    private static String refusal(int exitCode, String arguments) {
        return CommandRun.refusal(
                exitCode,
                Stream.of(arguments.split(" ", -1))
                        .map(argument -> argument.replace("DIR", folder.toString()))
                        .map(argument -> argument.replace(',', ' '))
                        .toArray(String[]::new));
    }
}

package io.vastmax.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a model writes and how well it predicts, computed from logits in double precision; and vocabularies for it. */
interface OnnxReference {
    /** Tokens of {@link #writeTokenizer}: the first is special, the second a space as byte-level tokenizers write it. */
    List<String> LETTERS = letters();

    /** The logits that follow each token of a text. */
    double[][] logits(int... tokens);

    private static List<String> letters() {
        List<String> letters = new ArrayList<>(List.of("<s>", "Ġ"));
        IntStream.concat(IntStream.rangeClosed('a', 'z'), IntStream.rangeClosed('A', 'V'))
                .forEach(letter -> letters.add(Character.toString(letter)));
        return letters;
    }

    /** The tokens that follow a prompt if each is the likeliest. */
    default List<Integer> greedy(int count, int... prompt) {
        int[] text = prompt;
        for (int i = 0; i < count; i++) {
            double[] last = logits(text)[text.length - 1];
            int best = IntStream.range(0, last.length)
                    .reduce((a, b) -> last[b] > last[a] ? b : a)
                    .orElseThrow();
            text = Arrays.copyOf(text, text.length + 1);
            text[text.length - 1] = best;
        }
        return Arrays.stream(text).skip(prompt.length).boxed().toList();
    }

    /** Of all tokens but the first, window by window. */
    default double perplexity(int window, int... text) {
        double nats = 0;
        for (int from = 0; from < text.length - 1; from += window) {
            int[] inputs = Arrays.copyOfRange(text, from, Math.min(from + window, text.length - 1));
            double[][] rows = logits(inputs);
            for (int t = 0; t < inputs.length; t++) {
                double sum = Arrays.stream(rows[t]).map(Math::exp).sum();
                nats += Math.log(sum) - rows[t][text[from + t + 1]];
            }
        }
        return Math.exp(nats / (text.length - 1));
    }

    /** Text of {@link #LETTERS}. */
    static String letters(List<Integer> ids) {
        return ids.stream()
                .map(LETTERS::get)
                .filter(letter -> !letter.equals("<s>"))
                .collect(Collectors.joining())
                .replace("Ġ", " ");
    }

    /** A byte-level {@code tokenizer.json} of 50 letters. */
    static Path writeTokenizer(Path file) throws IOException {
        ObjectNode json = new ObjectMapper().createObjectNode().put("version", "1.0");
        ObjectNode begin = json.putArray("added_tokens").addObject();
        begin.put("id", 0).put("content", "<s>").put("special", true).put("normalized", false);
        begin.put("single_word", false).put("lstrip", false).put("rstrip", false);
        for (String part : List.of("pre_tokenizer", "decoder")) {
            ObjectNode bytes = json.putObject(part).put("type", "ByteLevel");
            bytes.put("add_prefix_space", false).put("trim_offsets", true).put("use_regex", true);
        }
        ObjectNode model = json.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < LETTERS.size(); id++) {
            vocabulary.put(LETTERS.get(id), id);
        }
        model.putArray("merges");
        return Files.writeString(file, json.toPrettyString());
    }

    /** {@code <unk>}, {@code <eos>}, {@code w2}, {@code w3} ... */
    static Path writeWords(Path file, int count) throws IOException {
        List<String> words = new ArrayList<>(List.of("<unk>", "<eos>"));
        IntStream.range(2, count).forEach(id -> words.add("w" + id));
        return Files.write(file, words);
    }

    /** Text of such words. */
    static String words(List<Integer> ids) {
        return ids.stream()
                .map(id -> id == 1 ? "\n" : id == 0 ? " <unk>" : " w" + id)
                .collect(Collectors.joining());
    }
}

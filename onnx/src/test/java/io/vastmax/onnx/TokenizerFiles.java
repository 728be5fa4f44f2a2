package io.vastmax.onnx;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Small files {@code tokenizer.json} of the kinds that there are. */
enum TokenizerFiles {
    /** As of GPT-2: bytes, written as letters, and a few pairs of them. */
    BYTE_LEVEL {
        @Override
        void fill(ObjectNode json) {
            for (String part : List.of("pre_tokenizer", "post_processor", "decoder")) {
                json.putObject(part)
                        .put("type", "ByteLevel")
                        .put("add_prefix_space", false)
                        .put("trim_offsets", true)
                        .put("use_regex", true);
            }
            ObjectNode vocabulary = bpe(json, false);
            for (int i = 0; i < 256; i++) {
                add(vocabulary, Character.toString(letter(i)));
            }
            // The first bytes of many emoji, and pairs of letters
            merge(json, "ð", "Ł");
            merge(json, "ðŁ", "ĺ");
            merge(json, "Ġ", "t");
            merge(json, "h", "e");
            merge(json, "Ġt", "he");
        }
    },

    /** As of Llama 2: words with their space before them, and bytes for letters that have no token. */
    BYTE_FALLBACK {
        @Override
        void fill(ObjectNode json) {
            var replacements =
                    json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
            replacements.addObject().put("type", "Prepend").put("prepend", "\u2581");
            ObjectNode in = replacements.addObject().put("type", "Replace").put("content", "\u2581");
            in.putObject("pattern").put("String", " ");
            var decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
            ObjectNode out = decoders.addObject().put("type", "Replace").put("content", " ");
            out.putObject("pattern").put("String", "\u2581");
            decoders.addObject().put("type", "ByteFallback");
            decoders.addObject().put("type", "Fuse");
            decoders.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
            ObjectNode vocabulary = bpe(json, true);
            for (int i = 0; i < 256; i++) {
                add(vocabulary, "<0x%02X>".formatted(i));
            }
            for (String letter : "\u2581abcdefghijklmnopqrstuvwxyz.,é".split("", -1)) {
                if (!letter.isEmpty()) {
                    add(vocabulary, letter);
                }
            }
            merge(json, "\u2581", "t");
            merge(json, "h", "e");
            merge(json, "\u2581t", "he");
        }
    },

    /** As of BERT: words and their ends. */
    WORD_PIECE {
        @Override
        void fill(ObjectNode json) {
            json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
            json.putObject("decoder")
                    .put("type", "WordPiece")
                    .put("prefix", "##")
                    .put("cleanup", true);
            ObjectNode model = json.putObject("model").put("type", "WordPiece");
            model.put("unk_token", END).put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
            ObjectNode vocabulary = model.putObject("vocab");
            vocabulary.put(END, 0);
            for (String token : List.of("the", "cat", "sat", "on", "play", "##ing", "##s", ".", ",", "!", "émile")) {
                add(vocabulary, token);
            }
        }
    };

    /** The special token, whose id is 0. */
    static final String END = "<end>";

    abstract void fill(ObjectNode json);

    /** Writes it. */
    Path write(Path file) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json = mapper.createObjectNode().put("version", "1.0");
        json.putArray("added_tokens")
                .addObject()
                .put("id", 0)
                .put("content", END)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
        fill(json);
        mapper.writeValue(file.toFile(), json);
        return file;
    }

    private static ObjectNode bpe(ObjectNode json, boolean fallback) {
        ObjectNode model = json.putObject("model").put("type", "BPE").put("byte_fallback", fallback);
        model.put("fuse_unk", fallback).putArray("merges");
        if (fallback) {
            model.put("unk_token", END);
        }
        ObjectNode vocabulary = model.putObject("vocab");
        vocabulary.put(END, 0);
        return vocabulary;
    }

    private static void add(ObjectNode vocabulary, String token) {
        vocabulary.put(token, vocabulary.size());
    }

    private static void merge(ObjectNode json, String left, String right) {
        json.withObject("/model").withArray("merges").add(left + " " + right);
        add(json.withObject("/model").withObject("vocab"), left + right);
    }

    /** How byte-level tokenizers write a byte: as itself where that is a visible letter, else as one from U+0100 on. */
    private static int letter(int value) {
        int next = 256;
        for (int i = 0; i < 256; i++) {
            boolean visible = (i >= '!' && i <= '~') || (i >= 0xA1 && i <= 0xAC) || (i >= 0xAE && i <= 0xFF);
            if (i == value) {
                return visible ? i : next;
            }
            next += visible ? 0 : 1;
        }
        throw new IllegalArgumentException("value = " + value);
    }
}

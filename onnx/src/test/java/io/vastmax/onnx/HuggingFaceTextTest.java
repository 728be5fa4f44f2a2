package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vastmax.RandomKey;
import io.vastmax.testkit.SharedData;
import io.vastmax.text.Detokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class HuggingFaceTextTest {
    private static final List<String> TEXTS = List.of(
            "the cat sat on the mat.",
            "Grüße, Émile, naïve café",
            "e\u0301 and o\u0308 and \u1E9B\u0323",
            "😀😃 👩\u200D👩\u200D👧 🏳\uFE0F\u200D🌈 the end 🇩🇪",
            "你好，世界。日本語のテキスト",
            "مرحبا שלום नमस्ते",
            "\u0000\u0001 \t\n\n  x  ",
            "");

    /** As of a byte that is no text, but text: what bytes that come back may take for either. */
    private static final String REPLACEMENTS = "a\uFFFDb \uFFFD\uFFFD\uFFFD\uFFFD c";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void aTextsPiecesAreTheText(TokenizerFiles kind) throws IOException {
        try (HuggingFaceText text = HuggingFaceText.open(kind.write(folder.resolve("tokenizer.json")))) {
            TEXTS.forEach(each -> assertPieces(text, each));
            if (kind != TokenizerFiles.BYTE_FALLBACK) {
                assertPieces(text, REPLACEMENTS);
            }
        }
    }

    @Test
    void aTextsPiecesAreTheTextForGpt2() throws IOException {
        try (HuggingFaceText text = HuggingFaceText.open(SharedData.find("gpt2/tokenizer.json"))) {
            assertPieces(text, REPLACEMENTS);
            for (String each : TEXTS) {
                assertPieces(text, each);
                assertThat(text.decode(text.encode(each))).isEqualTo(each);
            }
        }
    }

    /** As one, and behind each beginning of its tokens as the prompt. */
    private static void assertPieces(HuggingFaceText tokens, String text) {
        int[] ids = tokens.encode(text);
        for (int from = 0; from <= ids.length; from++) {
            int[] prompt = Arrays.copyOf(ids, from);
            String before = tokens.decode(prompt);
            if (!before.endsWith("\uFFFD")) { // or it ends within a character
                assertThat(tokens.detokenizer().text(prompt, Arrays.copyOfRange(ids, from, ids.length)))
                        .as("%s from %d", text, from)
                        .isEqualTo(tokens.decode(ids).substring(before.length()));
            }
        }
    }

    /** But for byte fallback, where a byte may change what is before it. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BYTE_FALLBACK")
    void randomTokensPiecesAreTheirText(TokenizerFiles kind) throws IOException {
        try (HuggingFaceText text = HuggingFaceText.open(kind.write(folder.resolve("tokenizer.json")))) {
            assertRandomPieces(text);
        }
    }

    @Test
    void randomTokensPiecesAreTheirTextForGpt2() throws IOException {
        try (HuggingFaceText text = HuggingFaceText.open(SharedData.find("gpt2/tokenizer.json"))) {
            assertRandomPieces(text);
        }
    }

    @ParameterizedTest
    @EnumSource
    void randomTextsPiecesAreTheText(TokenizerFiles kind) throws IOException {
        int[] letters = "abc the. é你好😀😃\u0301".codePoints().toArray();
        RandomGenerator random = RandomKey.of(2).row(0);
        try (HuggingFaceText text = HuggingFaceText.open(kind.write(folder.resolve("tokenizer.json")))) {
            for (int round = 0; round < 2_000; round++) {
                int length = random.nextInt(30);
                String prompt = random(letters, random.nextInt(10), random);
                int[] before = text.encode(prompt);
                int[] all = text.encode(prompt + random(letters, length, random));
                if (Arrays.equals(before, Arrays.copyOf(all, before.length))) {
                    assertThat(text.detokenizer().text(before, Arrays.copyOfRange(all, before.length, all.length)))
                            .isEqualTo(text.decode(all)
                                    .substring(text.decode(before).length()));
                }
                assertThat(text.detokenizer().text(new int[0], all)).isEqualTo(text.decode(all));
            }
        }
    }

    private static String random(int[] letters, int length, RandomGenerator random) {
        return random.ints(length, 0, letters.length)
                .mapToObj(i -> Character.toString(letters[i]))
                .collect(Collectors.joining());
    }

    private static void assertRandomPieces(HuggingFaceText text) {
        RandomGenerator random = RandomKey.of(1).row(0);
        for (int round = 0; round < 2_000; round++) {
            int[] ids =
                    random.ints(random.nextInt(40), 0, text.vocabularySize()).toArray();
            assertThat(text.detokenizer().text(new int[0], ids))
                    .as(() -> Arrays.stream(ids).mapToObj(text::token).toList().toString())
                    .isEqualTo(text.decode(ids));
        }
    }

    @Test
    void aCharacterComesWhenItIsWhole() throws IOException {
        for (TokenizerFiles kind : List.of(TokenizerFiles.BYTE_LEVEL, TokenizerFiles.BYTE_FALLBACK)) {
            try (HuggingFaceText text = HuggingFaceText.open(kind.write(folder.resolve("tokenizer.json")))) {
                Detokenizer.Stream stream = text.detokenizer().start();
                List<String> pieces = new ArrayList<>();
                for (int id : text.encode("a😀😀你b")) {
                    pieces.add(stream.append(id));
                }
                pieces.add(stream.finish());
                pieces.removeIf(String::isEmpty);
                assertThat(pieces).as(kind.toString()).containsExactly("a", "😀", "😀", "你", "b");
            }
        }
    }

    @Test
    void spacesBelongToTheWordBehindThem() throws IOException {
        try (HuggingFaceText text =
                HuggingFaceText.open(TokenizerFiles.BYTE_FALLBACK.write(folder.resolve("tokenizer.json")))) {
            int[] the = text.encode("the");
            assertThat(text.detokenizer().text(new int[0], the)).isEqualTo("the");
            assertThat(text.detokenizer().text(the, the)).isEqualTo(" the");
            assertThat(text.detokenizer().text(the, 0, the[0])).isEqualTo(" the");
        }
        try (HuggingFaceText text =
                HuggingFaceText.open(TokenizerFiles.WORD_PIECE.write(folder.resolve("tokenizer.json")))) {
            int[] ids = text.encode("the cats, playing.");
            assertThat(Arrays.stream(ids).mapToObj(text::token))
                    .containsExactly("the", "cat", "##s", ",", "play", "##ing", ".");
            assertThat(text.detokenizer().text(new int[0], ids)).isEqualTo("the cats, playing.");
            assertThat(text.detokenizer().text(ids, ids)).isEqualTo(" the cats, playing.");
        }
    }

    @Test
    void specialTokensHaveNoText() throws IOException {
        try (HuggingFaceText text =
                HuggingFaceText.open(TokenizerFiles.BYTE_LEVEL.write(folder.resolve("tokenizer.json")))) {
            int[] ids = text.encode("a<end>b");
            assertThat(ids).hasSize(3).contains(0);
            assertThat(text.detokenizer().text(ids, ids)).isEqualTo("ab");
            assertThat(text.id("<end>")).hasValue(0);
            assertThat(text.id("nothing")).isEmpty();
            assertThat(text.token(0)).isEqualTo("<end>");
        }
    }

    @Test
    void gpt2sTokensAreThoseOfItsModel() throws IOException {
        Path prompts = SharedData.find("gpt2/logits_3x50257.json");
        try (HuggingFaceText text = HuggingFaceText.open(SharedData.find("gpt2"))) {
            assertThat(text.encode("Hello world")).containsExactly(15496, 995);
            assertThat(text.id("<|endoftext|>")).hasValue(50256);
            for (JsonNode each : new ObjectMapper().readTree(prompts.toFile())) {
                int[] expected = new int[each.path("tokenIds").size()];
                Arrays.setAll(expected, i -> each.path("tokenIds").path(i).asInt());
                assertThat(text.encode(each.path("prompt").asText())).containsExactly(expected);
            }
        }
    }

    @Test
    void aModelMayHaveMoreLogitsButNotFewer() throws IOException {
        try (HuggingFaceText text =
                HuggingFaceText.open(TokenizerFiles.WORD_PIECE.write(folder.resolve("tokenizer.json")))) {
            assertThat(text.vocabularySize()).isEqualTo(12);
            text.detokenizer().requireFit(12);
            text.detokenizer().requireFit(64);
            assertThatThrownBy(() -> text.detokenizer().requireFit(11))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("has 12 tokens, more than the model's 11 logits");
            assertThat(text.token(12)).isEmpty();
            assertThat(text.detokenizer().text(new int[0], 1, 40, 2)).isEqualTo("the cat");
        }
    }

    @Test
    void severalThreadsMayUseOne() throws IOException {
        try (HuggingFaceText text =
                HuggingFaceText.open(TokenizerFiles.BYTE_LEVEL.write(folder.resolve("tokenizer.json")))) {
            assertThat(IntStream.range(0, 2_000)
                            .parallel()
                            .mapToObj(i -> text.detokenizer().text(new int[0], text.encode("the 😀 " + i)))
                            .toList())
                    .containsExactlyElementsOf(IntStream.range(0, 2_000)
                            .mapToObj(i -> "the 😀 " + i)
                            .toList());
        }
    }

    @Test
    void aClosedOneIsRefused() throws IOException {
        HuggingFaceText text = HuggingFaceText.open(TokenizerFiles.WORD_PIECE.write(folder.resolve("tokenizer.json")));
        text.close();
        text.close();
        assertThatThrownBy(() -> text.encode("the")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> text.decode(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatIsNoTokenizerIsNamed() throws IOException {
        assertThatThrownBy(() -> HuggingFaceText.open(folder))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("tokenizer.json");
        Path file = TokenizerFiles.BYTE_LEVEL.write(folder.resolve("tokenizer.json"));
        byte[] whole = Files.readAllBytes(file);
        for (byte[] bytes : List.of(
                new byte[0],
                "{}".getBytes(StandardCharsets.UTF_8),
                "[1]".getBytes(StandardCharsets.UTF_8),
                "Call me Ishmael.".getBytes(StandardCharsets.UTF_8),
                new byte[] {(byte) 0xFF, (byte) 0xFE, (byte) 0xC0, 1},
                "{\"model\": {\"vocab\": {\"a\": 0}}}".getBytes(StandardCharsets.UTF_8),
                "{\"model\": {\"vocab\": {\"a\": -5}}}".getBytes(StandardCharsets.UTF_8),
                "{\"model\": {\"vocab\": {\"a\": 2000000000}}}".getBytes(StandardCharsets.UTF_8),
                Arrays.copyOf(whole, whole.length / 2),
                new String(whole, StandardCharsets.UTF_8)
                        .replace("\"BPE\"", "\"Unheard\"")
                        .getBytes(StandardCharsets.UTF_8))) {
            Files.write(file, bytes);
            assertThatThrownBy(() -> HuggingFaceText.open(file))
                    .as(new String(bytes, StandardCharsets.ISO_8859_1))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + " is no");
        }
    }
}

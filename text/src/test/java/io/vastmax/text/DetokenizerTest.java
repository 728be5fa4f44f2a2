package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DetokenizerTest {
    private static final byte[][] BYTES = new byte[256][1];

    static {
        for (int i = 0; i < 256; i++) {
            BYTES[i][0] = (byte) i;
        }
    }

    private static final Detokenizer ONE_BYTE = Detokenizer.bytes(id -> BYTES[id]);

    @Test
    void wordsHaveASpaceBeforeThemAndLinesEnd() {
        Vocabulary vocabulary = Vocabulary.of(List.of("<unk>", "<eos>", "a", "b"));
        Detokenizer words = Detokenizer.words(vocabulary);
        assertThat(words.text(new int[] {1}, 2, 3, 1, 2, 0)).isEqualTo(" a b\n a <unk>");
        assertThatThrownBy(() -> words.requireFit(5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("vocabulary has 4 tokens, but the model has 5");
    }

    @Test
    void aCharacterIsGivenWhenItIsWhole() {
        assertThat(pieces(ONE_BYTE, bytes("aé😀"))).containsExactly("a", "", "é", "", "", "", "😀", "");
        assertThat(pieces(ONE_BYTE, 0xC3, 'a')).containsExactly("", "\uFFFDa", "");
        assertThat(pieces(ONE_BYTE, 'a', 0xF0, 0x9F)).containsExactly("a", "", "", "\uFFFD");
    }

    /** With decoders that give one U+FFFD for what is not whole, and with those that give one for each byte of it. */
    @Test
    void aDecoderOfWholeSequencesGivesTheSamePieces() {
        for (Function<int[], String> decode :
                List.<Function<int[], String>>of(DetokenizerTest::decode, ids -> eachByte(decode(ids), ids))) {
            Detokenizer decoded = Detokenizer.of(decode);
            assertThat(pieces(decoded, bytes("aé😀b"))).containsExactly("a", "", "é", "", "", "", "😀", "b", "");
            assertThat(pieces(decoded, 0xC3, 'a').getLast()).isEmpty();
            assertThat(String.join("", pieces(decoded, 'a', 0xF0, 0x9F))).startsWith("a\uFFFD");
        }
    }

    /** As SentencePiece does it: each word has its space before it, but for the first. */
    @Test
    void aDecoderThatDropsTheFirstSpaceGivesItAfterAPrompt() {
        Detokenizer decoded = Detokenizer.of(DetokenizerTest::words);
        assertThat(decoded.text(new int[] {7}, 1, 2, 3)).isEqualTo(" w1 w2 w3");
        assertThat(decoded.text(new int[] {1, 2, 3, 4, 5, 6, 7}, 1, 2)).isEqualTo(" w1 w2");
        assertThat(decoded.text(new int[] {}, 1, 2)).isEqualTo("w1 w2");
        // 0 is a special token, which has no text
        assertThat(decoded.text(new int[] {7}, 0, 1, 0, 0, 2)).isEqualTo(" w1 w2");
    }

    @Property
    void allPiecesAreTheText(@ForAll String text) {
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        assertThat(ONE_BYTE.text(new int[] {'a'}, bytes(text))).isEqualTo(whole);
        assertThat(Detokenizer.of(DetokenizerTest::decode).text(new int[] {'a'}, bytes(text)))
                .isEqualTo(whole);
    }

    /** As byte fallback does it: bytes are text if all of them are, else each of them is U+FFFD. */
    @Property
    void aRunOfBytesIsTextAsAWhole(@ForAll String prompt, @ForAll String text) {
        String before = whole(prompt);
        String after = whole(text);
        Detokenizer decoded = Detokenizer.of(ids -> {
            String all = decode(ids);
            return all.contains("\uFFFD") ? "\uFFFD".repeat(ids.length) : all;
        });
        assertThat(decoded.text(bytes(before), bytes(after))).isEqualTo(after);
    }

    /** Without what stands for bytes that are no text. */
    private static String whole(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace("\uFFFD", "");
    }

    /** Decoding must not read the whole text anew for each token. */
    @Test
    void theWindowDoesNotGrowWithTheText() {
        List<Integer> lengths = new ArrayList<>();
        Detokenizer decoded = Detokenizer.of(ids -> {
            lengths.add(ids.length);
            return words(ids);
        });
        decoded.text(new int[100], new int[1000]);
        lengths.clear();
        int[] ids = new int[1000];
        Arrays.fill(ids, 4);
        decoded.text(new int[100], ids);
        assertThat(lengths).allSatisfy(length -> assertThat(length).isLessThanOrEqualTo(6));
    }

    /** Special tokens that have no text, and bytes that are no text: the window does not grow, and the space is not lost. */
    @Test
    void theWindowDoesNotGrowWhereThereIsNoText() {
        List<Integer> lengths = new ArrayList<>();
        Detokenizer decoded = Detokenizer.of(ids -> {
            lengths.add(ids.length);
            return words(ids);
        });
        int[] ids = new int[300];
        ids[100] = 8;
        ids[299] = 9;
        assertThat(decoded.text(new int[] {7}, ids)).isEqualTo(" w8 w9");
        assertThat(lengths).allSatisfy(length -> assertThat(length).isLessThan(40));
        lengths.clear();
        Detokenizer bytes = Detokenizer.of(each -> {
            lengths.add(each.length);
            return decode(each);
        });
        for (String text : List.of("a" + "\uFFFD".repeat(100) + "é", "x\uFFFDé\uFFFD😀".repeat(30))) {
            assertThat(bytes.text(new int[] {'a'}, bytes(text))).isEqualTo(text);
        }
        int[] broken = new int[300];
        Arrays.fill(broken, 0xF0);
        assertThat(bytes.text(new int[] {'a'}, broken)).isEqualTo(decode(broken));
        assertThat(lengths).allSatisfy(length -> assertThat(length).isLessThan(40));
    }

    @Test
    void aStreamThatIsFinishedMayBeFinishedAgain() {
        for (Detokenizer each : List.of(ONE_BYTE, Detokenizer.of(DetokenizerTest::decode))) {
            Detokenizer.Stream stream = each.start('x');
            stream.append(0xC3);
            assertThat(stream.finish()).isEqualTo("\uFFFD");
            assertThat(stream.finish()).isEmpty();
        }
        Detokenizer.Stream bytes = ONE_BYTE.start();
        bytes.append(0xC3);
        bytes.finish();
        assertThat(bytes.append('a')).isEqualTo("a");
    }

    private static List<String> pieces(Detokenizer detokenizer, int... ids) {
        Detokenizer.Stream stream = detokenizer.start('x');
        List<String> pieces = new ArrayList<>();
        for (int id : ids) {
            pieces.add(stream.append(id));
        }
        pieces.add(stream.finish());
        return pieces;
    }

    private static int[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = bytes[i] & 0xFF;
        }
        return ids;
    }

    private static String decode(int... ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            bytes.write(id);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** As many U+FFFD at the end as there are bytes of a character that is not whole. */
    private static String eachByte(String text, int... ids) {
        if (!text.endsWith("\uFFFD")) {
            return text;
        }
        int open = 1;
        while (ids[ids.length - open] < 0xC0) {
            open++;
        }
        return text + "\uFFFD".repeat(open - 1);
    }

    private static String words(int... ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(id == 0 ? "" : " w" + id);
        }
        return text.toString().strip();
    }
}

package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VocabularyTest {
    @TempDir
    Path folder;

    private static Vocabulary.Counter count(String text) {
        Vocabulary.Counter counter = new Vocabulary.Counter();
        for (String token : text.split(" ", -1)) {
            counter.add(token);
        }
        return counter;
    }

    private static String describe(Vocabulary vocabulary) {
        StringBuilder text = new StringBuilder();
        for (int id = 0; id < vocabulary.size(); id++) {
            text.append(vocabulary.token(id))
                    .append(':')
                    .append(vocabulary.count(id))
                    .append(' ');
        }
        return text.toString().strip();
    }

    @ParameterizedTest
    @CsvSource({
        // text,                   minCount, maxSize, vocabulary
        "b a b c a b <eos>,        1,        100,     b:3 a:2 <eos>:1 c:1 <unk>:0",
        "b a b c a b <eos>,        2,        100,     b:3 a:2 <eos>:1 <unk>:1",
        "b a b c a b <eos>,        3,        100,     <unk>:3 b:3 <eos>:1",
        "b a b c a b <eos>,        9,        100,     <unk>:6 <eos>:1",
        "b a b c a b <eos>,        1,        3,       <unk>:3 b:3 <eos>:1",
        "b a b c a b <eos>,        1,        2,       <unk>:6 <eos>:1",
        "<unk> a <unk> b,          1,        100,     <unk>:2 a:1 b:1 <eos>:0",
        "<unk> a <unk> b a,        2,        100,     <unk>:3 a:2 <eos>:0",
    })
    void keepsWhatOccursOftenEnough(String text, long minCount, int maxSize, String vocabulary) {
        assertThat(describe(count(text).build(minCount, maxSize))).isEqualTo(vocabulary);
    }

    @Property(tries = 200)
    void isIndependentOfTheOrderOfTheText(
            @ForAll List<@StringLength(min = 1, max = 2) @CharRange(from = 'a', to = 'c') String> words,
            @ForAll @IntRange(min = 1, max = 3) int minCount,
            @ForAll @IntRange(min = 2, max = 8) int maxSize,
            @ForAll Random random) {
        Vocabulary.Counter counter = new Vocabulary.Counter();
        words.forEach(counter::add);
        Collections.shuffle(words, random);
        Vocabulary.Counter shuffled = new Vocabulary.Counter();
        words.forEach(shuffled::add);

        Vocabulary vocabulary = counter.build(minCount, maxSize);
        assertThat(describe(shuffled.build(minCount, maxSize))).isEqualTo(describe(vocabulary));
        assertThat(vocabulary.counts()).isSortedAccordingTo(Collections.reverseOrder());
        assertThat(Arrays.stream(vocabulary.counts()).sum()).isEqualTo(counter.total());
        assertThat(vocabulary.size()).isLessThanOrEqualTo(maxSize);
        for (int id = 0; id < vocabulary.size(); id++) {
            assertThat(vocabulary.id(vocabulary.token(id))).isEqualTo(id);
        }
    }

    @Test
    void mapsUnknownTokensToUnk() {
        Vocabulary vocabulary = Vocabulary.of(List.of("a", "<unk>", "<eos>"));
        assertThat(vocabulary.id("a")).isZero();
        assertThat(vocabulary.id("b")).isEqualTo(1).isEqualTo(vocabulary.unkId());
        assertThat(vocabulary.id("")).isEqualTo(1);
        assertThat(vocabulary.eosId()).isEqualTo(2);
    }

    @Test
    void countsOnWhenBuilt() {
        Vocabulary.Counter counter = count("a a b");
        assertThat(counter.total()).isEqualTo(3);
        assertThat(counter.distinct()).isEqualTo(2);
        counter.build(2);
        counter.add("b");
        assertThat(describe(counter.build(2))).isEqualTo("a:2 b:2 <eos>:0 <unk>:0");
    }

    @Test
    void refusesArgumentsOutOfRange() {
        Vocabulary vocabulary = Vocabulary.of(List.of("<unk>", "<eos>"));
        assertThatThrownBy(() -> count("a").build(0)).hasMessage("minCount must be at least 1, not 0");
        assertThatThrownBy(() -> count("a").build(1, 1))
                .hasMessage("maxSize must be at least 2, for <unk> and <eos>, not 1");
        assertThatThrownBy(() -> vocabulary.token(2))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("id must be in 0..1, the vocabulary's, not 2");
        assertThatThrownBy(() -> vocabulary.token(-1)).hasMessageContaining("not -1");
        assertThatThrownBy(() -> count("a").build(1).count(3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> count("a\tb").build(1)).hasMessage("token 0, \"a\tb\", holds white space");
    }

    @Test
    void writesAndReadsTokensWithoutCounts() throws IOException {
        Path file = folder.resolve("vocab.txt");
        Vocabulary vocabulary =
                count("größe größe \uD83D\uDE00 größe <eos> <eos> a").build(1);
        vocabulary.write(file);
        assertThat(file).hasContent("größe\n<eos>\na\n\uD83D\uDE00\n<unk>\n");

        Vocabulary read = Vocabulary.read(file);
        assertThat(read.tokens()).isEqualTo(vocabulary.tokens());
        assertThat(vocabulary.hasCounts()).isTrue();
        assertThat(read.hasCounts()).isFalse();
        assertThatThrownBy(read::counts)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this vocabulary of 5 tokens has no counts");
        assertThat(read.withCounts(vocabulary.counts()).counts()).isEqualTo(vocabulary.counts());
        assertThatThrownBy(() -> read.withCounts(new long[4]))
                .hasMessage("counts must hold one for each of the 5 tokens, not 4");
        assertThatThrownBy(() -> read.withCounts(new long[] {1, 2, -3, 0, 0})).hasMessage("counts[2] is negative: -3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<unk>\\n<eos>\\na\\nb\\na\\n | line 5 repeats \"a\" of line 3",
                "<unk>\\n\\n<eos>\\n          | line 2 is empty",
                "<unk>\\n<eos>\\na b\\n       | line 3, \"a b\", holds white space",
                "<eos>\\na\\n                 | the vocabulary has no <unk>",
                "<unk>\\na\\n                 | the vocabulary has no <eos>",
                "''                           | the vocabulary has no <unk>",
            })
    void refusesAFileByItsLine(String content, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("vocab.txt"), content.translateEscapes());
        assertThatIOException().isThrownBy(() -> Vocabulary.read(file)).withMessage(file + ": " + message);
    }

    @Test
    void refusesAFileThatIsNotUtf8() throws IOException {
        Path file = Files.write(folder.resolve("vocab.txt"), new byte[] {'a', '\n', (byte) 0xFC, '\n'});
        assertThatThrownBy(() -> Vocabulary.read(file))
                .isInstanceOf(MalformedTextException.class)
                .hasMessageEndingWith("malformed bytes FC at byte offset 2, line 2");
    }

    @Test
    void readsLinesThatEndInCarriageReturns() throws IOException {
        Path file = Files.writeString(folder.resolve("vocab.txt"), "<unk>\r\n<eos>\r\na\r\n");
        assertThat(Vocabulary.read(file).tokens()).containsExactly("<unk>", "<eos>", "a");
    }
}

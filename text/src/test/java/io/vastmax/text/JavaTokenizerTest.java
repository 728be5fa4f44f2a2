package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaTokenizerTest {
    private static String tokens(String text) {
        return String.join(" ", Tokens.of(new JavaTokenizer(), text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "int x=-1;                 | int x = - 1 ; <eos>",
                "a_b $c größe              | a_b $c größe <eos>",
                "0x7fL 1_000 1.5e3f 10.3.1 | 0x7fL 1_000 1.5e3f 10.3.1 <eos>",
                "a[1..2] 3. x.5            | a [ 1 . . 2 ] 3 . x . 5 <eos>",
                "s += \"it's\";            | s + = \" it ' s \" ; <eos>",
                "x; // see Foo#bar         | x ; / / see Foo # bar <eos>",
                "@Override a->b::c         | @ Override a - > b : : c <eos>",
                "\uD83D\uDE00x             | \uD83D\uDE00 x <eos>",
            })
    void splitsIntoWordsNumbersAndPunctuation(String line, String tokens) {
        assertThat(tokens(line)).isEqualTo(tokens);
    }

    @Test
    void endsLinesThatHoldATokenOnly() {
        assertThat(tokens("a {\n\n \t\r\n}\r\n")).isEqualTo("a { <eos> } <eos>");
    }

    @Test
    void leavesOutTheLicenceHeader() {
        assertThat(tokens("""
                // generated

                /*
                 * Copyright
                 */ /**/
                package a; /* kept */
                // kept too
                """)).isEqualTo("package a ; / * kept * / <eos> / / kept too <eos>");
    }

    @Test
    void keepsTheJavadocThatAFileStartsWith() {
        assertThat(tokens("""
                /* Licence */
                /** The
                 * package. */
                package a;
                """)).isEqualTo("/ * * The <eos> * package . * / <eos> package a ; <eos>");
    }

    @Test
    void readsAFileThatIsAllHeader() {
        assertThat(tokens("/* never closed\npackage a;\n")).isEmpty();
    }

    @Test
    void isFoundByItsName() {
        assertThat(Tokenizer.named("java")).isInstanceOf(JavaTokenizer.class);
        assertThat(Tokenizer.named("words")).isInstanceOf(WikiTextTokenizer.class);
        assertThat(Tokenizer.named(new JavaTokenizer().name())).isInstanceOf(JavaTokenizer.class);
        assertThatThrownBy(() -> Tokenizer.named("bpe")).hasMessage("name must be words or java, not bpe");
    }
}

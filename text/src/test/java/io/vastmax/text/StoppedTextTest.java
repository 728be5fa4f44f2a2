package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoppedTextTest {
    /** Pieces come divided by '|', and so must go out. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // stop strings; pieces; what is given for each; whether it stopped
                "END;      one|two;          one|two;         false",
                "END;      one|END|two;      one|;            true",
                "END;      one E|N|D two;    one ||;          true",
                "END;      E|N|C;            ||ENC;           false",
                "END;      EN|EN|D;          |EN|;            true",
                "END;      aE|b;             a|Eb;            false",
                "END;      aENDbEND;         a;               true",
                "aab;      a|a|a|b;          ||a|;            true",
                "abab;     ab|aab|ab;        |aba|;           true",
                "abc,b;    abc;              a;               true",
                "abc,b;    a|b;              |a;              true",
                "abc,bc;   ab|c;             |;               true",
                "bc,abc;   xabc;             x;               true",
                "x,yz;     ay|z|x;           a|;              true",
                "yz,x;     ay|x;             a|y;             true",
            })
    void piecesAreHeldBackUntilTheyAreCertain(String stops, String pieces, String given, boolean stopped) {
        StoppedText text = new StoppedText(List.of(stops.split(",", -1)));
        List<String> out = new ArrayList<>();
        for (String piece : pieces.split("\\|", -1)) {
            if (!text.isStopped()) {
                out.add(text.add(piece));
            }
        }
        assertThat(String.join("|", out)).isEqualTo(given == null ? "" : given);
        assertThat(text.isStopped()).isEqualTo(stopped);
        assertThat(text.given()).isEqualTo(String.join("", out));
    }

    @Property
    void howTheTextIsCutDoesNotMatter(
            @ForAll @Size(min = 1, max = 8) List<@CharRange(from = 'a', to = 'c') @StringLength(max = 5) String> pieces,
            @ForAll @Size(max = 3)
                    List<@CharRange(from = 'a', to = 'c') @StringLength(min = 1, max = 4) String> stops) {
        String whole = String.join("", pieces);
        assertThat(given(pieces, stops)).isEqualTo(expected(whole, stops));
        assertThat(given(List.of(whole), stops)).isEqualTo(expected(whole, stops));
    }

    private static String given(List<String> pieces, List<String> stops) {
        StoppedText text = new StoppedText(stops);
        StringBuilder given = new StringBuilder();
        for (String piece : pieces) {
            if (!text.isStopped()) {
                given.append(text.add(piece));
                assertThat(pieces).allSatisfy(any -> assertThat(text.given()).isEqualTo(given.toString()));
            }
        }
        return given.append(text.isStopped() ? "" : text.rest()).toString();
    }

    /** Letter by letter, as the rule says it. */
    private static String expected(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            String read = text.substring(0, end);
            int longest = stops.stream()
                    .filter(read::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) {
                return read.substring(0, end - longest);
            }
        }
        return text;
    }
}

package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SampleCommandTest {
    /** Logits whose probabilities are these, from the issue of everyday: a clear head, ties, a tail. */
    private static final double[] PROBABILITIES = {0.05, 0.4, 0.1, 0.2, 0.2, 0.05};

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private Path json = Path.of("");

    @BeforeEach
    void write() throws IOException {
        json = folder.resolve("logits.json");
        StringBuilder text = new StringBuilder("[");
        for (double p : PROBABILITIES) {
            text.append(text.length() > 1 ? ", " : "").append(Math.log(p));
        }
        Files.writeString(json, text.append("]"));
    }

    private String run(int code, String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of("sample"));
        if (!List.of(arguments).contains("--logits")) {
            all.addAll(List.of("--logits", json.toString()));
        }
        all.addAll(List.of(arguments));
        int actual = Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
        assertThat(actual).as(err.toString()).isEqualTo(code);
        return code == 0 ? out.toString() : err.toString();
    }

    private JsonNode json(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--json");
        return new ObjectMapper().readTree(run(0, all.toArray(String[]::new)));
    }

    private static List<Integer> ids(JsonNode result) {
        List<Integer> ids = new ArrayList<>();
        result.path("candidates")
                .forEach(candidate -> ids.add(candidate.path("id").asInt()));
        return ids;
    }

    /** Each option narrows or changes the distribution as its filter does. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "; 1 3 4 2 0 5; 0.4 0.2 0.2 0.1 0.05 0.05",
                "--temperature 0.5; 1 3 4 2 0 5; 0.6275 0.1569 0.1569 0.0392 0.0098 0.0098",
                "--temperature 0; 1; 1",
                "--top-k 2; 1 3; 0.6667 0.3333",
                "--top-k 0; 1 3 4 2 0 5; 0.4 0.2 0.2 0.1 0.05 0.05",
                "--top-p 0.6; 1 3; 0.6667 0.3333",
                "--top-p 0.61; 1 3 4; 0.5 0.25 0.25",
                "--min-p 0.5; 1 3 4; 0.5 0.25 0.25",
                "--typical 0.3; 3 4; 0.5 0.5",
                "--epsilon 0.1; 1 3 4 2; 0.4444 0.2222 0.2222 0.1111",
                "--top-n-sigma 0.5; 1; 1",
                "--top-a 0.7; 1 3 4; 0.5 0.25 0.25",
                "--xtc 1,0.2; 4 2 0 5; 0.5 0.25 0.125 0.125",
                "--ban 1,3; 4 2 0 5; 0.5 0.25 0.125 0.125",
                "--allow 0,2; 2 0; 0.6667 0.3333",
                "--bias 0=-Infinity --bias 2=0.6931471805599453; 1 2 3 4 5; 0.3810 0.1905 0.1905 0.1905 0.0476",
                "--repetition-penalty 2 --history 3,3; 1 4 2 0 5 3; 0.4762 0.2381 0.1190 0.0595 0.0595 0.0476",
                "--presence-penalty 0.6931471805599453 --history 1,1; 1 3 4 2 0 5; 0.25 0.25 0.25 0.125 0.0625 0.0625",
                "--frequency-penalty 0.6931471805599453 --history 1,1; 3 4 1 2 0 5; 0.2857 0.2857 0.1429 0.1429 0.0714 0.0714",
                "--frequency-penalty 0.6931471805599453 --history 1,1 --penalty-window 1; 1 3 4 2 0 5; 0.25 0.25 0.25 0.125 0.0625 0.0625",
                "--no-repeat-ngram 2 --history 2,1,2; 3 4 2 0 5; 0.3333 0.3333 0.1667 0.0833 0.0833",
                "--ban-sequence 2,1 --history 2; 3 4 2 0 5; 0.3333 0.3333 0.1667 0.0833 0.0833",
                "--top-k 3 --temperature 0.5; 1 3 4; 0.6667 0.1667 0.1667",
                "--profile llama.cpp --top-k 2 --temperature 1; 1 3; 0.6667 0.3333",
                "--profile hf --top-k 2; 1 3 4; 0.5 0.25 0.25",
            })
    void filters(String options, String expectedIds, String expectedProbabilities) throws IOException {
        JsonNode result = json(
                options == null || options.isBlank()
                        ? new String[0]
                        : options.strip().split(" ", -1));
        List<Integer> expected =
                Arrays.stream(expectedIds.split(" ", -1)).map(Integer::valueOf).toList();
        assertThat(ids(result)).isEqualTo(expected);
        String[] probabilities = expectedProbabilities.split(" ", -1);
        for (int i = 0; i < probabilities.length; i++) {
            assertThat(result.path("candidates").path(i).path("probability").asDouble())
                    .as("candidate %d", i)
                    .isCloseTo(Double.parseDouble(probabilities[i]), within(6e-5));
        }
        assertThat(result.path("draws")).hasSize(1);
        assertThat(expected).contains(result.path("draws").path(0).asInt());
        assertThat(result.has("explanation")).isFalse();
    }

    /** What is given first works first. */
    @Test
    void optionsAreAppliedInTheirOrder() throws IOException {
        assertThat(ids(json("--temperature", "0.25", "--top-p", "0.8"))).containsExactly(1);
        assertThat(ids(json("--top-p", "0.8", "--temperature", "0.25"))).containsExactly(1, 3, 4);
        assertThat(json("--top-p", "0.8", "--temperature", "0.25")
                        .path("candidates")
                        .path(0)
                        .path("logit")
                        .asDouble())
                .isCloseTo(4 * Math.log(0.4), within(1e-5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--gumbel",
                "--greedy",
                "--mirostat1 5,0.1",
                "--mirostat2 2,0.1",
                "--adaptive-p 0.3,0.9",
                "--dynamic-temperature 0.5,1",
                "--eta 0.01",
                "--top-h 0.9",
                "--tfs 0.9",
                "--dry 0.8,1.75,2 --dry-breakers 5 --history 1,2,3,1,2",
                "--dry 0.8,1.75,2,3",
                "--profile vllm --min-p 0.1",
            })
    void drawsAreThoseOfTheSeed(String options) throws IOException {
        String[] given = options.isEmpty() ? new String[0] : options.split(" ", -1);
        List<String> all = new ArrayList<>(List.of(given));
        all.addAll(List.of("--draws", "50", "--seed", "9"));
        JsonNode first = json(all.toArray(String[]::new));
        assertThat(first.path("draws")).hasSize(50);
        assertThat(json(all.toArray(String[]::new))).isEqualTo(first);
        all.set(all.size() - 1, "10");
        JsonNode other = json(all.toArray(String[]::new));
        if (options.equals("--greedy")) {
            assertThat(other).isEqualTo(first);
            first.path("draws").forEach(id -> assertThat(id.asInt()).isEqualTo(1));
        } else {
            assertThat(other.path("draws")).isNotEqualTo(first.path("draws"));
        }
    }

    @Test
    void guidesAwayFromOtherLogits() throws IOException {
        Path other = folder.resolve("other.json");
        Files.writeString(other, "[0, 0, 0, 0, 0, 0]");
        JsonNode result = json("--guidance", other + ",2");
        assertThat(ids(result)).containsExactly(1, 3, 4, 2, 0, 5);
        assertThat(result.path("candidates").path(0).path("probability").asDouble())
                .isCloseTo(0.16 / 0.255, within(1e-5));
        Path rows = folder.resolve("rows.json");
        Files.writeString(rows, "[[1, 2, 3], [3, 2, 1]]");
        Path one = folder.resolve("one.json");
        Files.writeString(one, "[0, 0, 3]");
        assertThat(ids(json("--logits", rows.toString(), "--row=1", "--guidance", one + ",2")))
                .containsExactly(0, 1, 2);
        assertThat(ids(json("--logits", rows.toString(), "--guidance", rows + ",2")))
                .containsExactly(2, 1, 0);
        assertThat(run(2, "--guidance", one + ",2")).contains("its rows hold 3 logits, must be 6 as beside them");
    }

    @Test
    void readsEveryFormatAndRow() throws IOException {
        float[][] rows = {{1, 2, 3}, {6, 5, 4}};
        ByteBuffer raw = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : rows) {
            for (float logit : row) {
                raw.putFloat(logit);
            }
        }
        Path file = folder.resolve("logits.f32");
        Files.write(file, raw.array());
        assertThat(ids(json("--logits", file.toString()))).containsExactly(3, 4, 5, 2, 1, 0);
        assertThat(ids(json("--logits", file.toString(), "--vocab-size=3"))).containsExactly(2, 1, 0);
        assertThat(ids(json("--logits", file.toString(), "--vocab-size=3", "--row=1")))
                .containsExactly(0, 1, 2);
        assertThat(run(2, "--logits", file.toString(), "--vocab-size=3", "--row=2"))
                .startsWith("vastmax: --row 2: " + file + " has 2 rows, the first is 0");
        assertThat(run(2, "--logits", file.toString(), "--row=1"))
                .startsWith("vastmax: --row 1: " + file + " has 1 row unless --vocab-size says how long one is");
        assertThat(run(2, "--logits", file.toString(), "--vocab-size=4"))
                .startsWith("vastmax: --vocab-size 4: " + file + " holds 6 floats, no multiple of it");

        for (String type : List.of("<f4", ">f4", "<f2", "<f8")) {
            Path numpy = folder.resolve("logits.npy");
            Files.write(numpy, numpy(type, rows));
            assertThat(ids(json("--logits", numpy.toString(), "--row=1"))).containsExactly(0, 1, 2);
            assertThat(json("--logits", numpy.toString())
                            .path("candidates")
                            .path(0)
                            .path("logit")
                            .asDouble())
                    .isEqualTo(3);
        }
        Path array = folder.resolve("rows.json");
        Files.writeString(array, "\n [[1, 2, -Infinity],\n [6, 5, 4]]");
        assertThat(ids(json("--logits", array.toString()))).containsExactly(1, 0);
        assertThat(ids(json("--logits", array.toString(), "--row=1"))).containsExactly(0, 1, 2);

        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream("[1, 3, 2]".getBytes(StandardCharsets.UTF_8)));
            assertThat(ids(json("--logits", "-"))).containsExactly(1, 2, 0);
        } finally {
            System.setIn(before);
        }
    }

    private static byte[] numpy(String type, float[][] rows) {
        int bytes = type.charAt(2) - '0';
        byte[] header = ("{'descr': '" + type + "', 'fortran_order': False, 'shape': (2, 3), }" + " ".repeat(50) + "\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer out = ByteBuffer.allocate(10 + header.length + 6 * bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
                .putShort((short) header.length)
                .put(header);
        out.order(type.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        for (float[] row : rows) {
            for (float logit : row) {
                switch (bytes) {
                    case 2 -> out.putShort(Float.floatToFloat16(logit));
                    case 4 -> out.putFloat(logit);
                    default -> out.putDouble(logit);
                }
            }
        }
        return out.array();
    }

    @Test
    void explainsInWordsAndInJson() throws IOException {
        String text = run(0, "--top-k", "3", "--temperature", "0.5", "--min-p", "0.5", "--explain");
        assertThat(text).contains("logits", "top-k 3", "temperature 0.5", "min-p 0.5", "categorical", "80.00%", "█");
        JsonNode stages =
                json("--top-k", "3", "--temperature", "0.5", "--explain").path("explanation");
        assertThat(stages).hasSize(4);
        assertThat(stages.path(1).path("name").asText()).isEqualTo("top-k 3");
        assertThat(stages.path(1).path("candidates").asInt()).isEqualTo(3);
        assertThat(stages.path(1).path("mass").asDouble()).isCloseTo(0.8, within(1e-6));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "--temperature -1; --temperature: temperature = -1.0: must be at least 0.0 and finite",
                "--temperature warm; --temperature: 'warm': must be a number",
                "--top-k 1.5; --top-k: '1.5': 1.5 must be an integer",
                "--top-p 1.5; --top-p: p = 1.5: must be from 0 to 1",
                "--xtc 0.5; --xtc: '0.5': must be 2 numbers with commas between them",
                "--greedy --gumbel; --greedy and --gumbel: only one of them can choose",
                "--profile gpt; --profile: profile = gpt: must be llama.cpp, huggingface or vllm",
                "--profile hf --xtc 1,0.1; --profile: xtc: huggingface has no such sampler",
                "--bias 3; --bias: '3': must be ID=VALUE",
                "--bias 1=2,1=3; --bias: token 1 is given twice",
                "--top-k -1; --top-k: k = -1: must not be negative",
                "--top-k 3000000000; --top-k: '3000000000': must be within 32 bits",
                "--dry 1,2,1 --dry-breakers x; --dry-breakers: 'x': must be a number",
                "--profile vllm --mirostat2 5,0.1; --profile: mirostat 2 tau 5.0 eta 0.1: vllm has no such sampler",
                "--dynamic-temperature 0,-1; --dynamic-temperature: exponent = -1.0",
                "--ban -2; --ban: '-2': -2 is no id, it is negative",
                "--history 1,x; --history: '1,x': must be numbers with commas between them",
                "--dry-breakers 1; --dry-breakers has no meaning without --dry",
                "--draws -1; --draws -1: must not be negative",
                "--guidance 3; --guidance: 3: must be FILE,SCALE",
            })
    void refusesWrongOptions(String options, String message) {
        assertThat(run(2, options.strip().split(" ", -1))).startsWith("vastmax: " + message);
    }

    @Test
    void refusesWhatIsNoFileOfLogits() throws IOException {
        assertThat(run(1, "--logits", folder.resolve("none").toString())).contains("none");
        Path file = folder.resolve("wrong");
        Files.write(file, new byte[] {1, 2, 3});
        assertThat(run(2, "--logits", file.toString())).contains("3 bytes are not a whole number of 32-bit floats");
        Files.writeString(file, "[1, 2");
        assertThat(run(2, "--logits", file.toString())).contains("not a JSON array of numbers");
        Files.writeString(file, "[1, \"2\"]");
        assertThat(run(2, "--logits", file.toString())).contains("element 1 of row 0 is \"2\": must be a number");
        Files.writeString(file, "[[1, 2], [3]]");
        assertThat(run(2, "--logits", file.toString())).contains("row 1 is of 1 numbers, row 0 of 2");
        Files.writeString(file, "[[1, 2], 3]");
        assertThat(run(2, "--logits", file.toString())).contains("row 1 is no array, row 0 of 2");
        Files.writeString(file, "[]");
        assertThat(run(2, "--logits", file.toString())).contains("not a JSON array of numbers, or empty");
        Files.writeString(file, "[1, 2, 3] and so on");
        assertThat(run(2, "--logits", file.toString())).contains("not a JSON array of numbers");
        Files.writeString(file, "1 2 3 4 ");
        assertThat(run(2, "--logits", file.toString())).contains("not a JSON array of numbers");
        Files.writeString(file, "");
        assertThat(run(2, "--logits", file.toString())).contains("is empty");
        Files.write(file, new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0});
        assertThat(run(2, "--logits", file.toString())).contains("is a zip archive");
        assertThat(run(2, "--logits", folder.toString())).contains("is a folder");
        Files.writeString(file, "\ufeff[1, 2]");
        assertThat(ids(json("--logits", file.toString()))).containsExactly(1, 0);
        Files.writeString(file, "[1, NaN]");
        assertThat(run(1, "--logits", file.toString())).contains("logits[1] = NaN");
        assertThat(run(1, "--ban", "0,1,2,3,4,5")).contains("left no candidate of 6 tokens");
    }
}

package io.vastmax.text;

/** Words, a space before each. */
record WordText(Vocabulary vocabulary) implements Detokenizer {
    @Override
    public Stream start(int... prompt) {
        return new Stream() {
            @Override
            public String append(int id) {
                return id == vocabulary.eosId() ? "\n" : " " + vocabulary.token(id);
            }

            @Override
            public String finish() {
                return "";
            }
        };
    }

    @Override
    public void requireFit(int vocabularySize) {
        if (vocabulary.size() != vocabularySize) {
            throw new IllegalArgumentException(
                    "vocabulary has " + vocabulary.size() + " tokens, but the model has " + vocabularySize);
        }
    }
}

package io.vastmax.text;

/** Why a text ended. */
public enum FinishReason {
    /** An end token was drawn. */
    END_TOKEN,
    /** The text came to a stop string. */
    STOP_STRING,
    /** It has as many tokens as it may have, by the settings or the model's context. */
    LENGTH,
    /** The listener wanted no more. */
    CANCELLED
}

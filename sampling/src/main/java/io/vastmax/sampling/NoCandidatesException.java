package io.vastmax.sampling;

import java.io.Serial;

/** Thrown where masks, bans or a constraint leave no token to choose. */
public final class NoCandidatesException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    NoCandidatesException(String message) {
        super(message);
    }
}

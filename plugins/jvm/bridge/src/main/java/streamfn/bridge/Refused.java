package streamfn.bridge;

/** The function's own {@code err}: it refuses the row and says why. Nothing is wrong with the function or its instance. */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String reason) {
        // No stack trace: a refusal is an answer, and there may be one for every row.
        super(reason, null, false, false);
    }
}

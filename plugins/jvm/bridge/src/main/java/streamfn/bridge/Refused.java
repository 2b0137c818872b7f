package streamfn.bridge;

/**
 * The row is refused, and why: the function's own {@code err}, or a value that the function or the column has no place for.
 * Nothing is wrong with the function or its instance.
 */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Refused(String reason) {
        // No stack trace: a refusal is an answer, and there may be one for every row.
        super(reason, null, false, false);
    }
}

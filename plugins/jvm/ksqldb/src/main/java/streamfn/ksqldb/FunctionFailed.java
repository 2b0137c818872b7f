package streamfn.ksqldb;

/**
 * Why a function gave no value: a refused row, a trap, a limit. ksqlDB makes it a null and a line in the processing log
 * in a scalar function, leaves out the row in a table function, and ends the query in an aggregate.
 */
public final class FunctionFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 1_000;

    FunctionFailed(String function, String reason, Throwable cause) {
        super(oneLine(function + ": " + reason), cause);
    }

    /** Whatever was thrown below a function, as what may leave it. */
    static FunctionFailed of(String function, Throwable failure) {
        if (failure instanceof FunctionFailed already) {
            return already;
        }
        String reason = failure.getMessage();
        return new FunctionFailed(function, reason == null ? failure.getClass().getName() : reason, failure);
    }

    /** A reason may hold what a row held: no control character of it gets into a log, and no endless text. */
    private static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            if (line.length() >= LONGEST) {
                return line.append('…').toString();
            }
            char character = text.charAt(at);
            if (Character.isISOControl(character) || character == '\u2028' || character == '\u2029') {
                line.append(String.format("\\u%04x", (int) character));
            } else {
                line.append(character);
            }
        }
        return line.toString();
    }
}

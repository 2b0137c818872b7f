package streamfn.flink;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import streamfn.bridge.Refused;

/** A row on which a function gave no answer: it names the function and the arguments, and fails the job. */
public final class RowFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private RowFailure(String message, RuntimeException cause) {
        super(message, cause);
    }

    static RowFailure of(Signature signature, String call, RuntimeException cause, Object... arguments) {
        String shown = IntStream.range(0, arguments.length)
                .mapToObj(i -> signature.arguments().get(i).name() + " = "
                        + Shown.value(signature.arguments().get(i).type(), arguments[i]))
                .collect(Collectors.joining(", "));
        String what = cause instanceof Refused ? "refused the row" : "failed";
        String where = call.equals("eval") || call.equals("accumulate") ? "" : " in " + call;
        return new RowFailure(
                "function " + signature.name() + " " + what + where + " (" + shown + "): " + Shown.text(reason(cause)), cause);
    }

    private static String reason(RuntimeException cause) {
        return cause instanceof Refused ? cause.getMessage() : cause.toString();
    }
}

package streamfn.flink;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import streamfn.bridge.CallException;
import streamfn.bridge.Refused;

/**
 * A row on which a function gave no answer: it names the function and the arguments, and fails the job. It has no cause:
 * Flink would log that one's message too, with whatever the function or the row put into it.
 */
public final class RowFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private RowFailure(String message) {
        super(message);
    }

    static RowFailure of(Signature signature, String call, RuntimeException cause, Object... arguments) {
        boolean refused = cause instanceof Refused;
        // What the bridge says is meant for users; of anything else the class may say more than the message.
        String reason = refused || cause instanceof CallException ? cause.getMessage() : cause.toString();
        String shown = IntStream.range(0, arguments.length)
                .mapToObj(i -> signature.arguments().get(i).name() + " = "
                        + Shown.value(signature.arguments().get(i).type(), arguments[i]))
                .collect(Collectors.joining(", "));
        RowFailure failure = new RowFailure("function " + signature.name() + (refused ? " refused the row" : " failed") + " in " + call
                + " (" + shown + "): " + Shown.text(reason));
        if (!refused) {
            failure.setStackTrace(cause.getStackTrace());
        }
        return failure;
    }
}

package streamfn.bridge;

/** Why a call gave no value, but for {@link Refused}. The instance was dropped; the next call has a new one. */
public final class CallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What happened, the same kinds as on every other host. */
    public enum Kind {
        TRAP,
        TIME_LIMIT,
        MEMORY_LIMIT,
        STACK_LIMIT,
        RESULT_LIMIT,
        /** The guest said something about its result or its memory that cannot be. */
        CONTRACT,
        /** The caller gave a value that is not of the declared type. */
        ARGUMENT,
        /** The host itself interrupted the thread, to cancel a job say. */
        INTERRUPTED
    }

    private final Kind kind;

    CallException(Kind kind, String message) {
        this(kind, message, null);
    }

    CallException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** The same of a component that is named. */
    CallException of(String origin) {
        return origin.isEmpty() ? this : new CallException(kind, getMessage() + origin, getCause());
    }

    public Kind kind() {
        return kind;
    }

    static CallException contract(String message) {
        return new CallException(Kind.CONTRACT, "contract: " + message);
    }

    /** A null inside a value is data, which refuses its row; a value of another class is a mistake of the caller. */
    static RuntimeException argument(String wanted, Object found) {
        if (found == null) {
            return new Refused("wanted " + wanted + ", found null");
        }
        String text = "a " + found.getClass().getName();
        return new CallException(Kind.ARGUMENT, "argument: wanted " + wanted + ", found " + text);
    }
}

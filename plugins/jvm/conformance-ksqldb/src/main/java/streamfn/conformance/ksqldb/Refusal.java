package streamfn.conformance.ksqldb;

/** Why a jar is not loaded, and with it no jar at all. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String where, String wanted, String found) {
        this(where, wanted, found, null);
    }

    Refusal(String where, String wanted, String found, Throwable cause) {
        super(where + ": wanted " + wanted + ", found " + found, cause);
    }
}

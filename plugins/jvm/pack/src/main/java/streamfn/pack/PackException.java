package streamfn.pack;

/** Why there is no jar: what was wanted, what was found, what to do. */
final class PackException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PackException(String message) {
        super(message);
    }
}

package streamfn.bridge;

/** Only the bridge can refuse a row: for tests, this does too. */
public final class Refusals {
    private Refusals() {}

    public static Refused because(String reason) {
        return new Refused(reason);
    }
}

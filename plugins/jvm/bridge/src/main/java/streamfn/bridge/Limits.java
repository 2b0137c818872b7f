package streamfn.bridge;

/**
 * What one call may use.
 *
 * @param millis wall time; a call that runs on is ended at most 100 ms later
 * @param memory bytes of linear memory
 * @param result bytes one result may take in the host, counted while it is read
 */
public record Limits(long millis, int memory, int result) {
    public static final Limits DEFAULT = new Limits(1_000, 64 << 20, 16 << 20);
    static final int PAGE = 64 << 10;

    int pages() {
        return memory / PAGE;
    }
}

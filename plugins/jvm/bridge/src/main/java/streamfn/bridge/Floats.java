package streamfn.bridge;

/** Operations on floats of which the JVM, or Endive, makes other bits than every other host. The packer puts them in place. */
public final class Floats {
    private Floats() {}

    /**
     * The one pattern of NaN, which stands behind every operation that can make one: the JVM leaves it to the processor,
     * whose own has a sign on x86.
     */
    public static float canonical(float number) {
        return number == number ? number : Float.NaN;
    }

    public static double canonical(double number) {
        return number == number ? number : Double.NaN;
    }

    /** Without the sign, which the JVM's own leaves to a NaN or not. */
    public static float absolute(float number) {
        return Float.intBitsToFloat(Float.floatToRawIntBits(number) & Integer.MAX_VALUE);
    }

    public static double absolute(double number) {
        return Double.longBitsToDouble(Double.doubleToRawLongBits(number) & Long.MAX_VALUE);
    }

    /** The nearest float to an unsigned number; Endive 1.0.0 rounds some that are near 2^64 up. */
    public static float convert(long unsigned) {
        // Halved, with what is lost kept as a bit that rounding sees.
        return unsigned >= 0 ? unsigned : 2 * (float) (unsigned >>> 1 | unsigned & 1);
    }
}

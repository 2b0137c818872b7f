package streamfn.bridge;

/**
 * Gives what an operation on floats came to the one pattern of NaN that it has on every host. The JVM leaves that to the
 * processor, whose own has a sign on x86. The packer puts a call behind every operation that can make one.
 */
public final class NotANumber {
    private NotANumber() {}

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
}

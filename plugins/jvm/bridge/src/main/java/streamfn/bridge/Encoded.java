package streamfn.bridge;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A value of any type as bytes: a part of a state for which an engine has no column. Equal values have equal bytes.
 *
 * @param type over {@link Data} itself, whose classes are few and the same in all engines
 * @param data the engine's own, for the bytes
 */
record Encoded(Type type, Data data) implements Type {
    @Override
    public Outside outside() {
        return Outside.BYTES;
    }

    @Override
    public int flats() {
        return type.flats();
    }

    @Override
    public long bits(Guest guest, Object value, int flat) {
        if (flat == 0) {
            guest.decoded = decoded(value);
        }
        return type.bits(guest, guest.decoded, flat);
    }

    @Override
    public void store(Guest guest, Object value, int address) {
        type.store(guest, decoded(value), address);
    }

    @Override
    public Object load(Guest guest, int address) {
        return encoded(type.load(guest, address));
    }

    @Override
    public Object lift(Guest guest, long bits) {
        return encoded(type.lift(guest, bits));
    }

    private Object encoded(Object value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(value, new DataOutputStream(bytes));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return data.bytes(bytes.toByteArray());
    }

    private Object decoded(Object value) {
        if (value == null) {
            throw CallException.argument("bytes", null);
        }
        try {
            return read(new DataInputStream(new ByteArrayInputStream(data.bytes(value))));
        } catch (IOException torn) {
            throw new ClassCastException("wanted the bytes of a state that this function gave, found others: " + torn);
        }
    }

    // Before each value one letter says its class. What is written stays in checkpoints: a letter never changes its meaning.

    private static void write(Object value, DataOutputStream out) throws IOException {
        if (value == null) {
            out.writeByte('n');
        } else if (value instanceof Boolean flag) {
            out.writeByte(flag ? 't' : 'f');
        } else if (value instanceof Byte number) {
            out.writeByte('b');
            out.writeByte(number);
        } else if (value instanceof Short number) {
            out.writeByte('s');
            out.writeShort(number);
        } else if (value instanceof Integer number) {
            out.writeByte('i');
            out.writeInt(number);
        } else if (value instanceof Long number) {
            out.writeByte('l');
            out.writeLong(number);
        } else if (value instanceof Float number) {
            out.writeByte('F');
            out.writeFloat(number);
        } else if (value instanceof Double number) {
            out.writeByte('D');
            out.writeDouble(number);
        } else if (value instanceof String text) {
            out.writeByte('T');
            write(text.getBytes(StandardCharsets.UTF_8), out);
        } else if (value instanceof byte[] bytes) {
            out.writeByte('B');
            write(bytes, out);
        } else if (value instanceof BigDecimal decimal) {
            out.writeByte('N');
            out.writeInt(decimal.scale());
            write(decimal.unscaledValue().toByteArray(), out);
        } else if (value instanceof Object[] fields) {
            out.writeByte('R');
            write(Arrays.asList(fields), out);
        } else if (value instanceof List<?> elements) {
            out.writeByte('L');
            write(elements, out);
        } else if (value instanceof Composite.Case chosen) {
            out.writeByte('C');
            out.writeInt(chosen.index());
            write(chosen.payload(), out);
        } else {
            throw new IllegalStateException("no letter for " + value.getClass());
        }
    }

    private static void write(byte[] bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void write(List<?> values, DataOutputStream out) throws IOException {
        out.writeInt(values.size());
        for (Object value : values) {
            write(value, out);
        }
    }

    private static Object read(DataInputStream in) throws IOException {
        int letter = in.readUnsignedByte();
        return switch (letter) {
            case 'n' -> null;
            case 't' -> true;
            case 'f' -> false;
            case 'b' -> in.readByte();
            case 's' -> in.readShort();
            case 'i' -> in.readInt();
            case 'l' -> in.readLong();
            case 'F' -> in.readFloat();
            case 'D' -> in.readDouble();
            case 'T' -> new String(bytes(in), StandardCharsets.UTF_8);
            case 'B' -> bytes(in);
            case 'N' -> {
                int scale = in.readInt();
                yield new BigDecimal(new BigInteger(bytes(in)), scale);
            }
            case 'R' -> values(in);
            case 'L' -> Arrays.asList(values(in));
            case 'C' -> {
                int index = in.readInt();
                yield new Composite.Case(index, read(in));
            }
            default -> throw new IOException("no value begins with " + letter);
        };
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        byte[] bytes = new byte[length(in)];
        in.readFully(bytes);
        return bytes;
    }

    private static Object[] values(DataInputStream in) throws IOException {
        Object[] values = new Object[length(in)];
        for (int at = 0; at < values.length; at++) {
            values[at] = read(in);
        }
        return values;
    }

    /** Each of so many takes at least a byte. */
    private static int length(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("there are " + in.available() + " bytes left, and " + length + " should follow");
        }
        return length;
    }
}

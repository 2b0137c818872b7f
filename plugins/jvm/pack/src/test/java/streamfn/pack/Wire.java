package streamfn.pack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import streamfn.bridge.Tree;

/** The bytes of one type's values: the JVM's side of {@code harness/tests/hosts/wire.rs}, which says what they are. */
interface Wire {
    Object read(In in);

    void write(Object value, Out out);

    /** Reads a type as the test writes it. */
    static Wire of(Tree tree) {
        return switch (tree.head()) {
            case "bool" -> wire(in -> in.next() != 0, (value, out) -> out.put((Boolean) value ? 1 : 0));
            case "s8" -> wire(In::next, (value, out) -> out.put((Byte) value));
            case "s16" -> wire(In::shortNumber, (value, out) -> out.shortNumber((Short) value));
            case "s32" -> wire(In::number, (value, out) -> out.number((Integer) value));
            case "s64", "u64" -> wire(In::longNumber, (value, out) -> out.longNumber((Long) value));
            case "f32" -> wire(
                    in -> Float.intBitsToFloat(in.number()),
                    (value, out) -> out.number(Float.floatToRawIntBits((Float) value)));
            case "f64" -> wire(
                    in -> Double.longBitsToDouble(in.longNumber()),
                    (value, out) -> out.longNumber(Double.doubleToRawLongBits((Double) value)));
            case "string" -> wire(
                    in -> new String(in.bytes(), StandardCharsets.UTF_8),
                    (value, out) -> out.counted(((String) value).getBytes(StandardCharsets.UTF_8)));
            case "bytes" -> wire(In::bytes, (value, out) -> out.counted((byte[]) value));
            case "decimal" -> wire(Wire::decimal, Wire::decimal);
            case "option" -> option(of(tree.part(1)));
            case "list" -> list(of(tree.part(1)));
            case "record" -> record(tree.from(1).stream().map(Wire::of).toArray(Wire[]::new));
            default -> throw new IllegalArgumentException("no type: " + tree);
        };
    }

    interface Reads {
        Object read(In in);
    }

    interface Writes {
        void write(Object value, Out out);
    }

    private static Wire wire(Reads reads, Writes writes) {
        return new Wire() {
            @Override
            public Object read(In in) {
                return reads.read(in);
            }

            @Override
            public void write(Object value, Out out) {
                writes.write(value, out);
            }
        };
    }

    private static Object decimal(In in) {
        long low = in.longNumber();
        long high = in.longNumber();
        int scale = in.next() & 0xff;
        if (high == low >> 63) {
            return BigDecimal.valueOf(low, scale);
        }
        BigInteger unsigned = new BigInteger(Long.toUnsignedString(low));
        return new BigDecimal(BigInteger.valueOf(high).shiftLeft(64).or(unsigned), scale);
    }

    private static void decimal(Object value, Out out) {
        BigDecimal decimal = (BigDecimal) value;
        BigInteger unscaled = decimal.unscaledValue();
        out.longNumber(unscaled.longValue());
        out.longNumber(unscaled.shiftRight(64).longValue());
        out.put(decimal.scale());
    }

    static Wire option(Wire payload) {
        return wire(in -> in.next() == 0 ? null : payload.read(in), (value, out) -> {
            out.put(value == null ? 0 : 1);
            if (value != null) {
                payload.write(value, out);
            }
        });
    }

    private static Wire list(Wire element) {
        return wire(
                in -> {
                    int count = in.number();
                    List<Object> list = new ArrayList<>(count);
                    for (int index = 0; index < count; index++) {
                        list.add(element.read(in));
                    }
                    return list;
                },
                (value, out) -> {
                    List<?> list = (List<?>) value;
                    out.number(list.size());
                    for (Object part : list) {
                        element.write(part, out);
                    }
                });
    }

    static Wire record(Wire[] types) {
        return wire(
                in -> {
                    Object[] fields = new Object[types.length];
                    for (int index = 0; index < fields.length; index++) {
                        fields[index] = types[index].read(in);
                    }
                    return fields;
                },
                (value, out) -> {
                    Object[] fields = (Object[]) value;
                    for (int index = 0; index < fields.length; index++) {
                        types[index].write(fields[index], out);
                    }
                });
    }

    /** Bytes that are read from the front. */
    final class In {
        private final byte[] bytes;
        private int at;

        In(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean more() {
            return at < bytes.length;
        }

        byte next() {
            return bytes[at++];
        }

        short shortNumber() {
            at += Short.BYTES;
            return (short) SHORTS.get(bytes, at - Short.BYTES);
        }

        int number() {
            at += Integer.BYTES;
            return (int) INTS.get(bytes, at - Integer.BYTES);
        }

        long longNumber() {
            at += Long.BYTES;
            return (long) LONGS.get(bytes, at - Long.BYTES);
        }

        byte[] bytes() {
            int count = number();
            at += count;
            return Arrays.copyOfRange(bytes, at - count, at);
        }
    }

    /** Bytes that grow at their end. */
    final class Out {
        private byte[] bytes = new byte[1 << 20];
        private int size;

        private int room(int count) {
            int start = size;
            size += count;
            if (size > bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * size);
            }
            return start;
        }

        void put(int next) {
            int at = room(1);
            bytes[at] = (byte) next;
        }

        void shortNumber(short number) {
            int at = room(Short.BYTES);
            SHORTS.set(bytes, at, number);
        }

        void number(int number) {
            int at = room(Integer.BYTES);
            INTS.set(bytes, at, number);
        }

        void longNumber(long number) {
            int at = room(Long.BYTES);
            LONGS.set(bytes, at, number);
        }

        void counted(byte[] more) {
            number(more.length);
            int at = room(more.length);
            System.arraycopy(more, 0, bytes, at, more.length);
        }

        int size() {
            return size;
        }

        void cut(int end) {
            size = end;
        }

        boolean same(Out other) {
            return Arrays.equals(bytes, 0, size, other.bytes, 0, other.size);
        }

        byte[] all() {
            return Arrays.copyOf(bytes, size);
        }

        /** As {@code Results::digest} in the test. */
        long digest() {
            long hash = size;
            int at = 0;
            for (; at + Long.BYTES <= size; at += Long.BYTES) {
                hash = mixed(hash, (long) LONGS.get(bytes, at));
            }
            long last = 0;
            for (int rest = size - 1; rest >= at; rest--) {
                last = last << 8 | bytes[rest] & 0xff;
            }
            return mixed(hash, last);
        }

        private static long mixed(long hash, long word) {
            long mixed = (hash ^ word) * 0x9e37_79b9_7f4a_7c15L;
            return mixed ^ mixed >>> 29;
        }
    }

    VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
}

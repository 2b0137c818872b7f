package streamfn.bridge;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/**
 * One type of a plan: how its values go into the guest and come out, flat or through memory, by the canonical ABI.
 *
 * <p>A flat value is its bits in a long, zero-extended, so that cases that share a place need no conversion. Of what comes
 * out nothing is believed: every address, length, case, character and byte of text is checked before it is followed.
 */
public abstract sealed class Type {
    /** What the plan calls it. */
    public final String name;

    private Type(String name) {
        this.name = name;
    }

    /** How many flat values it has. */
    abstract int flats();

    /** Puts its flat values at {@code at}; all of them are 0 before. */
    abstract void lower(Guest guest, Object value, long[] flats, int at);

    /** Writes it at an address that was allocated for it. */
    abstract void store(Guest guest, Object value, int address);

    /** Reads it at an address whose range was checked. */
    abstract Object load(Guest guest, int address);

    /** From its one flat value. */
    abstract Object lift(Guest guest, long bits);

    /** Reads a type of a plan. */
    public static Type read(Tree tree, Data data) {
        if (tree.word() != null) {
            return Leaf.of(tree.word(), data);
        }
        switch (tree.head()) {
            case "record":
                Record record = new Record(tree.size() - 1, data);
                int at = 0;
                for (Tree field : tree.from(1)) {
                    record.names[at] = field.part(0).text();
                    record.offsets[at] = field.part(1).number();
                    record.types[at++] = read(field.part(2), data);
                }
                return record;
            case "option":
                return new Option(tree.part(1).number(), read(tree.part(2), data));
            case "nested":
                return new Nested(tree.part(1).number(), read(tree.part(2), data));
            case "list":
                return new Array(tree.part(1).number(), tree.part(2).number(), read(tree.part(3), data), data);
            case "map":
                return new Map(tree, data);
            case "enum":
                return new Enumeration(tree.part(1).number(), tree.part(2).number());
            case "flags":
                return new Flags(tree.part(1).number(), tree.part(2).number());
            case "variant":
                return new Variant(tree, data);
            default:
                throw new IllegalArgumentException("no type: " + tree);
        }
    }

    /** A type of one core value, or text and bytes. */
    private abstract static non-sealed class Leaf extends Type {
        Leaf(String name) {
            super(name);
        }

        static Type of(String name, Data data) {
            return switch (name) {
                case "bool" -> new Bool();
                case "s8", "u8", "s16", "u16", "s32", "u32", "char", "date", "time" -> new Int(name, data);
                case "s64", "u64", "timestamp", "timestamp-ltz" -> new Long64(name, data);
                case "f32" -> new Float32();
                case "f64" -> new Float64();
                case "string", "bytes" -> new Bytes(name, data);
                case "decimal" -> new Decimal(data);
                default -> throw new IllegalArgumentException("no type: " + name);
            };
        }

        @Override
        int flats() {
            return 1;
        }
    }

    private static final class Bool extends Leaf {
        Bool() {
            super("bool");
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            flats[at] = bits(value);
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.memory().writeByte(address, (byte) bits(value));
        }

        private static int bits(Object value) {
            if (value instanceof Boolean bool) {
                return bool ? 1 : 0;
            }
            throw CallException.argument("a bool", value);
        }

        @Override
        Object load(Guest guest, int address) {
            return guest.memory().read(address) != 0;
        }

        @Override
        Object lift(Guest guest, long bits) {
            return (int) bits != 0;
        }
    }

    /** Integers of up to 32 bits, and what is one. */
    private static final class Int extends Leaf {
        private final Data data;
        private final int size;

        Int(String name, Data data) {
            super(name);
            this.data = data;
            this.size = switch (name) {
                case "s8", "u8" -> 1;
                case "s16", "u16" -> 2;
                default -> 4;
            };
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            flats[at] = bits(value) & 0xffff_ffffL;
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.write(address, bits(value), size);
        }

        private int bits(Object value) {
            if (value == null) {
                throw CallException.argument(name, null);
            }
            try {
                return switch (name) {
                    case "date" -> data.date(value);
                    case "time" -> data.time(value);
                    case "s8" -> (Byte) value;
                    case "u8", "s16" -> (Short) value;
                    case "u32" -> (int) (long) (Long) value;
                    default -> (Integer) value;
                };
            } catch (ClassCastException other) {
                throw CallException.argument(name, value);
            }
        }

        @Override
        Object load(Guest guest, int address) {
            return value(guest.read(address, size));
        }

        @Override
        Object lift(Guest guest, long bits) {
            return value((int) bits);
        }

        private Object value(int bits) {
            return switch (name) {
                case "s8" -> (byte) bits;
                case "u8" -> (short) (bits & 0xff);
                case "s16" -> (short) bits;
                case "u16" -> bits & 0xffff;
                case "u32" -> bits & 0xffff_ffffL;
                case "date" -> data.date(bits);
                case "time" -> data.time(bits);
                case "char" -> {
                    if (!Character.isValidCodePoint(bits) || bits >= 0xd800 && bits < 0xe000) {
                        throw CallException.contract("wanted a Unicode scalar value, found 0x" + Integer.toHexString(bits));
                    }
                    yield bits;
                }
                default -> bits;
            };
        }
    }

    /** Integers of 64 bits, and what is one. */
    private static final class Long64 extends Leaf {
        private final Data data;

        Long64(String name, Data data) {
            super(name);
            this.data = data;
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            flats[at] = bits(value);
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.memory().writeLong(address, bits(value));
        }

        private long bits(Object value) {
            if (value == null) {
                throw CallException.argument(name, null);
            }
            try {
                return switch (name) {
                    case "timestamp" -> data.timestamp(value);
                    case "timestamp-ltz" -> data.timestampLtz(value);
                    default -> (Long) value;
                };
            } catch (ClassCastException other) {
                throw CallException.argument(name, value);
            }
        }

        @Override
        Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readLong(address));
        }

        @Override
        Object lift(Guest guest, long bits) {
            return switch (name) {
                case "timestamp" -> data.timestamp(bits);
                case "timestamp-ltz" -> data.timestampLtz(bits);
                default -> bits;
            };
        }
    }

    private static final class Float32 extends Leaf {
        Float32() {
            super("f32");
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            flats[at] = bits(value) & 0xffff_ffffL;
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.memory().writeI32(address, bits(value));
        }

        /** One pattern for every NaN, so that bits are the same on every host. */
        private static int bits(Object value) {
            if (value instanceof Float number) {
                return Float.floatToIntBits(number);
            }
            throw CallException.argument("f32", value);
        }

        @Override
        Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readInt(address));
        }

        @Override
        Object lift(Guest guest, long bits) {
            float number = Float.intBitsToFloat((int) bits);
            return number == number ? number : Float.NaN;
        }
    }

    private static final class Float64 extends Leaf {
        Float64() {
            super("f64");
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            flats[at] = bits(value);
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.memory().writeLong(address, bits(value));
        }

        private static long bits(Object value) {
            if (value instanceof Double number) {
                return Double.doubleToLongBits(number);
            }
            throw CallException.argument("f64", value);
        }

        @Override
        Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readLong(address));
        }

        @Override
        Object lift(Guest guest, long bits) {
            double number = Double.longBitsToDouble(bits);
            return number == number ? number : Double.NaN;
        }
    }

    /** What the guest is given by an address and a length, and gives back so. */
    private abstract static non-sealed class Pointed extends Type {
        Pointed(String name) {
            super(name);
        }

        @Override
        int flats() {
            return 2;
        }

        /** Copies the value into memory of its own: the address below, the length above. */
        abstract long point(Guest guest, Object value);

        abstract Object follow(Guest guest, int address, int length);

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            long pointer = point(guest, value);
            flats[at] = pointer & 0xffff_ffffL;
            flats[at + 1] = pointer >>> 32;
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.memory().writeLong(address, point(guest, value));
        }

        @Override
        Object load(Guest guest, int address) {
            return follow(guest, guest.memory().readInt(address), guest.memory().readInt(address + 4));
        }

        @Override
        Object lift(Guest guest, long bits) {
            throw new IllegalStateException(name + " has two flat values");
        }
    }

    private static final class Bytes extends Pointed {
        private final Data data;

        Bytes(String name, Data data) {
            super(name);
            this.data = data;
        }

        @Override
        long point(Guest guest, Object value) {
            if (value == null) {
                throw CallException.argument(name, null);
            }
            byte[] bytes;
            try {
                bytes = name.equals("string") ? data.utf8(value) : data.bytes(value);
            } catch (ClassCastException other) {
                throw CallException.argument(name, value);
            }
            int address = guest.allocate(bytes.length, 1);
            guest.memory().write(address, bytes);
            return Integer.toUnsignedLong(address) | (long) bytes.length << 32;
        }

        @Override
        Object follow(Guest guest, int address, int length) {
            guest.range(address, Integer.toUnsignedLong(length), 1, name);
            guest.charge(length);
            byte[] bytes = guest.memory().readBytes(address, length);
            return name.equals("string") ? data.text(bytes) : data.bytes(bytes);
        }
    }

    private static final class Array extends Pointed {
        private final int size;
        private final int align;
        private final Type element;
        private final Data data;

        Array(int size, int align, Type element, Data data) {
            super("list");
            this.size = size;
            this.align = align;
            this.element = element;
            this.data = data;
        }

        @Override
        long point(Guest guest, Object value) {
            if (value == null) {
                throw CallException.argument("a list", null);
            }
            int length = data.size(value);
            int address = guest.allocate((long) length * size, align);
            for (int index = 0; index < length; index++) {
                element.store(guest, data.element(value, element, index), address + index * size);
            }
            return Integer.toUnsignedLong(address) | (long) length << 32;
        }

        @Override
        Object follow(Guest guest, int address, int length) {
            guest.range(address, Integer.toUnsignedLong(length) * size, align, "a list");
            guest.chargeValues(Integer.toUnsignedLong(length));
            Object[] elements = new Object[length];
            for (int index = 0; index < length; index++) {
                elements[index] = element.load(guest, address + index * size);
            }
            return data.list(element, elements);
        }
    }

    /** A list of pairs that is a SQL MAP or MULTISET. */
    private static final class Map extends Pointed {
        private final int size;
        private final int align;
        private final int keyOffset;
        private final Type key;
        private final int valueOffset;
        private final Type value;
        private final Data data;

        Map(Tree tree, Data data) {
            super("map");
            this.size = tree.part(1).number();
            this.align = tree.part(2).number();
            this.keyOffset = tree.part(3).part(0).number();
            this.key = read(tree.part(3).part(1), data);
            this.valueOffset = tree.part(4).part(0).number();
            this.value = read(tree.part(4).part(1), data);
            this.data = data;
        }

        @Override
        long point(Guest guest, Object map) {
            if (map == null) {
                throw CallException.argument("a map", null);
            }
            Object[] entries = data.entries(map, key, value);
            int length = entries.length / 2;
            int address = guest.allocate((long) length * size, align);
            for (int index = 0; index < length; index++) {
                key.store(guest, entries[2 * index], address + index * size + keyOffset);
                value.store(guest, entries[2 * index + 1], address + index * size + valueOffset);
            }
            return Integer.toUnsignedLong(address) | (long) length << 32;
        }

        @Override
        Object follow(Guest guest, int address, int length) {
            guest.range(address, Integer.toUnsignedLong(length) * size, align, "a map");
            guest.chargeValues(2 * Integer.toUnsignedLong(length));
            Object[] entries = new Object[2 * length];
            for (int index = 0; index < length; index++) {
                entries[2 * index] = key.load(guest, address + index * size + keyOffset);
                entries[2 * index + 1] = value.load(guest, address + index * size + valueOffset);
            }
            return data.map(key, value, entries);
        }
    }

    /** A record, tuple or state; the layout is in its offsets. */
    public static final class Record extends Type {
        public final String[] names;
        public final Type[] types;
        final int[] offsets;
        private final Data data;

        Record(int size, Data data) {
            super("record");
            this.names = new String[size];
            this.types = new Type[size];
            this.offsets = new int[size];
            this.data = data;
        }

        @Override
        int flats() {
            int flats = 0;
            for (Type type : types) {
                flats += type.flats();
            }
            return flats;
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            for (int index = 0; index < types.length; index++) {
                types[index].lower(guest, field(value, index), flats, at);
                at += types[index].flats();
            }
        }

        @Override
        void store(Guest guest, Object value, int address) {
            for (int index = 0; index < types.length; index++) {
                types[index].store(guest, field(value, index), address + offsets[index]);
            }
        }

        private Object field(Object value, int index) {
            if (value == null) {
                throw CallException.argument("a record", null);
            }
            return data.field(value, this, index);
        }

        @Override
        Object load(Guest guest, int address) {
            guest.chargeValues(types.length);
            Object[] fields = new Object[types.length];
            for (int index = 0; index < types.length; index++) {
                fields[index] = types[index].load(guest, address + offsets[index]);
            }
            return data.record(this, fields);
        }

        @Override
        Object lift(Guest guest, long bits) {
            Object[] fields = new Object[types.length];
            for (int index = 0; index < types.length; index++) {
                fields[index] = types[index].lift(guest, bits);
            }
            return data.record(this, fields);
        }
    }

    /** null is none. */
    private static non-sealed class Option extends Type {
        private final int payloadOffset;
        private final Type payload;

        Option(int payloadOffset, Type payload) {
            super("option");
            this.payloadOffset = payloadOffset;
            this.payload = payload;
        }

        /** What is in the option, of a value that isn't null. */
        Object unwrap(Object value) {
            return value;
        }

        Object wrap(Object payload) {
            return payload;
        }

        @Override
        int flats() {
            return 1 + payload.flats();
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            if (value != null) {
                flats[at] = 1;
                payload.lower(guest, unwrap(value), flats, at + 1);
            }
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.memory().writeByte(address, (byte) (value == null ? 0 : 1));
            if (value != null) {
                payload.store(guest, unwrap(value), address + payloadOffset);
            }
        }

        @Override
        Object load(Guest guest, int address) {
            return guest.which(guest.memory().read(address) & 0xff, 2) == 0
                    ? null
                    : wrap(payload.load(guest, address + payloadOffset));
        }

        @Override
        Object lift(Guest guest, long bits) {
            throw new IllegalStateException("an option has two flat values or more");
        }
    }

    /** An option in an option: {@code some(none)} has to differ from {@code none}, so each some is a list of one. */
    private static final class Nested extends Option {
        Nested(int payloadOffset, Type payload) {
            super(payloadOffset, payload);
        }

        @Override
        Object unwrap(Object value) {
            return ((Object[]) value)[0];
        }

        @Override
        Object wrap(Object payload) {
            return new Object[] {payload};
        }
    }

    private static final class Flags extends Type.Leaf {
        private final int size;
        private final int mask;

        Flags(int count, int size) {
            super("flags");
            this.size = size;
            this.mask = count == 32 ? -1 : (1 << count) - 1;
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            flats[at] = bits(value) & 0xffff_ffffL;
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.write(address, bits(value), size);
        }

        private int bits(Object value) {
            if (value instanceof Integer flags && (flags & ~mask) == 0) {
                return flags;
            }
            throw CallException.argument("flags", value);
        }

        @Override
        Object load(Guest guest, int address) {
            return guest.read(address, size) & mask;
        }

        @Override
        Object lift(Guest guest, long bits) {
            return (int) bits & mask;
        }
    }

    /** {@code record { high: s64, low: u64, scale: u8 }}, one number outside. */
    private static final class Decimal extends Leaf {
        private final Data data;

        Decimal(Data data) {
            super("decimal");
            this.data = data;
        }

        @Override
        int flats() {
            return 3;
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            BigDecimal decimal = checked(value);
            flats[at] = high(decimal);
            flats[at + 1] = decimal.unscaledValue().longValue();
            flats[at + 2] = decimal.scale();
        }

        @Override
        void store(Guest guest, Object value, int address) {
            BigDecimal decimal = checked(value);
            guest.memory().writeLong(address, high(decimal));
            guest.memory().writeLong(address + 8, decimal.unscaledValue().longValue());
            guest.memory().writeByte(address + 16, (byte) decimal.scale());
        }

        private static long high(BigDecimal decimal) {
            return decimal.unscaledValue().shiftRight(64).longValue();
        }

        private BigDecimal checked(Object value) {
            if (value == null) {
                throw CallException.argument("a decimal", null);
            }
            BigDecimal decimal = data.decimal(value);
            if (decimal.scale() < 0) {
                decimal = decimal.setScale(0);
            }
            if (decimal.scale() > 0xff || decimal.unscaledValue().bitLength() > 127) {
                throw new Refused("wanted a decimal of at most 128 bits, found " + decimal.precision() + " digits");
            }
            return decimal;
        }

        @Override
        Object load(Guest guest, int address) {
            long low = guest.memory().readLong(address + 8);
            BigInteger high = BigInteger.valueOf(guest.memory().readLong(address)).shiftLeft(64);
            BigInteger unscaled = high.or(new BigInteger(Long.toUnsignedString(low)));
            return data.decimal(new BigDecimal(unscaled, guest.memory().read(address + 16) & 0xff));
        }

        @Override
        Object lift(Guest guest, long bits) {
            throw new IllegalStateException("a decimal has three flat values");
        }
    }

    /** The number of a case of an enum. */
    private static final class Enumeration extends Type.Leaf {
        private final int cases;
        private final int size;

        Enumeration(int cases, int size) {
            super("enum");
            this.cases = cases;
            this.size = size;
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            flats[at] = checked(value);
        }

        @Override
        void store(Guest guest, Object value, int address) {
            guest.write(address, checked(value), size);
        }

        private int checked(Object value) {
            if (value instanceof Integer index && index >= 0 && index < cases) {
                return index;
            }
            throw CallException.argument("one of " + cases + " cases", value);
        }

        @Override
        Object load(Guest guest, int address) {
            return guest.which(guest.read(address, size), cases);
        }

        @Override
        Object lift(Guest guest, long bits) {
            return guest.which((int) bits, cases);
        }
    }

    /** A case with its payload, if it has one. */
    public record Case(int index, Object payload) {}

    /** A variant or result, some case of which holds something. */
    private static final class Variant extends Type.Leaf {
        private final int discriminant;
        private final int payloadOffset;
        private final int payloadFlats;
        /** null for a case without a payload. */
        private final Type[] payloads;

        Variant(Tree tree, Data data) {
            super("variant");
            this.discriminant = tree.part(1).number();
            this.payloadOffset = tree.part(2).number();
            this.payloadFlats = tree.part(3).number();
            List<Tree> cases = tree.from(4);
            this.payloads = new Type[cases.size()];
            for (int index = 0; index < payloads.length; index++) {
                Tree payload = cases.get(index);
                payloads[index] = "none".equals(payload.word()) ? null : read(payload, data);
            }
        }

        @Override
        int flats() {
            return 1 + payloadFlats;
        }

        private Case checked(Object value) {
            if (value instanceof Case chosen
                    && chosen.index >= 0
                    && chosen.index < payloads.length
                    && (payloads[chosen.index] != null || chosen.payload == null)) {
                return chosen;
            }
            throw CallException.argument("one of " + payloads.length + " cases", value);
        }

        @Override
        void lower(Guest guest, Object value, long[] flats, int at) {
            Case chosen = checked(value);
            flats[at] = chosen.index;
            if (payloads[chosen.index] != null) {
                payloads[chosen.index].lower(guest, chosen.payload, flats, at + 1);
            }
        }

        @Override
        void store(Guest guest, Object value, int address) {
            Case chosen = checked(value);
            guest.write(address, chosen.index, discriminant);
            if (payloads[chosen.index] != null) {
                payloads[chosen.index].store(guest, chosen.payload, address + payloadOffset);
            }
        }

        @Override
        Object load(Guest guest, int address) {
            int index = guest.which(guest.read(address, discriminant), payloads.length);
            guest.chargeValues(1);
            return new Case(index, payloads[index] == null ? null : payloads[index].load(guest, address + payloadOffset));
        }

        @Override
        Object lift(Guest guest, long bits) {
            // With one flat value in all, what the payloads hold takes no place: a record without fields, say.
            return new Case(guest.which((int) bits, payloads.length), null);
        }
    }
}

package streamfn.bridge;

/** Numbers, and what is one: of one flat value each, boxed outside. */
final class Numbers {
    private Numbers() {}

    /** A byte that isn't 0 is true. */
    record Bool() implements Type {
        @Override
        public Outside outside() {
            return Outside.BOOLEAN;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value);
        }

        private static int number(Object value) {
            if (value instanceof Boolean number) {
                return number ? 1 : 0;
            }
            throw CallException.argument("a bool", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeByte(address, (byte) number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().read(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return (int) bits != 0;
        }
    }

    /** A Byte. */
    record S8() implements Type {
        @Override
        public Outside outside() {
            return Outside.BYTE;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Byte number) {
                return number;
            }
            throw CallException.argument("s8", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeByte(address, (byte) number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().read(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return (byte) bits;
        }
    }

    /** A Short. */
    record U8() implements Type {
        @Override
        public Outside outside() {
            return Outside.SHORT;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Short number) {
                return number;
            }
            throw CallException.argument("u8", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeByte(address, (byte) number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().read(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return (short) (bits & 0xff);
        }
    }

    /** A Short. */
    record S16() implements Type {
        @Override
        public Outside outside() {
            return Outside.SHORT;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Short number) {
                return number;
            }
            throw CallException.argument("s16", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeShort(address, (short) number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readShort(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return (short) bits;
        }
    }

    /** An Integer. */
    record U16() implements Type {
        @Override
        public Outside outside() {
            return Outside.INT;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Integer number) {
                return number;
            }
            throw CallException.argument("u16", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeShort(address, (short) number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readShort(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return (int) (bits & 0xffff);
        }
    }

    /** An Integer. */
    record S32() implements Type {
        @Override
        public Outside outside() {
            return Outside.INT;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Integer number) {
                return number;
            }
            throw CallException.argument("s32", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeI32(address, number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readInt(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return (int) bits;
        }
    }

    /** A Long. */
    record U32() implements Type {
        @Override
        public Outside outside() {
            return Outside.LONG;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Long number) {
                return (int) (long) number;
            }
            throw CallException.argument("u32", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeI32(address, number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readInt(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return bits & 0xffff_ffffL;
        }
    }

    /** A Long; of u64 the bits. */
    record S64() implements Type {
        @Override
        public Outside outside() {
            return Outside.LONG;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value);
        }

        private static long number(Object value) {
            if (value instanceof Long number) {
                return number;
            }
            throw CallException.argument("s64", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeLong(address, number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readLong(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return bits;
        }
    }

    /** A Float. Every NaN has one pattern, so that bits are the same on every host. */
    record F32() implements Type {
        @Override
        public Outside outside() {
            return Outside.FLOAT;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Float number) {
                return Float.floatToIntBits(number);
            }
            throw CallException.argument("f32", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeI32(address, number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readInt(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            float number = Float.intBitsToFloat((int) bits);
            return number == number ? number : Float.NaN;
        }
    }

    /** A Double. Every NaN has one pattern, so that bits are the same on every host. */
    record F64() implements Type {
        @Override
        public Outside outside() {
            return Outside.DOUBLE;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value);
        }

        private static long number(Object value) {
            if (value instanceof Double number) {
                return Double.doubleToLongBits(number);
            }
            throw CallException.argument("f64", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeLong(address, number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readLong(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            double number = Double.longBitsToDouble(bits);
            return number == number ? number : Double.NaN;
        }
    }

    /** A Unicode scalar value in an Integer. */
    record Char() implements Type {
        @Override
        public Outside outside() {
            return Outside.INT;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private static int number(Object value) {
            if (value instanceof Integer number) {
                return number;
            }
            throw CallException.argument("char", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeI32(address, number(value));
        }

        @Override
        public Object load(Guest guest, int address) {
            return lift(guest, guest.memory().readInt(address));
        }

        @Override
        public Object lift(Guest guest, long bits) {
            int code = (int) bits;
            if (!Character.isValidCodePoint(code) || code >= 0xd800 && code < 0xe000) {
                throw CallException.contract("wanted a Unicode scalar value, found 0x" + Integer.toHexString(code));
            }
            return code;
        }
    }

    /** The number of a case in an Integer. */
    record Enum(int cases, int size) implements Type {
        @Override
        public Outside outside() {
            return Outside.INT;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value);
        }

        private int number(Object value) {
            if (value instanceof Integer index && index >= 0 && index < cases) {
                return index;
            }
            throw CallException.argument("one of " + cases + " cases", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.write(address, number(value), size);
        }

        @Override
        public Object load(Guest guest, int address) {
            return guest.which(guest.read(address, size), cases);
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return guest.which((int) bits, cases);
        }
    }

    /** A bit for each flag in an Integer. */
    record Flags(int mask, int size) implements Type {
        @Override
        public Outside outside() {
            return Outside.INT;
        }

        static Flags of(int count, int size) {
            return new Flags(count == 32 ? -1 : (1 << count) - 1, size);
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value) & 0xffff_ffffL;
        }

        private int number(Object value) {
            if (value instanceof Integer flags && (flags & ~mask) == 0) {
                return flags;
            }
            throw CallException.argument("flags", value);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.write(address, number(value), size);
        }

        @Override
        public Object load(Guest guest, int address) {
            return guest.read(address, size) & mask;
        }

        @Override
        public Object lift(Guest guest, long bits) {
            return (int) bits & mask;
        }
    }
}

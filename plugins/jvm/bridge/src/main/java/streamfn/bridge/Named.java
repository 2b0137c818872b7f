package streamfn.bridge;

/** Numbers that stand for names: the case of an enum, the flags that are set. */
final class Named {
    private Named() {}

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

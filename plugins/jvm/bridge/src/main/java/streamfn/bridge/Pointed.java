package streamfn.bridge;

/** What the guest is given by an address and a length, and gives back so: text, bytes, lists, maps. */
interface Pointed extends Type {
    /** Copies the value into memory of the guest: the address in the low half, the length in the high one. */
    long point(Guest guest, Object value);

    /** Reads what the guest points to. */
    Object follow(Guest guest, int address, int length);

    @Override
    default int flats() {
        return 2;
    }

    @Override
    default long bits(Guest guest, Object value, int flat) {
        if (flat == 0) {
            guest.pointer = point(guest, value);
            return guest.pointer & 0xffff_ffffL;
        }
        return guest.pointer >>> 32;
    }

    @Override
    default void store(Guest guest, Object value, int address) {
        long pointer = point(guest, value);
        guest.memory().writeLong(address, pointer);
    }

    @Override
    default Object load(Guest guest, int address) {
        return follow(guest, guest.memory().readInt(address), guest.memory().readInt(address + 4));
    }

    private static long copy(Guest guest, byte[] bytes) {
        int address = guest.allocate(bytes.length, 1);
        guest.memory().write(address, bytes);
        return pointer(address, bytes.length);
    }

    private static byte[] copied(Guest guest, int address, int length, String what) {
        guest.range(address, Integer.toUnsignedLong(length), 1, what);
        guest.charge(length);
        return guest.memory().readBytes(address, length);
    }

    private static long pointer(int address, int length) {
        return Integer.toUnsignedLong(address) | (long) length << 32;
    }

    record Text(Data data) implements Pointed {
        @Override
        public Outside outside() {
            return Outside.TEXT;
        }

        @Override
        public long point(Guest guest, Object value) {
            if (value == null) {
                throw CallException.argument("a string", null);
            }
            return copy(guest, data.utf8(value));
        }

        /** {@code before} as the bytes that were checked when they went in need not be checked again. */
        @Override
        public Object load(Guest guest, int address, Object before) {
            int start = guest.memory().readInt(address);
            int length = guest.memory().readInt(address + 4);
            return before instanceof byte[] utf8 && guest.holds(start, length, utf8) ? before : follow(guest, start, length);
        }

        @Override
        public Object follow(Guest guest, int address, int length) {
            return data.text(copied(guest, address, length, "a string"));
        }
    }

    record Bytes(Data data) implements Pointed {
        @Override
        public Outside outside() {
            return Outside.BYTES;
        }

        @Override
        public long point(Guest guest, Object value) {
            if (value == null) {
                throw CallException.argument("bytes", null);
            }
            return copy(guest, data.bytes(value));
        }

        @Override
        public Object follow(Guest guest, int address, int length) {
            return data.bytes(copied(guest, address, length, "bytes"));
        }
    }

    record Array(int size, int align, Type element, Data data) implements Pointed {
        @Override
        public Outside outside() {
            return Outside.LIST;
        }

        static Array of(Tree tree, Data data) {
            return new Array(tree.part(1).number(), tree.part(2).number(), Type.read(tree.part(3), data), data);
        }

        @Override
        public long point(Guest guest, Object value) {
            if (value == null) {
                throw CallException.argument("a list", null);
            }
            int length = data.size(value);
            int address = guest.allocate((long) length * size, align);
            for (int index = 0; index < length; index++) {
                element.store(guest, data.element(value, element, index), address + index * size);
            }
            return pointer(address, length);
        }

        @Override
        public Object follow(Guest guest, int address, int length) {
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
    record Map(int size, int align, int keyOffset, Type key, int valueOffset, Type value, Data data)
            implements Pointed {
        @Override
        public Outside outside() {
            return Outside.MAP;
        }

        static Map of(Tree tree, Data data) {
            return new Map(
                    tree.part(1).number(),
                    tree.part(2).number(),
                    tree.part(3).part(0).number(),
                    Type.read(tree.part(3).part(1), data),
                    tree.part(4).part(0).number(),
                    Type.read(tree.part(4).part(1), data),
                    data);
        }

        @Override
        public long point(Guest guest, Object map) {
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
            return pointer(address, length);
        }

        @Override
        public Object follow(Guest guest, int address, int length) {
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
}

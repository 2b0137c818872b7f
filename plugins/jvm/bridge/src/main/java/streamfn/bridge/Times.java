package streamfn.bridge;

/** Numbers that are a time to SQL; what class that is outside is for {@link Data} to say. */
final class Times {
    private Times() {}

    /** Days since the epoch. */
    record Date(Data data) implements Type {
        @Override
        public Outside outside() {
            return Outside.DATE;
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
            if (value == null) {
                throw CallException.argument("a date", null);
            }
            return data.date(value);
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
            return data.date((int) bits);
        }
    }

    /** Milliseconds since midnight. */
    record Time(Data data) implements Type {
        @Override
        public Outside outside() {
            return Outside.TIME;
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
            if (value == null) {
                throw CallException.argument("a time", null);
            }
            return data.time(value);
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
            return data.time((int) bits);
        }
    }

    /** Milliseconds since the epoch in local time. */
    record Timestamp(Data data) implements Type {
        @Override
        public Outside outside() {
            return Outside.TIMESTAMP;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value);
        }

        private long number(Object value) {
            if (value == null) {
                throw CallException.argument("a timestamp", null);
            }
            return data.timestamp(value);
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
            return data.timestamp(bits);
        }
    }

    /** Milliseconds since the epoch. */
    record TimestampLtz(Data data) implements Type {
        @Override
        public Outside outside() {
            return Outside.TIMESTAMP_LTZ;
        }

        @Override
        public int flats() {
            return 1;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            return number(value);
        }

        private long number(Object value) {
            if (value == null) {
                throw CallException.argument("a timestamp", null);
            }
            return data.timestampLtz(value);
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
            return data.timestampLtz(bits);
        }
    }
}

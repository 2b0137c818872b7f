package streamfn.bridge;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/** What is made of other types: records, options, variants, and the decimal, which is a record to the guest alone. */
public final class Composite {
    private Composite() {}

    /** What an option holds. */
    public static Type inside(Type option) {
        return ((Option) option).payload();
    }

    /** A record, tuple or state. The layout is in its offsets. */
    public record Record(String[] names, int[] offsets, Type[] types, Data data) implements Type {
        @Override
        public Outside outside() {
            return Outside.RECORD;
        }

        static Record of(Tree tree, Data data) {
            int size = tree.size() - 1;
            Record record = new Record(new String[size], new int[size], new Type[size], data);
            int at = 0;
            for (Tree field : tree.from(1)) {
                record.names[at] = field.part(0).text();
                record.offsets[at] = field.part(1).number();
                record.types[at++] = Type.read(field.part(2), data);
            }
            return record;
        }

        /** What the engine has for a record of these fields. */
        public Object of(Object[] fields) {
            return data.record(this, fields);
        }

        @Override
        public int flats() {
            int flats = 0;
            for (Type type : types) {
                flats += type.flats();
            }
            return flats;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            int before = 0;
            for (int index = 0; ; index++) {
                int flats = types[index].flats();
                if (flat < before + flats) {
                    return types[index].bits(guest, field(value, index), flat - before);
                }
                before += flats;
            }
        }

        @Override
        public void lower(Guest guest, Object value, long[] flats, int at) {
            for (int index = 0; index < types.length; index++) {
                types[index].lower(guest, field(value, index), flats, at);
                at += types[index].flats();
            }
        }

        @Override
        public void store(Guest guest, Object value, int address) {
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
        public Object load(Guest guest, int address) {
            guest.chargeValues(types.length);
            Object[] fields = new Object[types.length];
            for (int index = 0; index < types.length; index++) {
                fields[index] = types[index].load(guest, address + offsets[index]);
            }
            return of(fields);
        }

        @Override
        public Object lift(Guest guest, long bits) {
            Object[] fields = new Object[types.length];
            for (int index = 0; index < types.length; index++) {
                fields[index] = types[index].lift(guest, bits);
            }
            return of(fields);
        }
    }

    /** null is none. */
    record Option(int payloadOffset, Type payload) implements Type {
        @Override
        public Outside outside() {
            return payload.outside();
        }

        @Override
        public int flats() {
            return 1 + payload.flats();
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            if (flat == 0) {
                return value == null ? 0 : 1;
            }
            return value == null ? 0 : payload.bits(guest, value, flat - 1);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeByte(address, (byte) (value == null ? 0 : 1));
            if (value != null) {
                payload.store(guest, value, address + payloadOffset);
            }
        }

        @Override
        public Object load(Guest guest, int address) {
            return guest.some(address) ? payload.load(guest, address + payloadOffset) : null;
        }

        @Override
        public Object load(Guest guest, int address, Object before) {
            return guest.some(address) ? payload.load(guest, address + payloadOffset, before) : null;
        }
    }

    /** An option in an option: {@code some(none)} has to differ from {@code none}, so each some is an array of one. */
    record Nested(int payloadOffset, Type payload) implements Type {
        @Override
        public int flats() {
            return 1 + payload.flats();
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            if (flat == 0) {
                return value == null ? 0 : 1;
            }
            return value == null ? 0 : payload.bits(guest, ((Object[]) value)[0], flat - 1);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeByte(address, (byte) (value == null ? 0 : 1));
            if (value != null) {
                payload.store(guest, ((Object[]) value)[0], address + payloadOffset);
            }
        }

        @Override
        public Object load(Guest guest, int address) {
            return guest.some(address) ? new Object[] {payload.load(guest, address + payloadOffset)} : null;
        }
    }

    /** A case with its payload, if it has one. */
    public record Case(int index, Object payload) {}

    /** A variant or result, some case of which holds something; null in place of a type for one that doesn't. */
    record Variant(int discriminant, int payloadOffset, int payloadFlats, Type[] payloads) implements Type {
        static Variant of(Tree tree, Data data) {
            List<Tree> cases = tree.from(4);
            Type[] payloads = new Type[cases.size()];
            for (int index = 0; index < payloads.length; index++) {
                Tree payload = cases.get(index);
                payloads[index] = "none".equals(payload.word()) ? null : Type.read(payload, data);
            }
            return new Variant(tree.part(1).number(), tree.part(2).number(), tree.part(3).number(), payloads);
        }

        @Override
        public int flats() {
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
        public long bits(Guest guest, Object value, int flat) {
            Case chosen = checked(value);
            if (flat == 0) {
                return chosen.index;
            }
            Type payload = payloads[chosen.index];
            return payload == null || flat > payload.flats() ? 0 : payload.bits(guest, chosen.payload, flat - 1);
        }

        @Override
        public void store(Guest guest, Object value, int address) {
            Case chosen = checked(value);
            guest.write(address, chosen.index, discriminant);
            if (payloads[chosen.index] != null) {
                payloads[chosen.index].store(guest, chosen.payload, address + payloadOffset);
            }
        }

        @Override
        public Object load(Guest guest, int address) {
            int index = guest.which(guest.read(address, discriminant), payloads.length);
            guest.chargeValues(1);
            return new Case(index, payloads[index] == null ? null : payloads[index].load(guest, address + payloadOffset));
        }
    }

    /** {@code record { high: s64, low: u64, scale: u8 }}, one number outside. */
    record Decimal(Data data) implements Type {
        @Override
        public Outside outside() {
            return Outside.DECIMAL;
        }

        @Override
        public int flats() {
            return 3;
        }

        @Override
        public long bits(Guest guest, Object value, int flat) {
            BigDecimal decimal = checked(value);
            return switch (flat) {
                case 0 -> decimal.unscaledValue().shiftRight(64).longValue();
                case 1 -> decimal.unscaledValue().longValue();
                default -> decimal.scale();
            };
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
        public void store(Guest guest, Object value, int address) {
            guest.memory().writeLong(address, bits(guest, value, 0));
            guest.memory().writeLong(address + 8, bits(guest, value, 1));
            guest.memory().writeByte(address + 16, (byte) bits(guest, value, 2));
        }

        @Override
        public Object load(Guest guest, int address) {
            BigInteger high = BigInteger.valueOf(guest.memory().readLong(address)).shiftLeft(64);
            BigInteger low = new BigInteger(Long.toUnsignedString(guest.memory().readLong(address + 8)));
            return data.decimal(new BigDecimal(high.or(low), guest.memory().read(address + 16) & 0xff));
        }
    }
}

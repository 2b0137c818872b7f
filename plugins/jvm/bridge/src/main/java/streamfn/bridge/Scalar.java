package streamfn.bridge;

import java.util.Locale;

/** A type of one core value: a number, or what is one to the guest. */
record Scalar(Form form, Data data) implements Type {
    @Override
    public Outside outside() {
        return form.outside();
    }

    @Override
    public int flats() {
        return 1;
    }

    @Override
    public long bits(Guest guest, Object value, int flat) {
        return bits(value) & form.mask();
    }

    private long bits(Object value) {
        if (value == null) {
            throw CallException.argument(form.name().toLowerCase(Locale.ROOT), null);
        }
        return form.bits(value, data);
    }

    @Override
    public void store(Guest guest, Object value, int address) {
        long bits = bits(value);
        switch (form.size()) {
            case 1 -> guest.memory().writeByte(address, (byte) bits);
            case 2 -> guest.memory().writeShort(address, (short) bits);
            case 4 -> guest.memory().writeI32(address, (int) bits);
            default -> guest.memory().writeLong(address, bits);
        }
    }

    @Override
    public Object load(Guest guest, int address) {
        return form.value(raw(guest, address), data);
    }

    @Override
    public Object load(Guest guest, int address, Object before) {
        long bits = raw(guest, address);
        return before != null && form.bits(before, data) == bits ? before : form.value(bits, data);
    }

    private long raw(Guest guest, int address) {
        return switch (form.size()) {
            case 1 -> guest.memory().read(address);
            case 2 -> guest.memory().readShort(address);
            case 4 -> guest.memory().readInt(address);
            default -> guest.memory().readLong(address);
        };
    }

    @Override
    public Object lift(Guest guest, long bits) {
        return form.value(bits, data);
    }

    /** Every NaN has one pattern, so that bits are the same on every host. */
    enum Form {
        /** What isn't 0 is true. */
        BOOL(Outside.BOOLEAN) {
            @Override
            int size() {
                return 1;
            }

            @Override
            long bits(Object value, Data data) {
                return (Boolean) value ? 1 : 0;
            }

            @Override
            Object value(long bits, Data data) {
                return (int) bits != 0;
            }
        },
        S8(Outside.BYTE) {
            @Override
            int size() {
                return 1;
            }

            @Override
            long bits(Object value, Data data) {
                return (Byte) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (byte) bits;
            }
        },
        U8(Outside.SHORT) {
            @Override
            int size() {
                return 1;
            }

            @Override
            long bits(Object value, Data data) {
                return (Short) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (short) (bits & 0xff);
            }
        },
        S16(Outside.SHORT) {
            @Override
            int size() {
                return 2;
            }

            @Override
            long bits(Object value, Data data) {
                return (Short) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (short) bits;
            }
        },
        U16(Outside.INT) {
            @Override
            int size() {
                return 2;
            }

            @Override
            long bits(Object value, Data data) {
                return (Integer) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (int) (bits & 0xffff);
            }
        },
        S32(Outside.INT) {
            @Override
            int size() {
                return 4;
            }

            @Override
            long bits(Object value, Data data) {
                return (Integer) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (int) bits;
            }
        },
        U32(Outside.LONG) {
            @Override
            int size() {
                return 4;
            }

            @Override
            long bits(Object value, Data data) {
                return (Long) value;
            }

            @Override
            Object value(long bits, Data data) {
                return bits & 0xffff_ffffL;
            }
        },
        S64(Outside.LONG) {
            @Override
            int size() {
                return 8;
            }

            @Override
            long bits(Object value, Data data) {
                return (Long) value;
            }

            @Override
            Object value(long bits, Data data) {
                return bits;
            }
        },
        F32(Outside.FLOAT) {
            @Override
            int size() {
                return 4;
            }

            @Override
            long bits(Object value, Data data) {
                return Float.floatToIntBits((Float) value);
            }

            @Override
            Object value(long bits, Data data) {
                return Floats.canonical(Float.intBitsToFloat((int) bits));
            }
        },
        F64(Outside.DOUBLE) {
            @Override
            int size() {
                return 8;
            }

            @Override
            long bits(Object value, Data data) {
                return Double.doubleToLongBits((Double) value);
            }

            @Override
            Object value(long bits, Data data) {
                return Floats.canonical(Double.longBitsToDouble(bits));
            }
        },
        CHAR(Outside.INT) {
            @Override
            int size() {
                return 4;
            }

            @Override
            long bits(Object value, Data data) {
                return (Integer) value;
            }

            @Override
            Object value(long bits, Data data) {
                int code = (int) bits;
                if (!Character.isValidCodePoint(code) || code >= 0xd800 && code < 0xe000) {
                    throw CallException.contract("wanted a Unicode scalar value, found 0x" + Integer.toHexString(code));
                }
                return code;
            }
        },
        DATE(Outside.DATE) {
            @Override
            int size() {
                return 4;
            }

            @Override
            long bits(Object value, Data data) {
                return data.date(value);
            }

            @Override
            Object value(long bits, Data data) {
                return data.date((int) bits);
            }
        },
        TIME(Outside.TIME) {
            @Override
            int size() {
                return 4;
            }

            @Override
            long bits(Object value, Data data) {
                return data.time(value);
            }

            @Override
            Object value(long bits, Data data) {
                return data.time((int) bits);
            }
        },
        TIMESTAMP(Outside.TIMESTAMP) {
            @Override
            int size() {
                return 8;
            }

            @Override
            long bits(Object value, Data data) {
                return data.timestamp(value);
            }

            @Override
            Object value(long bits, Data data) {
                return data.timestamp(bits);
            }
        },
        TIMESTAMP_LTZ(Outside.TIMESTAMP_LTZ) {
            @Override
            int size() {
                return 8;
            }

            @Override
            long bits(Object value, Data data) {
                return data.timestampLtz(value);
            }

            @Override
            Object value(long bits, Data data) {
                return data.timestampLtz(bits);
            }
        };

        private final Outside outside;

        Form(Outside outside) {
            this.outside = outside;
        }

        /** The bytes it takes. A method, as the JVM folds a constant's method away and not its field. */
        abstract int size();

        /** Sign-extended. */
        abstract long bits(Object value, Data data);

        /** From bits of which those beyond its size count nothing. */
        abstract Object value(long bits, Data data);

        Outside outside() {
            return outside;
        }

        /** Of the bits of a core value: a number of up to 32 bits is one of 32, zero-extended. */
        final long mask() {
            return size() == 8 ? -1 : 0xffff_ffffL;
        }
    }
}

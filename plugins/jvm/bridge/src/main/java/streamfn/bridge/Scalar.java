package streamfn.bridge;

import java.util.Locale;

/**
 * A type of one core value: a number, or what is one to the guest.
 *
 * @param size its bytes, which are the form's: of a record the JVM takes a field for constant, of an enum it does not
 */
record Scalar(Form form, int size, Data data) implements Type {
    static Scalar of(Form form, Data data) {
        return new Scalar(form, form.size, data);
    }

    @Override
    public Outside outside() {
        return form.outside;
    }

    @Override
    public int flats() {
        return 1;
    }

    @Override
    public long bits(Guest guest, Object value, int flat) {
        // A number of up to 32 bits is a core value of 32, zero-extended.
        return size == 8 ? bits(value) : bits(value) & 0xffff_ffffL;
    }

    private long bits(Object value) {
        if (value == null) {
            throw CallException.argument(form.name().toLowerCase(Locale.ROOT), null);
        }
        return form.bits(value, data);
    }

    @Override
    public void store(Guest guest, Object value, int address) {
        guest.write(address, bits(value), size);
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
        return switch (size) {
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
        BOOL(Outside.BOOLEAN, 1) {
            @Override
            long bits(Object value, Data data) {
                return (Boolean) value ? 1 : 0;
            }

            @Override
            Object value(long bits, Data data) {
                return (int) bits != 0;
            }
        },
        S8(Outside.BYTE, 1) {
            @Override
            long bits(Object value, Data data) {
                return (Byte) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (byte) bits;
            }
        },
        U8(Outside.SHORT, 1) {
            @Override
            long bits(Object value, Data data) {
                return (Short) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (short) (bits & 0xff);
            }
        },
        S16(Outside.SHORT, 2) {
            @Override
            long bits(Object value, Data data) {
                return (Short) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (short) bits;
            }
        },
        U16(Outside.INT, 2) {
            @Override
            long bits(Object value, Data data) {
                return (Integer) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (int) (bits & 0xffff);
            }
        },
        S32(Outside.INT, 4) {
            @Override
            long bits(Object value, Data data) {
                return (Integer) value;
            }

            @Override
            Object value(long bits, Data data) {
                return (int) bits;
            }
        },
        U32(Outside.LONG, 4) {
            @Override
            long bits(Object value, Data data) {
                return (Long) value;
            }

            @Override
            Object value(long bits, Data data) {
                return bits & 0xffff_ffffL;
            }
        },
        S64(Outside.LONG, 8) {
            @Override
            long bits(Object value, Data data) {
                return (Long) value;
            }

            @Override
            Object value(long bits, Data data) {
                return bits;
            }
        },
        F32(Outside.FLOAT, 4) {
            @Override
            long bits(Object value, Data data) {
                return Float.floatToIntBits((Float) value);
            }

            @Override
            Object value(long bits, Data data) {
                return Floats.canonical(Float.intBitsToFloat((int) bits));
            }
        },
        F64(Outside.DOUBLE, 8) {
            @Override
            long bits(Object value, Data data) {
                return Double.doubleToLongBits((Double) value);
            }

            @Override
            Object value(long bits, Data data) {
                return Floats.canonical(Double.longBitsToDouble(bits));
            }
        },
        CHAR(Outside.INT, 4) {
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
        DATE(Outside.DATE, 4) {
            @Override
            long bits(Object value, Data data) {
                return data.date(value);
            }

            @Override
            Object value(long bits, Data data) {
                return data.date((int) bits);
            }
        },
        TIME(Outside.TIME, 4) {
            @Override
            long bits(Object value, Data data) {
                return data.time(value);
            }

            @Override
            Object value(long bits, Data data) {
                return data.time((int) bits);
            }
        },
        TIMESTAMP(Outside.TIMESTAMP, 8) {
            @Override
            long bits(Object value, Data data) {
                return data.timestamp(value);
            }

            @Override
            Object value(long bits, Data data) {
                return data.timestamp(bits);
            }
        },
        TIMESTAMP_LTZ(Outside.TIMESTAMP_LTZ, 8) {
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
        private final int size;

        Form(Outside outside, int size) {
            this.outside = outside;
            this.size = size;
        }

        /** Sign-extended. */
        abstract long bits(Object value, Data data);

        /** From bits of which those beyond its size count nothing. */
        abstract Object value(long bits, Data data);
    }
}

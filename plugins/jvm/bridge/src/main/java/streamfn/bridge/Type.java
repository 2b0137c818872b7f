package streamfn.bridge;

import java.util.Locale;

/**
 * One type of a plan: how its values go into the guest and come out, flat or through memory, by the canonical ABI.
 *
 * <p>A flat value is its bits in a long, zero-extended, so that cases that share a place need no conversion. Of what comes
 * out nothing is believed: every address, length, case, character and byte of text is checked before it is followed.
 *
 * <p>All types are records. The JVM takes a record's fields for constant, so where a packed function holds a type in a
 * static final field, its compiler folds the whole of it away and leaves the loads and stores.
 */
public interface Type {
    /** The class a value has outside, for an engine that must ask its own data by kind. */
    enum Outside {
        BOOLEAN,
        BYTE,
        SHORT,
        INT,
        LONG,
        FLOAT,
        DOUBLE,
        TEXT,
        BYTES,
        DECIMAL,
        DATE,
        TIME,
        TIMESTAMP,
        TIMESTAMP_LTZ,
        LIST,
        MAP,
        RECORD,
        /** Of no SQL type. */
        OTHER
    }

    /** Of an option, that of what it holds. */
    default Outside outside() {
        return Outside.OTHER;
    }

    /** How many flat values it has. */
    int flats();

    /** One of a value's flat values. They are asked for once each, in their order. */
    long bits(Guest guest, Object value, int flat);

    /** Puts a value's flat values at {@code at}. */
    default void lower(Guest guest, Object value, long[] flats, int at) {
        int count = flats();
        for (int flat = 0; flat < count; flat++) {
            flats[at + flat] = bits(guest, value, flat);
        }
    }

    /** Writes a value at an address that was allocated for it. */
    void store(Guest guest, Object value, int address);

    /** Reads a value at an address whose range was checked. */
    Object load(Guest guest, int address);

    /** {@link #load}, but {@code before} itself if that is the value: a state's field that did not change is no new object. */
    default Object load(Guest guest, int address, Object before) {
        return load(guest, address);
    }

    /** A value from its one flat value. */
    default Object lift(Guest guest, long bits) {
        throw new IllegalStateException("wanted one flat value, found " + this);
    }

    /** Reads a type of a plan. */
    static Type read(Tree tree, Data data) {
        return switch (tree.head()) {
            case "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "f32", "f64", "char", "date", "time", "timestamp",
                    "timestamp-ltz" ->
                Scalar.of(Scalar.Form.valueOf(tree.head().toUpperCase(Locale.ROOT).replace('-', '_')), data);
            case "u64" -> Scalar.of(Scalar.Form.S64, data);
            case "enum" -> new Named.Enum(tree.part(1).number(), tree.part(2).number());
            case "flags" -> Named.Flags.of(tree.part(1).number(), tree.part(2).number());
            case "string" -> new Pointed.Text(data);
            case "bytes" -> new Pointed.Bytes(data);
            case "list" -> Pointed.Array.of(tree, data);
            case "map" -> Pointed.Map.of(tree, data);
            case "decimal" -> new Composite.Decimal(data);
            case "record" -> Composite.Record.of(tree, data);
            case "option" -> new Composite.Option(tree.part(1).number(), read(tree.part(2), data));
            case "nested" -> new Composite.Nested(tree.part(1).number(), read(tree.part(2), data));
            case "encoded" -> new Encoded(read(tree.part(1), new Data()), data);
            case "variant" -> Composite.Variant.of(tree, data);
            default -> throw new IllegalArgumentException("no type: " + tree);
        };
    }
}

package streamfn.flink;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Keys of a map in Flink's state. Equal keys must be equal to the JVM, before a checkpoint and after it: where a class of
 * Flink's is not, a key is kept as the binary row that has it as its only field.
 */
class Keys {
    private Keys() {}

    static Keys of(Planned planned) {
        return switch (planned.key().getTypeRoot()) {
            case DECIMAL -> new OfDecimals(planned);
            case VARBINARY, BINARY, ARRAY, MAP, MULTISET, ROW -> new InRows(planned);
            default -> new Keys();
        };
    }

    static LogicalType type(LogicalType key) {
        return switch (key.getTypeRoot()) {
            case VARBINARY, BINARY, ARRAY, MAP, MULTISET, ROW -> RowType.of(key);
            default -> key;
        };
    }

    /** As it is in the map. */
    Object kept(Object key) {
        return key;
    }

    /** As the component and the result have it. */
    Object opened(Object key) {
        return key;
    }

    /** All of one scale, because hashes of equal numbers differ with it. */
    private static final class OfDecimals extends Keys {
        private final Planned planned;

        OfDecimals(Planned planned) {
            this.planned = planned;
        }

        @Override
        Object kept(Object key) {
            return planned.fit(key);
        }
    }

    private static final class InRows extends Keys {
        private final Planned planned;
        private final RowDataSerializer serializer;
        private final RowData.FieldGetter getter;

        InRows(Planned planned) {
            this.planned = planned;
            this.serializer = new RowDataSerializer(planned.key());
            this.getter = RowData.createFieldGetter(planned.key(), 0);
        }

        @Override
        Object kept(Object key) {
            return serializer.toBinaryRow(GenericRowData.of(planned.fit(key))).copy();
        }

        @Override
        Object opened(Object key) {
            return Decimals.open(getter.getFieldOrNull((RowData) key), planned.key());
        }
    }
}

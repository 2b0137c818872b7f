package streamfn.twin;

import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;

/** {@code COLLECT} of strings as somebody writes it who knows Flink's internal classes, and nothing of this project's. */
public final class Collect extends AggregateFunction<MapData, Collect.Names> {
    private static final long serialVersionUID = 1L;
    private static final DataType NAME = DataTypes.STRING().bridgedTo(StringData.class);

    /** How often each name is in. */
    public static final class Names {
        public MapView<StringData, Integer> counts = new MapView<>();
    }

    @Override
    public Names createAccumulator() {
        return new Names();
    }

    public void accumulate(Names names, StringData name) throws Exception {
        add(names, name, 1);
    }

    public void retract(Names names, StringData name) throws Exception {
        add(names, name, -1);
    }

    public void merge(Names names, Iterable<Names> others) throws Exception {
        for (Names other : others) {
            for (Map.Entry<StringData, Integer> entry : other.counts.entries()) {
                add(names, entry.getKey(), entry.getValue());
            }
        }
    }

    private static void add(Names names, StringData name, int count) throws Exception {
        if (name == null) {
            return;
        }
        Integer before = names.counts.get(name);
        int after = (before == null ? 0 : before) + count;
        if (after == 0) {
            names.counts.remove(name);
        } else {
            names.counts.put(name, after);
        }
    }

    @Override
    public MapData getValue(Names names) {
        return new GenericMapData(names.counts.getMap());
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        DataType counts = MapView.newMapViewDataType(NAME.notNull(), DataTypes.INT());
        DataType names = DataTypes.STRUCTURED(Names.class, DataTypes.FIELD("counts", counts.notNull()));
        DataType multiset = DataTypes.MULTISET(NAME).bridgedTo(MapData.class);
        return TypeInference.newBuilder()
                .inputTypeStrategy(InputTypeStrategies.sequence(InputTypeStrategies.explicit(NAME)))
                .accumulatorTypeStrategy(call -> Optional.of(names))
                .outputTypeStrategy(call -> Optional.of(multiset))
                .build();
    }
}

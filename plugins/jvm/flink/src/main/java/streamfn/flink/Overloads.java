package streamfn.flink;

import static java.util.stream.Collectors.toList;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.ArgumentCount;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.ConstantArgumentCount;
import org.apache.flink.table.types.inference.InputTypeStrategy;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.utils.LogicalTypeCasts;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.table.types.utils.DataTypeUtils;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * The signatures under one SQL name as Flink's planner asks about them: which one a call means, and what types then go in
 * and come out. That is the signature of exactly the call's types, or the first that they widen to: the narrowest come first.
 */
final class Overloads implements InputTypeStrategy {
    /** The scale of DECIMAL where no argument has one. */
    private static final int SCALE = 18;

    private final List<Signature> signatures;

    Overloads(List<Signature> signatures) {
        this.signatures = signatures;
    }

    /** Without named arguments, for which Flink 2.3 casts nothing: an INT for a BIGINT would be an error of its own code. */
    TypeInference typeInference() {
        TypeInference.Builder inference = TypeInference.newBuilder()
                .inputTypeStrategy(this)
                .outputTypeStrategy(call -> find(call).map(index -> result(signatures.get(index), call)));
        if (!signatures.get(0).state().isEmpty() || signatures.get(0).entries() != null) {
            inference.accumulatorTypeStrategy(call -> find(call).map(index -> state(signatures.get(index), call)));
        }
        return inference.build();
    }

    /** Which signature the call means; it has one, because the planner has asked for its argument types before. */
    int of(CallContext call) {
        return find(call).orElseThrow(() -> call.newValidationError("No signature for the types %s.", call.getArgumentDataTypes()));
    }

    @Override
    public Optional<List<DataType>> inferInputTypes(CallContext call, boolean throwOnFailure) {
        Optional<Integer> index = find(call);
        if (index.isEmpty()) {
            return call.fail(throwOnFailure, "No signature for the types %s.", call.getArgumentDataTypes());
        }
        Signature signature = signatures.get(index.get());
        return Optional.of(IntStream.range(0, signature.arguments().size())
                .mapToObj(i -> argument(signature, i, call))
                .collect(toList()));
    }

    @Override
    public ArgumentCount getArgumentCount() {
        List<Integer> counts = signatures.stream().map(signature -> signature.arguments().size()).sorted().collect(toList());
        return ConstantArgumentCount.between(counts.get(0), counts.get(counts.size() - 1));
    }

    @Override
    public List<org.apache.flink.table.types.inference.Signature> getExpectedSignatures(FunctionDefinition definition) {
        return signatures.stream()
                .map(signature -> signature.arguments().stream()
                        .map(column -> org.apache.flink.table.types.inference.Signature.Argument.of(column.name(), column.type()))
                        .collect(toList()))
                .map(org.apache.flink.table.types.inference.Signature::of)
                .collect(toList());
    }

    private Optional<Integer> find(CallContext call) {
        return first(call, LogicalTypeCasts::supportsAvoidingCast).or(() -> first(call, Overloads::widens));
    }

    private interface Fit {
        boolean test(LogicalType given, LogicalType wanted);
    }

    private Optional<Integer> first(CallContext call, Fit fit) {
        List<DataType> given = call.getArgumentDataTypes();
        return IntStream.range(0, signatures.size())
                .filter(index -> signatures.get(index).arguments().size() == given.size())
                .filter(index -> IntStream.range(0, given.size()).allMatch(i -> {
                    LogicalType wanted = argument(signatures.get(index), i, call).getLogicalType();
                    return fit.test(given.get(i).getLogicalType(), wanted);
                }))
                .boxed()
                .findFirst();
    }

    /**
     * Whether a value of one type is a value of the other too, so that a cast that nobody wrote loses nothing: a number in a
     * larger one, any text, bytes or timestamp in one without a bound. BIGINT to DOUBLE is there because SQL does it everywhere.
     */
    private static boolean widens(LogicalType given, LogicalType wanted) {
        if (given.getChildren().size() != wanted.getChildren().size()) {
            return false;
        }
        if (!given.getChildren().isEmpty()) {
            return given.is(wanted.getTypeRoot())
                    && IntStream.range(0, given.getChildren().size())
                            .allMatch(i -> widens(given.getChildren().get(i), wanted.getChildren().get(i)));
        }
        return switch (wanted.getTypeRoot()) {
            case SMALLINT -> given.isAnyOf(LogicalTypeRoot.TINYINT, LogicalTypeRoot.SMALLINT);
            case INTEGER -> given.isAnyOf(LogicalTypeRoot.TINYINT, LogicalTypeRoot.SMALLINT, LogicalTypeRoot.INTEGER);
            case BIGINT -> given.is(LogicalTypeFamily.INTEGER_NUMERIC);
            case FLOAT -> given.isAnyOf(LogicalTypeRoot.TINYINT, LogicalTypeRoot.SMALLINT, LogicalTypeRoot.FLOAT);
            case DOUBLE ->
                given.is(LogicalTypeFamily.INTEGER_NUMERIC) || given.is(LogicalTypeFamily.APPROXIMATE_NUMERIC);
            // The argument keeps its own precision and scale.
            case DECIMAL -> given.is(LogicalTypeRoot.DECIMAL);
            case VARCHAR -> given.is(LogicalTypeFamily.CHARACTER_STRING);
            case VARBINARY -> given.is(LogicalTypeFamily.BINARY_STRING);
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE, TIME_WITHOUT_TIME_ZONE ->
                given.is(wanted.getTypeRoot())
                        && LogicalTypeChecks.getPrecision(given) <= LogicalTypeChecks.getPrecision(wanted);
            default -> given.is(wanted.getTypeRoot());
        } || given.is(LogicalTypeRoot.NULL);
    }

    /** The type in which an argument reaches the function: NOT NULL stays so, and its decimals keep their own scale. */
    private static DataType argument(Signature signature, int i, CallContext call) {
        DataType given = call.getArgumentDataTypes().get(i);
        DataType wanted = type(signature.arguments().get(i).type(), call);
        LogicalType own = Decimals.own(given.getLogicalType(), wanted.getLogicalType());
        return internal(TypeConversions.fromLogicalToDataType(own.copy(given.getLogicalType().isNullable())));
    }

    private static DataType result(Signature signature, CallContext call) {
        boolean skipped = IntStream.range(0, signature.arguments().size())
                .anyMatch(i -> signature.arguments().get(i).notNull()
                        && call.getArgumentDataTypes().get(i).getLogicalType().isNullable());
        DataType type = type(signature.result().type(), call);
        return internal(signature.result().notNull() && !skipped ? type.notNull() : type.nullable());
    }

    private static DataType state(Signature signature, CallContext call) {
        if (signature.entries() != null) {
            return entries(signature.entries(), call);
        }
        DataTypes.Field[] fields = signature.state().stream()
                .map(column -> DataTypes.FIELD(column.name(), type(column.type(), call)))
                .toArray(DataTypes.Field[]::new);
        return internal(DataTypes.ROW(fields).notNull()).bridgedTo(RowData.class);
    }

    private static DataType entries(Signature.Entries entries, CallContext call) {
        DataType key = TypeConversions.fromLogicalToDataType(Keys.type(type(entries.key(), call).getLogicalType()));
        DataType view = MapView.newMapViewDataType(internal(key.notNull()), internal(type(entries.entry(), call)));
        return DataTypes.STRUCTURED(Entries.class, DataTypes.FIELD("map", view.notNull())).notNull();
    }

    static DataType type(String text, CallContext call) {
        DataTypeFactory types = call.getDataTypeFactory();
        return types.createDataType(text.replace("DECIMAL(38, s)", "DECIMAL(38, " + scale(call) + ")"));
    }

    static int scale(CallContext call) {
        return call.getArgumentDataTypes().stream()
                .map(DataType::getLogicalType)
                .filter(type -> type.is(LogicalTypeRoot.DECIMAL))
                .map(LogicalTypeChecks::getScale)
                .findFirst()
                .orElse(SCALE);
    }

    private static DataType internal(DataType type) {
        return DataTypeUtils.toInternalDataType(type);
    }
}

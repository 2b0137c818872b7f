package streamfn.flink;

import java.io.Serializable;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * What a function knows of the call that it was planned for.
 *
 * @param scale of every decimal in a result: Flink takes one with another scale or precision for a wrong number, and says
 *     nothing
 * @param arguments the types in which the arguments come
 * @param key the type of a keyed aggregate's K, and {@code entry} of its V; null for other functions
 * @param decimalEntries whether there are decimals in V
 */
record Planned(int scale, LogicalType[] arguments, LogicalType key, LogicalType entry, boolean decimalEntries)
        implements Serializable {
    static Planned of(Signature signature, CallContext call) {
        LogicalType[] arguments = call.getArgumentDataTypes().stream()
                .map(type -> type.getLogicalType())
                .toArray(LogicalType[]::new);
        Signature.Entries entries = signature.entries();
        LogicalType key = entries == null ? null : Overloads.type(entries.key(), call).getLogicalType();
        LogicalType entry = entries == null ? null : Overloads.type(entries.entry(), call).getLogicalType();
        return new Planned(Overloads.scale(call), arguments, key, entry, entries != null && Decimals.areIn(entry));
    }

    /** A result with its decimals at the call's scale. */
    Object fit(Object result) {
        return Decimals.fit(result, scale);
    }

    /** An argument whose decimals can be read. */
    Object open(Object argument, int index) {
        return Decimals.open(argument, arguments[index]);
    }
}

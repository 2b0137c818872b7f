/**
 * What a packed function extends in Flink: the only room of the JVM side that knows Flink, and it knows no WebAssembly.
 *
 * <p>A packed class has one function with one signature and calls the component; its base class here tells Flink's planner
 * the types and the user what went wrong with a row. Several signatures under one SQL name are one more class, which has
 * the planner take the right one for each call.
 *
 * <p>Values are Flink's internal ones everywhere: boxed numbers, StringData, DecimalData, TimestampData, ArrayData,
 * MapData, RowData, {@code byte[]}. Nothing is converted on the way.
 *
 * <p>The accumulator of a keyed aggregate is a map that Flink keeps ({@link streamfn.flink.Entries}): a row reads and writes
 * one entry of it. Keys and entries are replaced and never changed.
 *
 * <p>The accumulator of any other aggregate is a flat row. Flink hands the one that {@code createAccumulator} made, or a fresh copy of its state,
 * to {@code accumulate}, {@code retract}, {@code getValue} and as first argument to {@code merge}: always a GenericRowData
 * whose fields may be set. What it copies are the fields' references, so a value in a field is replaced and never changed,
 * and {@code getValue} never gives out the accumulator itself: Flink compares results from before and after a row. The
 * other accumulators of {@code merge} may be rows of any kind, to be read only.
 */
package streamfn.flink;

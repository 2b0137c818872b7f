/**
 * What a packed function extends in ksqlDB: the only room of the JVM side that knows ksqlDB.
 *
 * <p>{@code streamfn pack} writes one public class for each SQL function, which carries ksqlDB's annotations, and one small
 * class for each overload, which extends {@link streamfn.ksqldb.WasmUdf}, {@link streamfn.ksqldb.WasmUdtf}, {@link
 * streamfn.ksqldb.WasmUdaf}, {@link streamfn.ksqldb.WasmTableUdaf}, {@link streamfn.ksqldb.WasmKeyedUdaf} or {@link
 * streamfn.ksqldb.WasmKeyedTableUdaf} and does nothing but call the component. What is the
 * same for all functions is here: ksqlDB's values become the bridge's and back ({@link streamfn.ksqldb.KsqlType}), a null
 * for a parameter that is NOT NULL does not reach the function, and whatever goes wrong leaves as a {@link
 * streamfn.ksqldb.FunctionFailed}, because ksqlDB catches exceptions and not errors.
 *
 * <p>ksqlDB makes such objects often, shares each between all threads of a query, and wants the making cheap: a
 * constructor here keeps its texts, and the first call reads them.
 */
package streamfn.ksqldb;

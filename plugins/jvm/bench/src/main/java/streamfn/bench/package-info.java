/**
 * What a function costs: one call of it ({@link streamfn.bench.BasketTotalsCall}), and a row of a Flink job ({@link
 * streamfn.bench.FlinkJob}), each beside its Java twin. In the checkout, after {@code mvn package} in plugins/jvm, on a quiet
 * machine:
 *
 * <pre>
 * export CP="target/jvm/streamfn-bench/classes:$(cat target/jvm/flink-class-path)"
 * java -cp "$CP" org.openjdk.jmh.Main
 * java @plugins/jvm/flink.options -Xmx3g -cp "$CP" streamfn.bench.FlinkJob
 * </pre>
 *
 * <p>A packed jar goes into the class path too: {@code java -cp "$CP:JAR" org.openjdk.jmh.Main -p
 * type=streamfn.twin.BasketTotals,streamfn.aggregate.BasketTotals}, and {@code java … -cp "$CP:JAR" streamfn.bench.FlinkJob
 * streamfn.aggregate.BasketTotals}.
 */
package streamfn.bench;

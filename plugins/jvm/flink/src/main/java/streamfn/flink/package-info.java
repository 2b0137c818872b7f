/** What a packed function extends in Flink: the only room of the JVM side that knows Flink. */
package streamfn.flink;

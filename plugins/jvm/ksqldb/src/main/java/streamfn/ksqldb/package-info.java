/** What a packed function extends in ksqlDB: the only room of the JVM side that knows ksqlDB. */
package streamfn.ksqldb;

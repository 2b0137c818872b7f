/**
 * Functions in plain Java, in the very shape that packed ones have: what a component's classes are compared with, in results
 * and in speed. The accumulators and results have the fields that the component's have.
 */
package streamfn.twin;

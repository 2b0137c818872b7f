/**
 * What {@code streamfn pack} would write for aggregate.wasm, written by hand and with plain Java in place of the
 * component: the loader and the topologies are tested with it where no packed jar is. Each class has the shape of a
 * packed one.
 */
package streamfn.aggregate;

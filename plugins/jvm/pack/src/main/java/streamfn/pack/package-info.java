/** Makes the jar that an engine loads. */
package streamfn.pack;

/**
 * Cases in a real Flink: SQL as it is deployed, topics in memory fed in phases, every change of every sink written down.
 *
 * <p>Connectors and formats are the real ones up to the broker: their options, refusals, changelog modes and bytes are
 * theirs. {@link streamfn.conformance.cases.Rerouted} exchanges the client of the broker alone.
 */
package streamfn.conformance.cases;

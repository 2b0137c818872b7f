/**
 * Calls the functions of a component in the JVM: values in, values out, under limits.
 *
 * <p>A component comes here as its core module, compiled to JVM classes by Endive when it was packed, and a plan of each
 * call, written by {@code streamfn pack} ({@code harness/src/host/portable.rs}). {@link streamfn.bridge.Program} holds
 * both; a {@link streamfn.bridge.Guest} is one instance, for one thread at a time; a {@link streamfn.bridge.Type} lowers
 * and lifts one type by the canonical ABI. Nothing here parses WIT or a component, and nothing here knows an engine: what
 * an engine has its own classes for it says in a {@link streamfn.bridge.Data}.
 */
package streamfn.bridge;

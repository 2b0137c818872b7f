/**
 * Makes the jar that an engine loads; {@code streamfn pack} runs {@link streamfn.pack.Main}.
 *
 * <p>What the functions are and how each is called comes as text from {@code streamfn}, which has read and validated the
 * component; nothing here reads WIT. {@link streamfn.pack.Code} has Endive compile the core module to classes,
 * {@link streamfn.pack.CallsClass} makes ways into them, and for each engine one class a SQL function.
 * {@link streamfn.pack.Relocation} gives everything that is no function a package of this component's own.
 */
package streamfn.pack;

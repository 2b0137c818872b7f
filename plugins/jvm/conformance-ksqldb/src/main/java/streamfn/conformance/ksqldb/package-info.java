/**
 * Loads a jar of functions by the rules of a ksqlDB server, without one.
 *
 * <p>{@link streamfn.conformance.ksqldb.Extensions} is the way in: paths of jars come in, a {@link
 * streamfn.conformance.ksqldb.Catalog} comes out, or a {@link streamfn.conformance.ksqldb.Refusal} that says what was
 * wanted, what was found and where. The rules are those that ksqlDB 7.9 and 8.3 showed, with one difference: where a
 * server logs a warning and goes on without the function, this one refuses, because a jar that loses a function is not
 * whole.
 *
 * <p>Nothing here knows how a jar was made. It even reads SQL types by itself: a jar and this reader that agree on a
 * text say something only if they don't share the code.
 */
package streamfn.conformance.ksqldb;

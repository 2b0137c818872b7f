/**
 * The same for the package {@code acme:pricing}: a scalar function that refuses, an aggregate with retract, and a table
 * function.
 */
package acme.pricing;

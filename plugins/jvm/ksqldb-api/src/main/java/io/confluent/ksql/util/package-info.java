/** Values of several arguments. */
package io.confluent.ksql.util;

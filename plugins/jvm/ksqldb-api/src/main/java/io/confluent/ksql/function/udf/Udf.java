package io.confluent.ksql.function.udf;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** On a public method that is one overload of a scalar function. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Udf {
    String NO_SCHEMA = "";
    String NO_SCHEMA_PROVIDER = "";

    String description() default "";

    /** The result's SQL type, where the Java type doesn't say it. */
    String schema() default NO_SCHEMA;

    /** The method that computes the result's SQL type from those of the arguments. */
    String schemaProvider() default NO_SCHEMA_PROVIDER;
}

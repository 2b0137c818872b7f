package io.confluent.ksql.function.udf;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** On the method that {@link Udf#schemaProvider()} names. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD})
public @interface UdfSchemaProvider {}

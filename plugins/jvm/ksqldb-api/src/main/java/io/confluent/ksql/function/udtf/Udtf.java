package io.confluent.ksql.function.udtf;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** On a public method, giving a {@code List} of rows, that is one overload of a table function. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Udtf {
    String description() default "";

    /** The SQL type of a row, where the Java type doesn't say it. */
    String schema() default "";

    String schemaProvider() default "";
}

package io.confluent.ksql.function.udaf;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** On a public static method that makes one overload: a {@link Udaf} or a {@link TableUdaf}, with its type arguments. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD})
public @interface UdafFactory {
    String description();

    /** The SQL types of the arguments, in order, empty where the Java type says it. */
    String[] paramSchema() default "";

    /** The SQL type of the state, where the Java type doesn't say it. */
    String aggregateSchema() default "";

    /** The SQL type of the result, where the Java type doesn't say it. */
    String returnSchema() default "";
}

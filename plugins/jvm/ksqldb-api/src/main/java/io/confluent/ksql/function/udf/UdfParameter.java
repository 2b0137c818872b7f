package io.confluent.ksql.function.udf;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** On a parameter of a scalar or table function. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER})
public @interface UdfParameter {
    /** Its name; without one, the class file's, if it was compiled with {@code -parameters}. */
    String value() default "";

    String description() default "";

    /** Its SQL type, where the Java type doesn't say it. */
    String schema() default "";
}

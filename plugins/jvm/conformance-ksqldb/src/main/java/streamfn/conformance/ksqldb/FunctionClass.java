package streamfn.conformance.ksqldb;

import io.confluent.ksql.function.udaf.TableUdaf;
import io.confluent.ksql.function.udaf.Udaf;
import io.confluent.ksql.function.udaf.UdafDescription;
import io.confluent.ksql.function.udaf.UdafFactory;
import io.confluent.ksql.function.udf.Udf;
import io.confluent.ksql.function.udf.UdfDescription;
import io.confluent.ksql.function.udf.UdfParameter;
import io.confluent.ksql.function.udf.UdfSchemaProvider;
import io.confluent.ksql.function.udtf.Udtf;
import io.confluent.ksql.function.udtf.UdtfDescription;
import io.confluent.ksql.util.Pair;
import io.confluent.ksql.util.Quadruple;
import io.confluent.ksql.util.Quintuple;
import io.confluent.ksql.util.Triple;
import java.lang.annotation.Annotation;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/** One class with ksqlDB's annotations: what must be true of it and of each of its methods. */
final class FunctionClass {
    /** So often a server constructed a function for four queries, and how long that may take altogether. */
    private static final int CONSTRUCTIONS = 30;

    private static final long NANOS = 100_000_000;

    private static final Set<Class<?>> TUPLES = Set.of(Pair.class, Triple.class, Quadruple.class, Quintuple.class);

    private final Class<?> type;
    private final List<Method> methods;
    private final Server server;
    private final String where;

    private FunctionClass(Class<?> type, List<Method> methods, Server server, String where) {
        this.type = type;
        this.methods = methods;
        this.server = server;
        this.where = where;
    }

    static FunctionClass load(String className, JarClassLoader loader, Server server, String where) {
        Class<?> type;
        try {
            type = server.onItsThread(() -> Class.forName(className, true, loader));
        } catch (ExceptionInInitializerError failed) {
            throw new Refusal(where, "a static initialiser that succeeds", failed.getCause().toString(), failed);
        } catch (Exception | LinkageError failed) {
            throw new Refusal(where, "a class that can be loaded", failed.toString(), failed);
        }
        if (!Modifier.isPublic(type.getModifiers())) {
            throw new Refusal(where, "a public class", "one that is not");
        }
        try {
            type.getConstructor();
        } catch (NoSuchMethodException | LinkageError missing) {
            throw new Refusal(where, "a public constructor without parameters", "none", missing);
        }
        try {
            Method[] methods = type.getDeclaredMethods();
            // The order that reflection gives is none.
            Arrays.sort(methods, Comparator.comparing(Method::toString));
            return new FunctionClass(type, List.of(methods), server, where);
        } catch (LinkageError missing) {
            throw new Refusal(where, "the classes of all method signatures", missing.toString(), missing);
        }
    }

    String name(JarContents.Shape shape) {
        return switch (shape) {
            case SCALAR -> type.getAnnotation(UdfDescription.class).name();
            case TABLE -> type.getAnnotation(UdtfDescription.class).name();
            case AGGREGATE -> type.getAnnotation(UdafDescription.class).name();
        };
    }

    List<Function> scalars(String name) {
        checkConstructions(() -> type.getConstructor().newInstance());
        List<Function> overloads = new ArrayList<>();
        for (Method method : annotated(Udf.class)) {
            Udf udf = method.getAnnotation(Udf.class);
            SqlType result = JavaTypes.sql(
                    method.getGenericReturnType(), udf.schema(), "@Udf(schema)", at(method) + ", its result");
            checkProvider(udf.schemaProvider(), method, parameters(method), result);
            overloads.add(new Function.Row(name, parameters(method), result, method, server));
        }
        return overloads;
    }

    List<Function> tables(String name) {
        checkConstructions(() -> type.getConstructor().newInstance());
        List<Function> overloads = new ArrayList<>();
        for (Method method : annotated(Udtf.class)) {
            Udtf udtf = method.getAnnotation(Udtf.class);
            if (!(method.getReturnType() == List.class
                    && method.getGenericReturnType() instanceof ParameterizedType rows)) {
                throw new Refusal(
                        at(method), "a List of rows as result", method.getGenericReturnType().getTypeName());
            }
            SqlType row = JavaTypes.sql(
                    rows.getActualTypeArguments()[0], udtf.schema(), "@Udtf(schema)", at(method) + ", its row");
            checkProvider(udtf.schemaProvider(), method, parameters(method), row);
            overloads.add(new Function.Row(name, parameters(method), row, method, server));
        }
        return overloads;
    }

    List<Function> aggregates(String name) {
        List<Function> overloads = new ArrayList<>();
        for (Method factory : annotated(UdafFactory.class)) {
            Function.Aggregate aggregate = aggregate(name, factory);
            checkConstructions(() -> factory.invoke(null));
            checkState(aggregate, factory);
            overloads.add(aggregate);
        }
        return overloads;
    }

    private Function.Aggregate aggregate(String name, Method factory) {
        UdafFactory annotation = factory.getAnnotation(UdafFactory.class);
        if (!Modifier.isStatic(factory.getModifiers())) {
            throw new Refusal(at(factory), "a static factory", "one of an instance");
        }
        if (factory.getReturnType() != Udaf.class && factory.getReturnType() != TableUdaf.class) {
            throw new Refusal(
                    at(factory), "Udaf or TableUdaf as the declared result", factory.getReturnType().getName());
        }
        if (!(factory.getGenericReturnType() instanceof ParameterizedType declared)) {
            throw new Refusal(at(factory), "the type arguments of its result", "none");
        }
        if (factory.getParameterCount() != 0) {
            throw new Refusal(at(factory), "a factory without parameters, as no function of ours has any", "some");
        }
        Type[] types = declared.getActualTypeArguments();
        String at = at(factory);
        SqlType state = JavaTypes.sql(types[1], annotation.aggregateSchema(), "aggregateSchema", at + ", its state");
        SqlType result = JavaTypes.sql(types[2], annotation.returnSchema(), "returnSchema", at + ", its result");
        List<SqlType> parameters = inputs(types[0], annotation.paramSchema(), factory);
        return new Function.Aggregate(name, parameters, state, result, factory, server);
    }

    private List<SqlType> inputs(Type input, String[] schemas, Method factory) {
        Type[] types = {input};
        if (input instanceof ParameterizedType tuple && TUPLES.contains(tuple.getRawType())) {
            types = tuple.getActualTypeArguments();
        }
        List<SqlType> inputs = new ArrayList<>();
        for (int at = 0; at < types.length; at++) {
            String schema = at < schemas.length ? schemas[at] : "";
            inputs.add(JavaTypes.sql(types[at], schema, "paramSchema", at(factory) + ", argument " + (at + 1)));
        }
        return inputs;
    }

    private List<SqlType> parameters(Method method) {
        List<SqlType> parameters = new ArrayList<>();
        Parameter[] declared = method.getParameters();
        for (int at = 0; at < declared.length; at++) {
            UdfParameter annotation = declared[at].getAnnotation(UdfParameter.class);
            String name = annotation != null && !annotation.value().isEmpty()
                    ? annotation.value()
                    : declared[at].isNamePresent() ? declared[at].getName() : "";
            if (name.isBlank()) {
                throw new Refusal(
                        at(method), "a name for parameter " + (at + 1), "neither @UdfParameter nor -parameters");
            }
            boolean many = method.isVarArgs() && at == declared.length - 1;
            Type type = method.getGenericParameterTypes()[at];
            String schema = annotation == null ? "" : annotation.schema();
            SqlType sql = JavaTypes.sql(
                    many ? JavaTypes.component(type) : type,
                    schema,
                    "@UdfParameter(schema)",
                    at(method) + ", parameter " + name);
            parameters.add(many ? SqlType.array(sql) : sql);
        }
        return parameters;
    }

    /** The method that says the result's type when a call is planned: the declared one, but for a DECIMAL's digits. */
    private void checkProvider(String name, Method method, List<SqlType> parameters, SqlType result) {
        if (name.isEmpty()) {
            return;
        }
        try {
            Method provider = type.getDeclaredMethod(name, List.class);
            if (!provider.isAnnotationPresent(UdfSchemaProvider.class)) {
                throw new Refusal(at(provider), "@UdfSchemaProvider", "none");
            }
            Object given = server.onItsThread(() -> provider.invoke(
                    type.getConstructor().newInstance(), parameters.stream().map(SqlType::planned).toList()));
            if (!SqlType.of(given.toString()).toString().equals(result.toString())) {
                throw new Refusal(at(provider), "the declared result " + result, given.toString());
            }
        } catch (Refusal refusal) {
            throw refusal;
        } catch (Exception | LinkageError failed) {
            throw new Refusal(at(method), "a schemaProvider that answers, " + name + "(List<SqlArgument>)", failed.toString(), failed);
        }
    }

    private <A extends Annotation> List<Method> annotated(Class<A> annotation) {
        List<Method> found = methods.stream().filter(method -> method.isAnnotationPresent(annotation)).toList();
        if (found.isEmpty()) {
            throw new Refusal(where, "a method with @" + annotation.getSimpleName(), "none");
        }
        for (Method method : found) {
            if (!Modifier.isPublic(method.getModifiers())) {
                throw new Refusal(at(method), "a public method", "one that is not, and so is not seen");
            }
        }
        return found;
    }

    private void checkConstructions(Callable<Object> construct) {
        var threads = ManagementFactory.getThreadMXBean();
        try {
            long nanos = server.onItsThread(() -> {
                // The first one may load classes.
                construct.call();
                long before = threads.getCurrentThreadCpuTime();
                for (int at = 0; at < CONSTRUCTIONS; at++) {
                    construct.call();
                }
                return threads.getCurrentThreadCpuTime() - before;
            });
            if (nanos > NANOS) {
                throw new Refusal(
                        where,
                        "a cheap constructor: " + CONSTRUCTIONS + " in " + NANOS / 1_000_000 + " ms",
                        nanos / 1_000_000 + " ms");
            }
        } catch (Refusal refusal) {
            throw refusal;
        } catch (Exception | LinkageError failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            throw new Refusal(where, "a constructor that succeeds", cause.toString(), failed);
        }
    }

    /** What a server would find out with the first row of a query. */
    private static void checkState(Function.Aggregate aggregate, Method factory) {
        try {
            Function.Aggregate.Callsite callsite = aggregate.callsite();
            callsite.map(callsite.initialize());
        } catch (RuntimeException | AssertionError | LinkageError failed) {
            throw new Refusal(
                    at(factory), "an initial state of its type, and a result of its own", failed.toString(), failed);
        }
    }

    private static String at(Method method) {
        return method.getDeclaringClass().getName() + "." + method.getName();
    }
}

package streamfn.conformance.ksqldb;

import io.confluent.ksql.function.udaf.TableUdaf;
import io.confluent.ksql.function.udaf.Udaf;
import io.confluent.ksql.util.Pair;
import io.confluent.ksql.util.Quadruple;
import io.confluent.ksql.util.Quintuple;
import io.confluent.ksql.util.Triple;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Struct;

/** One overload of a function that was loaded. Each use in a query has an object of its own, for all its threads. */
public abstract sealed class Function {
    private final String name;
    private final List<SqlType> parameters;
    private final SqlType result;
    final Server server;

    Function(String name, List<SqlType> parameters, SqlType result, Server server) {
        this.name = name;
        this.parameters = parameters;
        this.result = result;
        this.server = server;
    }

    public String name() {
        return name;
    }

    public List<SqlType> parameters() {
        return parameters;
    }

    public SqlType result() {
        return result;
    }

    boolean accepts(List<SqlType> arguments) {
        for (int at = 0; at < parameters.size() && at < arguments.size(); at++) {
            if (!parameters.get(at).accepts(arguments.get(at))) {
                return false;
            }
        }
        return parameters.size() == arguments.size();
    }

    @Override
    public String toString() {
        String types = parameters.stream().map(SqlType::toString).collect(Collectors.joining(", "));
        return name + "(" + types + ") → " + result;
    }

    final Object checked(Object value, SqlType result) {
        if (!result.isOf(value)) {
            throw new IllegalStateException(this + " gave a " + value.getClass().getName());
        }
        return value;
    }

    /** A scalar or a table function: rows are a {@code List}. */
    public static final class Row extends Function {
        private final Method method;

        Row(String name, List<SqlType> parameters, SqlType result, Method method, Server server) {
            super(name, parameters, result, server);
            this.method = method;
        }

        public Callsite callsite() {
            return new Callsite(run(server, () -> method.getDeclaringClass().getConstructor().newInstance()));
        }

        public final class Callsite {
            private final Object instance;

            private Callsite(Object instance) {
                this.instance = instance;
            }

            public Object eval(Object... arguments) {
                Object value = run(server, () -> method.invoke(instance, arguments));
                if (value instanceof List<?> rows && !result().base().equals("ARRAY")) {
                    rows.forEach(row -> checked(row, result()));
                    return rows;
                }
                return checked(value, result());
            }
        }
    }

    public static final class Aggregate extends Function {
        private final SqlType state;
        private final Method factory;

        Aggregate(String name, List<SqlType> parameters, SqlType state, SqlType result, Method factory, Server server) {
            super(name, parameters, result, server);
            this.state = state;
            this.factory = factory;
        }

        public SqlType state() {
            return state;
        }

        /** ksqlDB goes by the type that the factory declares, not by what it gives. */
        public boolean isForTables() {
            return factory.getReturnType() == TableUdaf.class;
        }

        /** A use whose arguments have the declared types. */
        public Callsite callsite() {
            return callsite(parameters().toArray(SqlType[]::new));
        }

        /** A use in a query: ksqlDB says the arguments' types first, and asks what state and result are with them. */
        @SuppressWarnings("unchecked")
        public Callsite callsite(SqlType... arguments) {
            var udaf = (Udaf<Object, Object, Object>) run(server, () -> factory.invoke(null));
            return run(server, () -> {
                udaf.initializeTypeArguments(Stream.of(arguments).map(SqlType::planned).toList());
                return new Callsite(
                        udaf,
                        udaf.getAggregateSqlType().map(type -> SqlType.of(type.toString())).orElse(state),
                        udaf.getReturnSqlType().map(type -> SqlType.of(type.toString())).orElse(result()));
            });
        }

        public final class Callsite {
            private final Udaf<Object, Object, Object> udaf;
            private final SqlType state;
            private final SqlType result;

            private Callsite(Udaf<Object, Object, Object> udaf, SqlType state, SqlType result) {
                this.udaf = udaf;
                this.state = state;
                this.result = result;
            }

            public SqlType state() {
                return state;
            }

            public SqlType result() {
                return result;
            }

            public Object initialize() {
                Object initial = run(server, udaf::initialize);
                if (initial instanceof Struct struct && !struct.schema().isOptional()) {
                    throw new IllegalStateException(
                            "initialize of " + name() + ": wanted a Struct of an optional schema, found another");
                }
                return checkedState(initial);
            }

            public Object aggregate(Object state, Object... arguments) {
                return checkedState(run(server, () -> udaf.aggregate(tuple(arguments), state)));
            }

            public Object undo(Object state, Object... arguments) {
                TableUdaf<Object, Object, Object> table = (TableUdaf<Object, Object, Object>) udaf;
                return checkedState(run(server, () -> table.undo(tuple(arguments), state)));
            }

            public Object merge(Object older, Object newer) {
                return checkedState(run(server, () -> udaf.merge(older, newer)));
            }

            public Object map(Object state) {
                return checked(run(server, () -> udaf.map(state)), result);
            }

            private Object checkedState(Object value) {
                if (!state.isOf(value)) {
                    throw new IllegalStateException("wanted a state of " + name() + " of type " + state + ", found "
                            + (value instanceof Struct struct ? struct.schema().fields() : value));
                }
                return value;
            }
        }

        private static Object tuple(Object[] arguments) {
            return switch (arguments.length) {
                case 1 -> arguments[0];
                case 2 -> Pair.of(arguments[0], arguments[1]);
                case 3 -> Triple.of(arguments[0], arguments[1], arguments[2]);
                case 4 -> Quadruple.of(arguments[0], arguments[1], arguments[2], arguments[3]);
                case 5 -> Quintuple.of(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
                default -> throw new IllegalArgumentException("wanted 1 to 5 arguments, found " + arguments.length);
            };
        }
    }

    /** ksqlDB catches exceptions. An error would take the thread along, so here it fails loudly as what it is. */
    static <T> T run(Server server, Callable<T> call) {
        try {
            return server.onItsThread(call);
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof RuntimeException exception) {
                throw exception;
            }
            Throwable cause = thrown.getCause();
            throw new AssertionError("wanted a RuntimeException at most, found " + cause, cause);
        } catch (RuntimeException exception) {
            throw exception;
        } catch (Exception other) {
            throw new AssertionError("wanted a RuntimeException at most, found " + other, other);
        }
    }
}

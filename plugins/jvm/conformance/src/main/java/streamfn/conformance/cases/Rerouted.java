package streamfn.conformance.cases;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A connector's table as it is, with all its abilities, but for the provider of its runtime: where its rows come from or go to.
 */
final class Rerouted implements InvocationHandler {
    private static final Set<String> PROVIDERS = Set.of("getScanRuntimeProvider", "getSinkRuntimeProvider");

    private final Object real;
    private final UnaryOperator<Object> route;

    private Rerouted(Object real, UnaryOperator<Object> route) {
        this.real = real;
        this.route = route;
    }

    static <T> T of(T real, Class<T> type, UnaryOperator<Object> route) {
        Set<Class<?>> interfaces = new LinkedHashSet<>();
        for (Class<?> at = real.getClass(); at != null; at = at.getSuperclass()) {
            interfaces.addAll(Set.of(at.getInterfaces()));
        }
        Object proxy = Proxy.newProxyInstance(
                Rerouted.class.getClassLoader(), interfaces.toArray(Class<?>[]::new), new Rerouted(real, route));
        return type.cast(proxy);
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (method.getName().equals("equals") && arguments[0] != null && Proxy.isProxyClass(arguments[0].getClass())) {
            return Proxy.getInvocationHandler(arguments[0]) instanceof Rerouted other && real.equals(other.real);
        }
        Object result;
        try {
            result = method.invoke(real, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
        if (method.getName().equals("copy")) {
            return of(result, Object.class, route);
        }
        return PROVIDERS.contains(method.getName()) ? route.apply(result) : result;
    }

    /** A connector's private field: what it would have read or written its records with. */
    static Object field(Object of, String name) {
        try {
            Field field = of.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(of);
        } catch (ReflectiveOperationException changed) {
            throw new IllegalStateException(of.getClass() + " of another release has no field " + name, changed);
        }
    }
}

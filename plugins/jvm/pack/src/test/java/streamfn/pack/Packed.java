package streamfn.pack;

import java.io.StringReader;
import java.lang.ref.WeakReference;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import streamfn.bridge.Tree;

/**
 * Calls the functions in a jar for ksqlDB without ksqlDB, in a class loader that knows nothing else, and then lets go of it:
 * {@code Packed JAR "(calls (INDEX METHOD VALUE…)…)"}, where {@code state} is what the last {@code create} gave. Prints a
 * line a call, and at the end whether the classes and the watcher's thread are gone.
 */
final class Packed {
    private static final Pattern INTERFACE = Pattern.compile("(streamfn/packed/p[0-9a-f]+/)I(\\d+)\\.class");

    private Packed() {}

    public static void main(String[] arguments) throws Exception {
        WeakReference<ClassLoader> loader = call(Path.of(arguments[0]), Tree.read(new StringReader(arguments[1])));
        boolean gone = false;
        for (int tries = 0; tries < 50 && !gone; tries++) {
            System.gc();
            Thread.sleep(100);
            gone = loader.get() == null && Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("streamfn-watch"));
        }
        System.out.println(gone ? "gone" : "still there");
    }

    private static WeakReference<ClassLoader> call(Path jar, Tree calls) throws Exception {
        List<Class<?>> interfaces = new ArrayList<>();
        URL[] urls = {jar.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            String root = null;
            List<Integer> numbers = new ArrayList<>();
            try (JarFile file = new JarFile(jar.toFile())) {
                for (var entry : Collections.list(file.entries())) {
                    Matcher matcher = INTERFACE.matcher(entry.getName());
                    if (matcher.matches()) {
                        root = matcher.group(1).replace('/', '.');
                        numbers.add(Integer.valueOf(matcher.group(2)));
                    }
                }
            }
            Collections.sort(numbers);
            for (int number : numbers) {
                interfaces.add(loader.loadClass(root + "I" + number));
            }
            Object program = loader.loadClass(root + "Plugin").getField("PROGRAM").get(null);
            Object guest = program.getClass().getMethod("guest").invoke(program);
            Object state = null;
            for (Tree call : calls.from(1)) {
                String method = call.part(1).text();
                List<Object> values = new ArrayList<>(List.of(guest));
                for (Tree value : call.from(2)) {
                    values.add("state".equals(value.word()) ? state : Mirror.value(value));
                }
                Class<?> type = interfaces.get(call.part(0).number());
                try {
                    Object result = named(type, method).invoke(null, values.toArray());
                    state = method.equals("create") ? result : state;
                    System.out.println(result == null && !method.equals("eval") ? "done" : shown(result));
                } catch (InvocationTargetException failed) {
                    System.out.println(failed.getCause().getMessage());
                }
            }
            return new WeakReference<>(loader);
        }
    }

    private static Method named(Class<?> type, String name) {
        return Arrays.stream(type.getMethods()).filter(m -> m.getName().equals(name)).findFirst().orElseThrow();
    }

    private static String shown(Object value) {
        return value != null && value.getClass().isArray() && Array.getLength(value) == 0 ? "()" : Mirror.text(value);
    }
}

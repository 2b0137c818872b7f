package streamfn.conformance.ksqldb;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Loads the jars of an extension directory as a server does at its start: all of them, or none. */
public final class Extensions {
    private Extensions() {}

    public static Catalog load(Path... jars) {
        Server server = new Server();
        Catalog catalog = new Catalog();
        for (Path jar : jars) {
            Map<String, JarContents.Shape> classes = JarContents.functionsOf(jar);
            JarClassLoader loader = new JarClassLoader(jar, server);
            classes.forEach((name, shape) -> load(name, shape, jar, loader, server, catalog));
        }
        return catalog;
    }

    private static void load(
            String className,
            JarContents.Shape shape,
            Path jar,
            JarClassLoader loader,
            Server server,
            Catalog catalog) {
        String where = className + " of " + jar.getFileName();
        FunctionClass functions = FunctionClass.load(className, loader, server, where);
        String name = FunctionNames.check(functions.name(shape), where);
        List<Function> overloads =
                switch (shape) {
                    case SCALAR -> functions.scalars(name);
                    case TABLE -> functions.tables(name);
                    case AGGREGATE -> functions.aggregates(name);
                };
        catalog.add(name, overloads, where);
    }
}

package streamfn.conformance.ksqldb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/** A jar's own classes come first, but for ksqlDB's and Kafka's. */
final class JarClassLoader extends URLClassLoader {
    static {
        registerAsParallelCapable();
    }

    JarClassLoader(Path jar, Server server) {
        super(jar.getFileName().toString(), new URL[] {url(jar)}, server);
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null && !name.startsWith("io.confluent") && !name.startsWith("org.apache.kafka")) {
                try {
                    loaded = findClass(name);
                } catch (ClassNotFoundException notInTheJar) {
                    // The server may have it.
                }
            }
            return loaded == null ? super.loadClass(name, resolve) : loaded;
        }
    }
}

package streamfn.conformance.ksqldb;

import java.util.List;
import java.util.concurrent.Callable;

/**
 * What a jar sees of the server that loads it: the JVM, ksqlDB's own API, Kafka, and nothing of ours. A jar that lacks
 * a class of its own is found out, although that class may be on this JVM's class path.
 */
final class Server extends ClassLoader {
    private static final List<String> SEEN = List.of("io.confluent.", "org.apache.kafka.", "org.slf4j.");

    Server() {
        super("ksqldb-server", ClassLoader.getPlatformClassLoader());
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (SEEN.stream().noneMatch(name::startsWith)) {
            throw new ClassNotFoundException(name);
        }
        return Class.forName(name, false, Server.class.getClassLoader());
    }

    /** As on a thread of the server: its context class loader is the server's, and not the jar's. */
    <T> T onItsThread(Callable<T> call) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(this);
        try {
            return call.call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}

package streamfn.conformance.cases;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The topics of one run, and how far its jobs are with them. What a job writes can be read when it is {@linkplain #commit
 * committed}, as from a transaction, so that a job that is set back to a checkpoint takes back what nobody has read.
 */
final class Broker {
    /** A job's operators are serialised: they find their broker by its number, in this JVM. */
    private static final Map<Integer, Broker> ALL = new ConcurrentHashMap<>();

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    final int number = NUMBERS.incrementAndGet();
    private final boolean failing;
    private final Map<String, List<TopicRecord>> topics = new LinkedHashMap<>();
    private final List<Reader> readers = new ArrayList<>();
    private final List<Writer> writers = new ArrayList<>();
    private int phase;
    private int failures;

    /** {@code value}: null is a tombstone. */
    record TopicRecord(int partition, long timestamp, byte[] key, byte[] value) {}

    /** A change as a sink got it, and the record that it wrote if it writes any. */
    record Written(int phase, String kind, ObjectNode row, String topic, TopicRecord record) {}

    private static final class Reader {
        final String topic;
        /** The next record; -1 while the job is down. */
        int position = -1;
        /** The next record by the latest checkpoint. */
        int checkpointed = -1;
        boolean failed;

        Reader(String topic) {
            this.topic = topic;
        }
    }

    private static final class Writer {
        final ObjectNode sink;
        final List<Written> written = new ArrayList<>();
        /** How many of them are in their topic. */
        int committed;

        Writer(ObjectNode sink) {
            this.sink = sink;
        }
    }

    /** {@code failing}: every source fails once, at its first record after a checkpoint that has others. */
    Broker(boolean failing) {
        this.failing = failing;
        ALL.put(number, this);
    }

    static Broker of(int number) {
        Broker broker = ALL.get(number);
        if (broker == null) {
            throw new IllegalStateException("run " + number + " is over");
        }
        return broker;
    }

    void close() {
        ALL.remove(number);
    }

    // What the run does.

    synchronized void begin(int phase) {
        this.phase = phase;
    }

    synchronized void append(String topic, TopicRecord record) {
        topics.computeIfAbsent(topic, name -> new ArrayList<>()).add(record);
        notifyAll();
    }

    /** Waits until every record is read; false if some are not after this time. */
    synchronized boolean awaitReaders(long milliseconds) throws InterruptedException {
        long end = System.nanoTime() + milliseconds * 1_000_000;
        while (!readers.stream().allMatch(reader -> reader.position == length(reader.topic))) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    /** Whether the latest checkpoints have every record. */
    synchronized boolean isCovered() {
        return readers.stream().allMatch(reader -> reader.checkpointed == length(reader.topic));
    }

    /** Lets what was written be read; whether somebody is there to read it. */
    synchronized boolean commit() {
        boolean isRead = false;
        for (Writer writer : writers) {
            for (Written written : writer.written.subList(writer.committed, writer.written.size())) {
                if (written.record != null) {
                    append(written.topic, written.record);
                    isRead |= readers.stream().anyMatch(reader -> reader.topic.equals(written.topic));
                }
            }
            writer.committed = writer.written.size();
        }
        return isRead;
    }

    synchronized int failures() {
        return failures;
    }

    /** Every sink with what it got. */
    synchronized Map<ObjectNode, List<Written>> written() {
        Map<ObjectNode, List<Written>> all = new LinkedHashMap<>();
        writers.forEach(writer -> all.put(writer.sink, List.copyOf(writer.written)));
        return all;
    }

    // What its jobs do.

    synchronized int addReader(String topic) {
        readers.add(new Reader(topic));
        return readers.size() - 1;
    }

    synchronized int addWriter(ObjectNode sink) {
        writers.add(new Writer(sink));
        return writers.size() - 1;
    }

    synchronized void isAt(int reader, int position) {
        readers.get(reader).position = position;
        notifyAll();
    }

    synchronized void checkpoint(int reader, int position) {
        readers.get(reader).checkpointed = position;
    }

    /** The record at a position, or null if there is none for a while. */
    synchronized TopicRecord read(int reader, int position) throws InterruptedException {
        String topic = readers.get(reader).topic;
        if (position >= length(topic)) {
            wait(100);
        }
        return position < length(topic) ? topics.get(topic).get(position) : null;
    }

    /** Whether a source that could come back to records has to fail now. */
    synchronized boolean fails(int reader) {
        Reader source = readers.get(reader);
        if (!failing || source.failed || source.checkpointed <= 0) {
            return false;
        }
        source.failed = true;
        source.position = -1;
        source.checkpointed = -1;
        failures++;
        return true;
    }

    synchronized int written(int writer, String kind, ObjectNode row, String topic, TopicRecord record) {
        List<Written> written = writers.get(writer).written;
        written.add(new Written(phase, kind, row, topic, record));
        return written.size();
    }

    /** Takes back what a job wrote after the checkpoint that it came back to. */
    synchronized void truncate(int writer, int length) {
        List<Written> written = writers.get(writer).written;
        if (length < writers.get(writer).committed) {
            throw new IllegalStateException("what others have read cannot be taken back");
        }
        written.subList(length, written.size()).clear();
    }

    private int length(String topic) {
        return topics.getOrDefault(topic, List.of()).size();
    }
}

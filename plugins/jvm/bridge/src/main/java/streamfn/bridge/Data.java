package streamfn.bridge;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The classes that values have outside. Numbers and booleans are boxed everywhere; for the rest these are the JVM's own,
 * and an engine overrides what it has its own of.
 *
 * <p>Unsigned numbers take the next larger class, u64 its bits in a Long; a char is an Integer, flags are one too.
 */
public class Data {
    /** Text as UTF-8. A string with half a surrogate pair is no text, and a row with it is refused. */
    public byte[] utf8(Object text) {
        return encode((String) text);
    }

    protected static byte[] encode(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isSurrogate(text.charAt(at))) {
                return encodeSurrogates(text);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encodeSurrogates(String text) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException halfAPair) {
            throw new Refused("wanted text, found a string with half of a surrogate pair");
        }
    }

    /** Bytes that an engine holds as text; those that are none refuse the row. */
    protected static byte[] checked(byte[] utf8) {
        if (isAscii(utf8)) {
            return utf8;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
            return utf8;
        } catch (CharacterCodingException bad) {
            throw new Refused("wanted text, found bytes that are not UTF-8");
        }
    }

    public Object text(byte[] utf8) {
        return decode(utf8);
    }

    protected static String decode(byte[] utf8) {
        if (isAscii(utf8)) {
            return new String(utf8, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException bad) {
            throw CallException.contract("wanted a string in UTF-8, found other bytes");
        }
    }

    /** What most text is, and cheap to see. */
    protected static boolean isAscii(byte[] utf8) {
        int all = 0;
        for (byte unit : utf8) {
            all |= unit;
        }
        return all >= 0;
    }

    public byte[] bytes(Object bytes) {
        return (byte[]) bytes;
    }

    public Object bytes(byte[] bytes) {
        return bytes;
    }

    public BigDecimal decimal(Object decimal) {
        return (BigDecimal) decimal;
    }

    public Object decimal(BigDecimal decimal) {
        return decimal;
    }

    /** Milliseconds since the epoch, in local time. */
    public long timestamp(Object timestamp) {
        return (Long) timestamp;
    }

    public Object timestamp(long millis) {
        return millis;
    }

    /** Milliseconds since the epoch. */
    public long timestampLtz(Object timestamp) {
        return (Long) timestamp;
    }

    public Object timestampLtz(long millis) {
        return millis;
    }

    /** Days since the epoch. */
    public int date(Object date) {
        return (Integer) date;
    }

    public Object date(int days) {
        return days;
    }

    /** Milliseconds since midnight. */
    public int time(Object time) {
        return (Integer) time;
    }

    public Object time(int millis) {
        return millis;
    }

    /** A record's field; {@code type} has its names and types. */
    public Object field(Object record, Composite.Record type, int index) {
        return ((Object[]) record)[index];
    }

    public Object record(Composite.Record type, Object[] fields) {
        return fields;
    }

    public int size(Object list) {
        return ((List<?>) list).size();
    }

    public Object element(Object list, Type element, int index) {
        return ((List<?>) list).get(index);
    }

    public Object list(Type element, Object[] elements) {
        return Arrays.asList(elements);
    }

    /** Keys and values by turns. */
    public Object[] entries(Object map, Type key, Type value) {
        Object[] entries = new Object[2 * ((Map<?, ?>) map).size()];
        int at = 0;
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) map).entrySet()) {
            entries[at++] = entry.getKey();
            entries[at++] = entry.getValue();
        }
        return entries;
    }

    /** From keys and values by turns; of equal keys the last one counts. */
    public Object map(Type key, Type value, Object[] entries) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int at = 0; at < entries.length; at += 2) {
            map.put(entries[at], entries[at + 1]);
        }
        return map;
    }
}

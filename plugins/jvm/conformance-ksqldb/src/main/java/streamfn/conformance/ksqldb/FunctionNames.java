package streamfn.conformance.ksqldb;

import java.util.Locale;
import java.util.Set;

/** What a function may be called. Whether another jar has the name already is for {@link Catalog} to say. */
final class FunctionNames {
    private static final Set<String> JAVA = words(
            """
            abstract assert boolean break byte case catch char class const continue default do double else enum
            extends final finally float for goto if implements import instanceof int interface long native new
            package private protected public return short static strictfp super switch synchronized this throw
            throws transient try void volatile while
            """);

    /** The names of the tokens of ksqlDB's grammar, but for three that are functions: CONCAT, REPLACE, SUBSTRING. */
    private static final Set<String> KSQLDB = words(
            """
            add advance all alter analyze and array as assert assign asterisk at backquoted_identifier beginning
            between bracketed_comment by case cast catalog changes column columns connector connectors create date
            day days decimal decimal_value define delete describe digit_identifier directive_comment distinct drop
            else emit end eq escape exists explain export extended false final floating_point_value from full
            function functions grace group gt gte having header headers hopping hour hours id identifier if in inner
            insert integer integer_value interval into is join key lambda_expression left like limit list load lt
            lte map materialized millisecond milliseconds minus minute minutes month months namespace neq not null
            on or outer partition partitions pause percent period plugins plus primary print properties queries
            query quoted_identifier rename reset resume retention right run sample schema script second seconds
            select session set show simple_comment sink size slash source stream streams string struct
            struct_field_ref subject system table tables terminate then time timeout timestamp to topic topics true
            tumbling type types undefine unset values variable variables view when where window with within ws year
            years zone
            """);

    /** From the pages "Scalar functions", "Aggregate functions" and "Table functions" of the reference. */
    private static final Set<String> BUILT_IN = words(
            """
            ABS ACOS ARRAY_CONCAT ARRAY_CONTAINS ARRAY_DISTINCT ARRAY_EXCEPT ARRAY_INTERSECT ARRAY_JOIN ARRAY_LENGTH
            ARRAY_MAX ARRAY_MIN ARRAY_REMOVE ARRAY_SORT ARRAY_UNION ASIN AS_MAP AS_VALUE ATAN ATAN2 ATTR AVG
            BIGINT_FROM_BYTES CBRT CEIL CHR COALESCE COLLECT_LIST COLLECT_SET CONCAT CONCAT_WS CONVERT_TZ
            CORRELATION COS COSH COT COUNT COUNT_DISTINCT CUBE_EXPLODE DATEADD DATESUB DATETOSTRING DEGREES
            DOUBLE_FROM_BYTES EARLIEST_BY_OFFSET ELT ENCODE ENTRIES EXP EXPLODE EXTRACTJSONFIELD FIELD FILTER FLOOR
            FORMAT_DATE FORMAT_TIME FORMAT_TIMESTAMP FROM_BYTES FROM_DAYS FROM_UNIXTIME GENERATE_SERIES GEO_DISTANCE
            GREATEST HISTOGRAM IFNULL INITCAP INSTR INT_FROM_BYTES IS_JSON_STRING JSON_ARRAY_CONTAINS
            JSON_ARRAY_LENGTH JSON_CONCAT JSON_ITEMS JSON_KEYS JSON_RECORDS LATEST_BY_OFFSET LCASE LEAST LEN LN LOG
            LPAD MAP_KEYS MAP_UNION MAP_VALUES MASK MASK_KEEP_LEFT MASK_KEEP_RIGHT MASK_LEFT MASK_RIGHT MAX MIN
            NULLIF PARSE_DATE PARSE_TIME PARSE_TIMESTAMP PI POWER RADIANS RANDOM REDUCE REGEXP_EXTRACT
            REGEXP_EXTRACT_ALL REGEXP_REPLACE REGEXP_SPLIT_TO_ARRAY REPLACE ROUND RPAD SIGN SIN SINH SLICE SPLIT
            SPLIT_TO_MAP SQRT STDDEV_SAMP STDDEV_SAMPLE STRINGTODATE STRINGTOTIMESTAMP SUBSTRING SUM TAN TANH
            TIMEADD TIMESTAMPADD TIMESTAMPSUB TIMESTAMPTOSTRING TIMESUB TO_BYTES TO_JSON_STRING TOPK TOPKDISTINCT
            TRANSFORM TRIM TRUNC UCASE UNIX_DATE UNIX_TIMESTAMP URL_DECODE_PARAM URL_ENCODE_PARAM
            URL_EXTRACT_FRAGMENT URL_EXTRACT_HOST URL_EXTRACT_PARAMETER URL_EXTRACT_PATH URL_EXTRACT_PORT
            URL_EXTRACT_PROTOCOL URL_EXTRACT_QUERY UUID
            """);

    private FunctionNames() {}

    private static Set<String> words(String text) {
        return Set.of(text.strip().split("\\s+"));
    }

    /** The name as SQL has it. */
    static String check(String name, String where) {
        if (!isJavaIdentifier(name)) {
            throw new Refusal(where, "a name that is a Java identifier", "\"" + name + "\"");
        }
        String lower = name.toLowerCase(Locale.ROOT);
        if (JAVA.contains(lower)) {
            throw new Refusal(where, "a name that is no keyword of Java", "\"" + name + "\"");
        }
        if (KSQLDB.contains(lower)) {
            throw new Refusal(where, "a name that ksqlDB's SQL has not reserved", "\"" + name + "\"");
        }
        String sql = name.toUpperCase(Locale.ROOT);
        if (BUILT_IN.contains(sql)) {
            throw new Refusal(where, "a name that is free", "\"" + name + "\", a built-in function: give it a prefix");
        }
        return sql;
    }

    static boolean isReserved(String word) {
        return KSQLDB.contains(word.toLowerCase(Locale.ROOT));
    }

    private static boolean isJavaIdentifier(String name) {
        return !name.isEmpty()
                && Character.isJavaIdentifierStart(name.charAt(0))
                && name.chars().allMatch(Character::isJavaIdentifierPart);
    }
}

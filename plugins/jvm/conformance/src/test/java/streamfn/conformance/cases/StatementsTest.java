package streamfn.conformance.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a file of SQL is cut. */
class StatementsTest {
    @Test
    void aSemicolonInTextNamesCommentsAndStatementSetsCutsNothing() {
        assertEquals(List.of("SET 'a' = 'x;y'", "SELECT `b;c`", "SELECT 'it''s; --' FROM t"),
                Statements.of("SET 'a' = 'x;y'; -- no; not here\nSELECT /* ; */`b;c`;\n;SELECT 'it''s; --' FROM t"));
        String set = "EXECUTE STATEMENT SET BEGIN INSERT INTO o SELECT CASE WHEN a THEN 1 END FROM t; INSERT INTO p SELECT 1; END";
        assertEquals(List.of(set, "SELECT 1"), Statements.of(set + ";\nSELECT 1;"));
    }
}

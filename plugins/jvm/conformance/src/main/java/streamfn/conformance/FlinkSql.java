package streamfn.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

/**
 * Runs a file of Flink SQL in a Flink of its own, and prints what its queries give: what {@code sql-client.sh -f FILE} does
 * with a cluster. A statement ends with a semicolon at the end of a line; what is SET holds for all of them.
 */
public final class FlinkSql {
    private static final Pattern SET = Pattern.compile("\\s*SET\\s+'([^']*)'\\s*=\\s*'([^']*)'\\s*");

    private FlinkSql() {}

    public static void main(String[] files) throws IOException {
        for (String file : files) {
            run(Files.readString(Path.of(file)).split(";[ \t]*(\\R|$)"));
        }
    }

    private static void run(String[] statements) {
        Configuration settings = new Configuration();
        for (String statement : statements) {
            Matcher set = SET.matcher(statement);
            if (set.matches()) {
                settings.setString(set.group(1), set.group(2));
            }
        }
        TableEnvironment flink =
                TableEnvironment.create(EnvironmentSettings.newInstance().withConfiguration(settings).build());
        for (String statement : statements) {
            if (statement.isBlank() || SET.matcher(statement).matches()) {
                continue;
            }
            TableResult result = flink.executeSql(statement);
            if (result.getResultKind() == ResultKind.SUCCESS_WITH_CONTENT) {
                result.print();
            }
        }
    }
}

package streamfn.pack;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.objectweb.asm.AnnotationVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Column;
import streamfn.pack.Description.Overload;
import streamfn.pack.Description.SqlFunction;

/**
 * The classes that ksqlDB finds by their annotations: one for each SQL name, with a method for each signature, and behind
 * each such method a class that extends one of {@code plugins/jvm/ksqldb}. ksqlDB's classes are names here.
 */
final class KsqldbClasses {
    private static final String BASE = "streamfn/ksqldb/";
    private static final String API = "io/confluent/ksql/function/";
    private static final String STRUCT = "Lorg/apache/kafka/connect/data/Struct;";
    private static final String OBJECTS = "[Ljava/lang/Object;";
    private static final String TEXT = "Ljava/lang/String;";
    private static final Type OBJECT = Type.getType(Object.class);
    /** What an aggregate of so many arguments gets them in. */
    private static final List<String> TUPLES = List.of("", "", "Pair", "Triple", "Quadruple", "Quintuple");

    private final String version;
    private final String plugin;
    private final Map<String, byte[]> classes;

    /**
     * @param version what ksqlDB shows as the functions' version
     * @param plugin the class that holds the program
     * @param classes where the classes go, by internal name
     */
    KsqldbClasses(String version, String plugin, Map<String, byte[]> classes) {
        this.version = version;
        this.plugin = plugin;
        this.classes = classes;
    }

    /** @param calls the class of each overload's interface, in their order */
    void add(SqlFunction function, List<String> calls) {
        Overload first = function.overloads().get(0);
        String name = function.className();
        ClassWriter writer = start(Opcodes.ACC_PUBLIC, name, "java/lang/Object");
        String kind = switch (first.shape()) {
            case "aggregate" -> "udaf/UdafDescription";
            case "table" -> "udtf/UdtfDescription";
            default -> "udf/UdfDescription";
        };
        AnnotationVisitor about = writer.visitAnnotation("L" + API + kind + ";", true);
        about.visit("name", function.name().toLowerCase(Locale.ROOT));
        about.visit("description", first.docs());
        about.visit("author", "");
        about.visit("version", version);
        about.visitEnd();
        InstructionAdapter constructor = Methods.start(writer, Opcodes.ACC_PUBLIC, "<init>", "()V");
        constructor.load(0, OBJECT);
        constructor.invokespecial("java/lang/Object", "<init>", "()V", false);
        for (int at = 0; at < function.overloads().size(); at++) {
            Overload overload = function.overloads().get(at);
            String behind = name + "$" + at;
            classes.put(behind, overload(behind, function.name(), overload, calls.get(at)));
            if (overload.isAggregate()) {
                factory(writer, "of" + at, overload, behind);
            } else {
                constructor.load(0, OBJECT);
                Methods.create(constructor, behind);
                constructor.putfield(name, "f" + at, "L" + behind + ";");
                row(writer, name, at, overload, behind);
            }
        }
        Methods.end(constructor, Type.VOID_TYPE);
        writer.visitEnd();
        if (classes.put(name, writer.toByteArray()) != null) {
            throw new PackException("wanted a class for each function, found two called " + name.replace('/', '.')
                    + ": rename one of them in the WIT");
        }
    }

    /** A method of a scalar or table function. */
    private static void row(ClassWriter writer, String name, int at, Overload overload, String behind) {
        boolean table = overload.shape().equals("table");
        // Two signatures may have one erasure in Java (MAPs of two kinds), so each method has a name of its own.
        String method = (table ? "rows" : "eval") + at;
        String field = "f" + at;
        writer.visitField(Opcodes.ACC_PRIVATE | Opcodes.ACC_FINAL, field, "L" + behind + ";", null, null).visitEnd();
        StringBuilder descriptor = new StringBuilder("(");
        StringBuilder signature = new StringBuilder("(");
        for (Column param : overload.params()) {
            descriptor.append(erasure(param.type()));
            signature.append(generic(param.type()));
        }
        String result = table ? "Ljava/util/List;" : erasure(overload.result().type());
        String element = generic(overload.result().type());
        signature.append(")").append(table ? "Ljava/util/List<" + element + ">;" : element);
        MethodVisitor visitor = writer.visitMethod(
                Opcodes.ACC_PUBLIC, method, descriptor + ")" + result, signature.toString(), null);
        AnnotationVisitor about = visitor.visitAnnotation("L" + API + (table ? "udtf/Udtf;" : "udf/Udf;"), true);
        about.visit("description", overload.docs());
        about.visit("schema", overload.result().type());
        about.visitEnd();
        for (int param = 0; param < overload.params().size(); param++) {
            AnnotationVisitor column = visitor.visitParameterAnnotation(param, "L" + API + "udf/UdfParameter;", true);
            column.visit("value", overload.params().get(param).name());
            column.visit("schema", overload.params().get(param).type());
            column.visitEnd();
        }
        InstructionAdapter code = new InstructionAdapter(visitor);
        code.visitCode();
        code.load(0, OBJECT);
        code.getfield(name, field, "L" + behind + ";");
        code.iconst(overload.params().size());
        code.newarray(OBJECT);
        for (int param = 0; param < overload.params().size(); param++) {
            code.dup();
            code.iconst(param);
            code.load(1 + param, OBJECT);
            code.astore(OBJECT);
        }
        if (table) {
            code.invokevirtual(behind, "rows", "(" + OBJECTS + ")Ljava/util/List;", false);
        } else {
            code.invokevirtual(behind, "eval", "(" + OBJECTS + ")Ljava/lang/Object;", false);
            code.checkcast(Type.getType(result));
        }
        Methods.end(code, OBJECT);
    }

    /** A factory of an aggregate: ksqlDB reads the types from its generic signature, and undo from its class. */
    private static void factory(ClassWriter writer, String name, Overload overload, String behind) {
        String api = API + "udaf/" + (overload.retract() ? "TableUdaf" : "Udaf");
        String signature = "()L" + api + "<" + tuple(overload.params()) + STRUCT + generic(overload.result().type()) + ">;";
        MethodVisitor visitor = writer.visitMethod(
                Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, name, "()L" + api + ";", signature, null);
        AnnotationVisitor about = visitor.visitAnnotation("L" + API + "udaf/UdafFactory;", true);
        about.visit("description", overload.docs());
        AnnotationVisitor params = about.visitArray("paramSchema");
        overload.params().forEach(param -> params.visit(null, param.type()));
        if (overload.params().isEmpty()) {
            params.visit(null, "BIGINT");
        }
        params.visitEnd();
        about.visit("aggregateSchema", state(overload));
        about.visit("returnSchema", overload.result().type());
        about.visitEnd();
        InstructionAdapter code = new InstructionAdapter(visitor);
        code.visitCode();
        Methods.create(code, behind);
        Methods.end(code, OBJECT);
    }

    /** What comes in: the argument, a tuple of them, or the ROWTIME of a call without any. */
    private static String tuple(List<Column> params) {
        if (params.size() < 2) {
            return params.isEmpty() ? generic("BIGINT") : generic(params.get(0).type());
        }
        StringBuilder tuple = new StringBuilder("Lio/confluent/ksql/util/" + TUPLES.get(params.size()) + "<");
        params.forEach(param -> tuple.append(generic(param.type())));
        return tuple + ">;";
    }

    private static String state(Overload overload) {
        StringBuilder text = new StringBuilder("STRUCT<");
        for (Column column : overload.state()) {
            text.append(text.length() > "STRUCT<".length() ? ", " : "");
            text.append('`').append(column.name().toUpperCase(Locale.ROOT)).append("` ").append(column.type());
        }
        return text + ">";
    }

    /** The class that calls the component. */
    private byte[] overload(String name, String sqlName, Overload overload, String calls) {
        StringBuilder params = new StringBuilder();
        for (Column param : overload.params()) {
            params.append(params.isEmpty() ? "" : ", ").append(param.type()).append(param.notNull() ? " NOT NULL" : "");
        }
        String result = overload.result().type();
        boolean aggregate = overload.isAggregate();
        String base = BASE
                + switch (overload.shape()) {
                    case "aggregate" -> overload.retract() ? "WasmTableUdaf" : "WasmUdaf";
                    case "table" -> "WasmUdtf";
                    default -> "WasmUdf";
                };
        ClassWriter writer = start(0, name, base);
        List<String> texts = aggregate
                ? List.of(sqlName, params.toString(), state(overload), result)
                : List.of(sqlName, params.toString(), result);
        InstructionAdapter constructor = Methods.start(writer, 0, "<init>", "()V");
        constructor.load(0, OBJECT);
        texts.forEach(constructor::aconst);
        constructor.invokespecial(base, "<init>", "(" + TEXT.repeat(texts.size()) + ")V", false);
        Methods.end(constructor, Type.VOID_TYPE);
        int arguments = overload.params().size();
        if (aggregate) {
            create(writer, calls);
            change(writer, "callAccumulate", "accumulate", calls, arguments);
            if (overload.retract()) {
                change(writer, "callRetract", "retract", calls, arguments);
            }
            if (overload.merge()) {
                merge(writer, calls);
            }
            value(writer, calls);
        } else {
            String function = overload.shape().equals("table") ? "rows" : "eval";
            String given = function.equals("rows") ? "Ljava/util/List;" : "Ljava/lang/Object;";
            InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "call", "(" + OBJECTS + ")" + given);
            guest(code);
            elements(code, 1, arguments);
            invoke(code, calls, function, arguments);
            code.checkcast(Type.getType(given));
            Methods.end(code, OBJECT);
        }
        writer.visitEnd();
        return writer.toByteArray();
    }

    private void create(ClassWriter writer, String calls) {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "callCreate", "()" + OBJECTS);
        guest(code);
        invoke(code, calls, "create", 0);
        Methods.end(code, OBJECT);
    }

    /** The array that comes in is ours alone: it is changed and given back. */
    private void change(ClassWriter writer, String name, String function, String calls, int arguments) {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, name, "(" + OBJECTS + OBJECTS + ")" + OBJECTS);
        guest(code);
        code.load(1, OBJECT);
        elements(code, 2, arguments);
        invoke(code, calls, function, arguments);
        code.load(1, OBJECT);
        Methods.end(code, OBJECT);
    }

    private void merge(ClassWriter writer, String calls) {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "callMerge", "(" + OBJECTS + OBJECTS + ")" + OBJECTS);
        guest(code);
        code.load(1, OBJECT);
        code.load(2, OBJECT);
        invoke(code, calls, "merge", 0);
        code.load(1, OBJECT);
        Methods.end(code, OBJECT);
    }

    private void value(ClassWriter writer, String calls) {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "callValue", "(" + OBJECTS + ")Ljava/lang/Object;");
        guest(code);
        code.load(1, OBJECT);
        invoke(code, calls, "value", 0);
        Methods.end(code, OBJECT);
    }

    /** The component's instance of this thread: ksqlDB shares a function between all of them. */
    private void guest(InstructionAdapter code) {
        code.getstatic(plugin, "PROGRAM", PluginClass.PROGRAM_TYPE);
        code.invokevirtual(PluginClass.PROGRAM, "guestOfThread", "()L" + InterfaceClass.GUEST + ";", false);
    }

    private static void elements(InstructionAdapter code, int local, int count) {
        for (int at = 0; at < count; at++) {
            code.load(local, OBJECT);
            code.iconst(at);
            code.aload(OBJECT);
        }
    }

    private static void invoke(InstructionAdapter code, String calls, String function, int arguments) {
        code.invokestatic(calls, function, InterfaceClass.descriptor(function, arguments, StateRow.KSQLDB), false);
    }

    private static String erasure(String sqlType) {
        String generic = generic(sqlType);
        int open = generic.indexOf('<');
        return open < 0 ? generic : generic.substring(0, open) + ";";
    }

    /** The Java type of a SQL type, as a generic signature writes it. */
    private static String generic(String sqlType) {
        String word = sqlType.replaceAll("[(<].*", "");
        return switch (word) {
            case "BOOLEAN" -> "Ljava/lang/Boolean;";
            case "INT" -> "Ljava/lang/Integer;";
            case "BIGINT" -> "Ljava/lang/Long;";
            case "DOUBLE" -> "Ljava/lang/Double;";
            case "STRING" -> TEXT;
            case "BYTES" -> "Ljava/nio/ByteBuffer;";
            case "DECIMAL" -> "Ljava/math/BigDecimal;";
            case "DATE" -> "Ljava/sql/Date;";
            case "TIME" -> "Ljava/sql/Time;";
            case "TIMESTAMP" -> "Ljava/sql/Timestamp;";
            case "STRUCT" -> STRUCT;
            case "ARRAY" -> "Ljava/util/List<" + generic(inside(sqlType)) + ">;";
            case "MAP" -> {
                String both = inside(sqlType);
                int comma = comma(both);
                yield "Ljava/util/Map<" + generic(both.substring(0, comma)) + generic(both.substring(comma + 2)) + ">;";
            }
            default -> throw new PackException("wanted a type of ksqlDB's, found " + sqlType);
        };
    }

    /** Where a MAP's key ends: at the first comma that is in no type and no field's name. */
    private static int comma(String types) {
        int depth = 0;
        boolean name = false;
        for (int at = 0; at < types.length(); at++) {
            switch (types.charAt(at)) {
                case '`' -> name = !name;
                case '<', '(' -> depth += name ? 0 : 1;
                case '>', ')' -> depth -= name ? 0 : 1;
                case ',' -> {
                    if (depth == 0 && !name) {
                        return at;
                    }
                }
                default -> {}
            }
        }
        throw new PackException("wanted the two types of a MAP, found " + types);
    }

    private static String inside(String sqlType) {
        return sqlType.substring(sqlType.indexOf('<') + 1, sqlType.length() - 1);
    }

    private static ClassWriter start(int access, String name, String base) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        writer.visit(Opcodes.V17, access | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER, name, null, base, null);
        return writer;
    }
}

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
 * each such method a {@link KsqldbOverload}. ksqlDB's classes are names here.
 */
final class KsqldbClasses {
    private static final String API = "io/confluent/ksql/function/";
    private static final String OBJECTS = "[Ljava/lang/Object;";
    private static final String SQL_TYPE = "Lio/confluent/ksql/schema/ksql/types/SqlType;";
    private static final String TYPE = "(Ljava/util/List;)" + SQL_TYPE;
    private static final Type OBJECT = Type.getType(Object.class);
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
            case "aggregate", "keyed" -> "udaf/UdafDescription";
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
            classes.put(behind, new KsqldbOverload(behind, function.name(), overload, plugin, calls.get(at)).write());
            if (overload.isAggregate() || overload.isKeyed()) {
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
            descriptor.append(KsqldbTypes.erasure(param.type()));
            signature.append(KsqldbTypes.generic(param.type()));
        }
        String result = table ? "Ljava/util/List;" : KsqldbTypes.erasure(overload.result().type());
        String element = KsqldbTypes.generic(overload.result().type());
        signature.append(")").append(table ? "Ljava/util/List<" + element + ">;" : element);
        MethodVisitor visitor = writer.visitMethod(
                Opcodes.ACC_PUBLIC, method, descriptor + ")" + result, signature.toString(), null);
        AnnotationVisitor about = visitor.visitAnnotation("L" + API + (table ? "udtf/Udtf;" : "udf/Udf;"), true);
        about.visit("description", overload.docs());
        about.visit("schema", KsqldbTypes.declared(overload.result().type()));
        if (overload.result().hasDecimal()) {
            about.visit("schemaProvider", "type" + at);
            type(writer, name, at, behind);
        }
        about.visitEnd();
        for (int param = 0; param < overload.params().size(); param++) {
            AnnotationVisitor column = visitor.visitParameterAnnotation(param, "L" + API + "udf/UdfParameter;", true);
            column.visit("value", overload.params().get(param).name());
            column.visit("schema", KsqldbTypes.declared(overload.params().get(param).type()));
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

    /** What ksqlDB asks for the type of a result whose decimals have the scale of an argument. */
    private static void type(ClassWriter writer, String name, int at, String behind) {
        MethodVisitor visitor = writer.visitMethod(
                Opcodes.ACC_PUBLIC, "type" + at, TYPE, "(Ljava/util/List<Lio/confluent/ksql/schema/ksql/SqlArgument;>;)" + SQL_TYPE, null);
        visitor.visitAnnotation("L" + API + "udf/UdfSchemaProvider;", true).visitEnd();
        InstructionAdapter code = new InstructionAdapter(visitor);
        code.visitCode();
        code.load(0, OBJECT);
        code.getfield(name, "f" + at, "L" + behind + ";");
        code.load(1, OBJECT);
        code.invokevirtual(behind, "type", TYPE, false);
        Methods.end(code, OBJECT);
    }

    /** A factory of an aggregate: ksqlDB reads the types from its generic signature, and undo from its class. */
    private static void factory(ClassWriter writer, String name, Overload overload, String behind) {
        String api = API + "udaf/" + (overload.retract() ? "TableUdaf" : "Udaf");
        String signature = "()L" + api + "<" + KsqldbTypes.tuple(overload.params()) + KsqldbTypes.generic(KsqldbTypes.state(overload)) + KsqldbTypes.generic(overload.result().type()) + ">;";
        MethodVisitor visitor = writer.visitMethod(
                Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, name, "()L" + api + ";", signature, null);
        AnnotationVisitor about = visitor.visitAnnotation("L" + API + "udaf/UdafFactory;", true);
        about.visit("description", overload.docs());
        AnnotationVisitor params = about.visitArray("paramSchema");
        overload.params().forEach(param -> params.visit(null, KsqldbTypes.declared(param.type())));
        if (overload.params().isEmpty()) {
            params.visit(null, "BIGINT");
        }
        params.visitEnd();
        about.visit("aggregateSchema", KsqldbTypes.declared(KsqldbTypes.state(overload)));
        about.visit("returnSchema", KsqldbTypes.declared(overload.result().type()));
        about.visitEnd();
        InstructionAdapter code = new InstructionAdapter(visitor);
        code.visitCode();
        Methods.create(code, behind);
        Methods.end(code, OBJECT);
    }

    static ClassWriter start(int access, String name, String base) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        writer.visit(Opcodes.V17, access | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER, name, null, base, null);
        return writer;
    }
}

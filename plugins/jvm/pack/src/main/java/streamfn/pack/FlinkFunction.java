package streamfn.pack;

import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Column;
import streamfn.pack.Description.Overload;

/**
 * The class of one signature in Flink: what all shapes have in common. What it extends in {@code plugins/jvm/flink} does the
 * rest. Flink's classes are names here.
 */
abstract class FlinkFunction {
    static final String BASE = "streamfn/flink/";
    static final String DATA = BASE + "FlinkData";
    static final Type ROW = Type.getObjectType("org/apache/flink/table/data/RowData");
    static final Type OBJECT = Type.getType(Object.class);
    static final String ITERABLE = "Ljava/lang/Iterable;";
    private static final String SIGNATURE = BASE + "Signature";
    private static final String SIGNATURE_TYPE = "L" + SIGNATURE + ";";

    final String name;
    final Overload overload;
    final String calls;
    final ClassWriter writer;
    private final String sqlName;
    private final String plugin;

    /**
     * What a class calls.
     *
     * @param plugin the class that holds the program
     * @param calls the class of the interface
     */
    record Component(String plugin, String calls) {}

    FlinkFunction(String name, String sqlName, Overload overload, Component component) {
        this.name = name;
        this.sqlName = sqlName;
        this.overload = overload;
        this.plugin = component.plugin;
        this.calls = component.calls;
        this.writer = start(name, BASE + "Wasm" + shape(overload));
    }

    /** The class file. */
    static byte[] of(String name, String sqlName, Overload overload, Component component) {
        FlinkFunction function = switch (overload.shape()) {
            case "aggregate" -> new FlinkAggregate(name, sqlName, overload, component);
            case "keyed" -> new FlinkKeyedAggregate(name, sqlName, overload, component);
            default -> new FlinkRow(name, sqlName, overload, component);
        };
        int transientField = Opcodes.ACC_PRIVATE | Opcodes.ACC_TRANSIENT;
        function.writer.visitField(transientField, "guest", "L" + InterfaceClass.GUEST + ";", null, null).visitEnd();
        function.guest();
        function.signature();
        function.methods();
        function.writer.visitEnd();
        return function.writer.toByteArray();
    }

    /** The methods that Flink calls. */
    abstract void methods();

    /** How the classes of {@code plugins/jvm/flink} are called that such a function extends. */
    static String shape(Overload overload) {
        return switch (overload.shape()) {
            case "aggregate" -> "Aggregate";
            case "keyed" -> "KeyedAggregate";
            case "table" -> "Table";
            default -> "Scalar";
        };
    }

    static ClassWriter start(String name, String base) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS | ClassWriter.COMPUTE_FRAMES) {
            @Override
            protected String getCommonSuperClass(String a, String b) {
                // Never of two classes that both matter: Flink's are not there to be asked.
                return "java/lang/Object";
            }
        };
        writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL, name, null, base, null);
        InstructionAdapter constructor = Methods.start(writer, Opcodes.ACC_PUBLIC, "<init>", "()V");
        constructor.load(0, OBJECT);
        constructor.invokespecial(base, "<init>", "()V", false);
        Methods.end(constructor, Type.VOID_TYPE);
        return writer;
    }

    /** The instance of this function object, which one thread uses. */
    private void guest() {
        String type = "L" + InterfaceClass.GUEST + ";";
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PRIVATE, "guest", "()" + type);
        Label there = new Label();
        method.load(0, OBJECT);
        method.getfield(name, "guest", type);
        method.ifnonnull(there);
        method.load(0, OBJECT);
        method.getstatic(plugin, "PROGRAM", PluginClass.PROGRAM_TYPE);
        method.invokevirtual(PluginClass.PROGRAM, "guest", "()" + type, false);
        method.putfield(name, "guest", type);
        method.mark(there);
        method.load(0, OBJECT);
        method.getfield(name, "guest", type);
        Methods.end(method, OBJECT);
    }

    private void signature() {
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PROTECTED, "signature", "()" + SIGNATURE_TYPE);
        method.aconst(sqlName);
        method.invokestatic(SIGNATURE, "of", "(Ljava/lang/String;)" + SIGNATURE_TYPE, false);
        for (Column param : overload.params()) {
            method.aconst(param.name());
            method.aconst(param.type());
            method.iconst(param.notNull() ? 1 : 0);
            method.invokevirtual(
                    SIGNATURE, "argument", "(Ljava/lang/String;Ljava/lang/String;Z)" + SIGNATURE_TYPE, false);
        }
        for (Column column : overload.state()) {
            method.aconst(column.name());
            method.aconst(column.type());
            method.invokevirtual(SIGNATURE, "state", "(Ljava/lang/String;Ljava/lang/String;)" + SIGNATURE_TYPE, false);
        }
        if (overload.isKeyed()) {
            method.aconst(overload.key());
            method.aconst(overload.entry());
            method.iconst(overload.value() ? 1 : 0);
            method.iconst(overload.multiset() ? 1 : 0);
            method.iconst(overload.most());
            method.invokevirtual(
                    SIGNATURE, "entries", "(Ljava/lang/String;Ljava/lang/String;ZZI)" + SIGNATURE_TYPE, false);
        }
        method.aconst(overload.result().type());
        method.iconst(overload.result().notNull() ? 1 : 0);
        method.invokevirtual(SIGNATURE, "result", "(Ljava/lang/String;Z)" + SIGNATURE_TYPE, false);
        Methods.end(method, OBJECT);
    }

    final Type[] arguments() {
        return overload.params().stream().map(param -> internal(param.type())).toArray(Type[]::new);
    }

    /** The classes of Flink's internal data for a SQL type. */
    static Type internal(String sqlType) {
        String word = sqlType.replaceAll("[(<].*", "");
        return switch (word) {
            case "BOOLEAN" -> Type.getType(Boolean.class);
            case "TINYINT" -> Type.getType(Byte.class);
            case "SMALLINT" -> Type.getType(Short.class);
            case "INT", "DATE", "TIME" -> Type.getType(Integer.class);
            case "BIGINT" -> Type.getType(Long.class);
            case "FLOAT" -> Type.getType(Float.class);
            case "DOUBLE" -> Type.getType(Double.class);
            case "BYTES" -> Type.getType(byte[].class);
            case "STRING" -> data("StringData");
            case "DECIMAL" -> data("DecimalData");
            case "TIMESTAMP", "TIMESTAMP_LTZ" -> data("TimestampData");
            case "ARRAY" -> data("ArrayData");
            case "MAP", "MULTISET" -> data("MapData");
            case "ROW" -> ROW;
            default -> throw new PackException("wanted a type of Flink's, found " + sqlType);
        };
    }

    private static Type data(String name) {
        return Type.getObjectType("org/apache/flink/table/data/" + name);
    }

    /** Leaves where an argument is null that must not be. */
    final void skipNulls(InstructionAdapter method, int first, Runnable leave) {
        for (int param = 0; param < overload.params().size(); param++) {
            if (overload.params().get(param).notNull()) {
                Label there = new Label();
                method.load(first + param, OBJECT);
                method.ifnonnull(there);
                leave.run();
                method.mark(there);
            }
        }
    }

    final void loadGuest(InstructionAdapter method) {
        method.load(0, OBJECT);
        method.invokevirtual(name, "guest", "()L" + InterfaceClass.GUEST + ";", false);
    }

    /** Puts the arguments on the stack, as the component's side reads them. */
    final void loadArguments(InstructionAdapter method, int first) {
        for (int param = 0; param < overload.params().size(); param++) {
            Column column = overload.params().get(param);
            // A decimal by itself can be read as it is.
            if (!column.hasDecimal() || column.type().startsWith("DECIMAL(")) {
                method.load(first + param, OBJECT);
                continue;
            }
            method.load(0, OBJECT);
            method.load(first + param, OBJECT);
            method.iconst(param);
            method.invokevirtual(name, "open", "(Ljava/lang/Object;I)Ljava/lang/Object;", false);
        }
    }

    /** Gives the decimals of a result on the stack the scale that the call was planned with. */
    final void fit(InstructionAdapter method) {
        if (overload.result().hasDecimal()) {
            method.load(0, OBJECT);
            method.swap();
            method.invokevirtual(name, "fit", "(Ljava/lang/Object;)Ljava/lang/Object;", false);
        }
    }

    /**
     * The body, with what it throws told by the base: of which call, and with which arguments.
     *
     * @param first the local of the first argument, -1 without any
     * @param free a local that nothing uses
     */
    final void guarded(InstructionAdapter method, String call, int first, int free, Runnable body) {
        Label start = new Label();
        Label handler = new Label();
        method.visitTryCatchBlock(start, handler, handler, "java/lang/RuntimeException");
        method.mark(start);
        body.run();
        method.mark(handler);
        method.store(free, OBJECT);
        method.load(0, OBJECT);
        method.aconst(call);
        method.load(free, OBJECT);
        int arguments = first < 0 ? 0 : overload.params().size();
        method.iconst(arguments);
        method.newarray(OBJECT);
        for (int param = 0; param < arguments; param++) {
            method.dup();
            method.iconst(param);
            method.load(first + param, OBJECT);
            method.astore(OBJECT);
        }
        String descriptor = "(Ljava/lang/String;Ljava/lang/RuntimeException;[Ljava/lang/Object;)Ljava/lang/RuntimeException;";
        method.invokevirtual(name, "failure", descriptor, false);
        method.athrow();
        method.visitMaxs(0, 0);
        method.visitEnd();
    }
}

package streamfn.pack;

import java.util.List;
import java.util.Map;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Column;
import streamfn.pack.Description.Overload;
import streamfn.pack.Description.SqlFunction;

/**
 * The classes that Flink registers: one for each signature, and one that chooses among several of a SQL name. What they
 * extend in {@code plugins/jvm/flink} does the rest. Flink's classes are names here.
 */
final class FlinkClasses {
    private static final String BASE = "streamfn/flink/";
    private static final String DATA = BASE + "FlinkData";
    private static final String SIGNATURE = BASE + "Signature";
    private static final String SIGNATURE_TYPE = "L" + SIGNATURE + ";";
    private static final Type ROW = Type.getObjectType("org/apache/flink/table/data/RowData");
    private static final Type OBJECT = Type.getType(Object.class);
    private static final String ITERABLE = "Ljava/lang/Iterable;";

    private final String plugin;
    private final Map<String, byte[]> classes;

    /**
     * @param plugin the class that holds the program
     * @param classes where the classes go, by internal name
     */
    FlinkClasses(String plugin, Map<String, byte[]> classes) {
        this.plugin = plugin;
        this.classes = classes;
    }

    /** @param calls the class of each overload's interface, in their order */
    void add(SqlFunction function, List<String> calls) {
        boolean several = function.overloads().size() > 1;
        for (int at = 0; at < function.overloads().size(); at++) {
            Overload overload = function.overloads().get(at);
            String name = several ? overload.className() : function.className();
            put(name, new OneSignature(name, function.name(), overload, calls.get(at)).write());
        }
        if (several) {
            put(function.className(), overloaded(function));
        }
    }

    private void put(String name, byte[] bytes) {
        if (classes.put(name, bytes) != null) {
            throw new PackException("wanted a class for each function, found two called " + name.replace('/', '.')
                    + ": rename one of them in the WIT");
        }
    }

    private byte[] overloaded(SqlFunction function) {
        boolean aggregate = function.overloads().get(0).isAggregate();
        String element = BASE + (aggregate ? "WasmAggregate" : "WasmScalar");
        String base = BASE + (aggregate ? "OverloadedAggregate" : "OverloadedScalar");
        ClassWriter writer = start(function.className(), base);
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PROTECTED, "functions", "()[L" + element + ";");
        method.iconst(function.overloads().size());
        method.newarray(Type.getObjectType(element));
        for (int at = 0; at < function.overloads().size(); at++) {
            String name = function.overloads().get(at).className();
            method.dup();
            method.iconst(at);
            Methods.create(method, name);
            method.astore(OBJECT);
        }
        Methods.end(method, OBJECT);
        writer.visitEnd();
        return writer.toByteArray();
    }

    /** The classes of Flink's internal data for a SQL type. */
    private static Type internal(String sqlType) {
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

    private static ClassWriter start(String name, String base) {
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

    private final class OneSignature {
        private final String name;
        private final String sqlName;
        private final Overload overload;
        private final String calls;
        private final ClassWriter writer;

        OneSignature(String name, String sqlName, Overload overload, String calls) {
            this.name = name;
            this.sqlName = sqlName;
            this.overload = overload;
            this.calls = calls;
            String shape = overload.isAggregate() ? "Aggregate" : "Scalar";
            this.writer = start(name, BASE + (overload.hasDecimal() ? "Decimal" : "Wasm") + shape);
        }

        byte[] write() {
            int transientField = Opcodes.ACC_PRIVATE | Opcodes.ACC_TRANSIENT;
            writer.visitField(transientField, "guest", "L" + InterfaceClass.GUEST + ";", null, null).visitEnd();
            guest();
            signature();
            if (overload.isAggregate()) {
                create();
                change("accumulate");
                if (overload.retract()) {
                    change("retract");
                }
                if (overload.merge()) {
                    merge();
                }
                value();
            } else {
                eval();
            }
            writer.visitEnd();
            return writer.toByteArray();
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
                method.invokevirtual(
                        SIGNATURE, "state", "(Ljava/lang/String;Ljava/lang/String;)" + SIGNATURE_TYPE, false);
            }
            method.aconst(overload.result().type());
            method.iconst(overload.result().notNull() ? 1 : 0);
            method.invokevirtual(SIGNATURE, "result", "(Ljava/lang/String;Z)" + SIGNATURE_TYPE, false);
            Methods.end(method, OBJECT);
        }

        private void eval() {
            Type result = internal(overload.result().type());
            InstructionAdapter method =
                    Methods.start(writer, Opcodes.ACC_PUBLIC, "eval", Type.getMethodDescriptor(result, arguments()));
            skipNulls(method, 1, () -> {
                method.aconst(null);
                method.areturn(OBJECT);
            });
            guarded(method, "", 1, () -> {
                call(method, "eval", 1, -1);
                fit(method);
                method.checkcast(result);
                method.areturn(OBJECT);
            });
        }

        private void create() {
            InstructionAdapter method =
                    Methods.start(writer, Opcodes.ACC_PUBLIC, "createAccumulator", Type.getMethodDescriptor(ROW));
            guarded(method, "createAccumulator", -1, () -> {
                call(method, "create", -1, -1);
                method.areturn(OBJECT);
            });
        }

        private void value() {
            InstructionAdapter method =
                    Methods.start(writer, Opcodes.ACC_PUBLIC, "getValue", Type.getMethodDescriptor(OBJECT, ROW));
            guarded(method, "getValue", -1, () -> {
                call(method, "value", -1, 1);
                fit(method);
                method.areturn(OBJECT);
            });
        }

        /** {@code accumulate} and {@code retract}. */
        private void change(String function) {
            Type[] arguments = new Type[1 + overload.params().size()];
            arguments[0] = ROW;
            System.arraycopy(arguments(), 0, arguments, 1, overload.params().size());
            InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PUBLIC, function, Type.getMethodDescriptor(Type.VOID_TYPE, arguments));
            skipNulls(method, 2, () -> method.areturn(Type.VOID_TYPE));
            guarded(method, function, 2, () -> {
                call(method, function, 2, 1);
                method.areturn(Type.VOID_TYPE);
            });
        }

        private void merge() {
            InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PUBLIC, "merge", "(" + ROW.getDescriptor() + ITERABLE + ")V");
            guarded(method, "merge", -1, () -> {
                Label next = new Label();
                Label none = new Label();
                method.load(2, OBJECT);
                method.invokeinterface("java/lang/Iterable", "iterator", "()Ljava/util/Iterator;");
                method.store(3, OBJECT);
                method.mark(next);
                method.load(3, OBJECT);
                method.invokeinterface("java/util/Iterator", "hasNext", "()Z");
                method.ifeq(none);
                load(method);
                state(method, 1);
                method.load(3, OBJECT);
                method.invokeinterface("java/util/Iterator", "next", "()Ljava/lang/Object;");
                method.checkcast(ROW);
                method.invokestatic(calls, "state", "()L" + InterfaceClass.RECORD + ";", false);
                String generic = "(" + ROW.getDescriptor() + "L" + InterfaceClass.RECORD + ";)"
                        + StateRow.FLINK.type().getDescriptor();
                method.invokestatic(DATA, "generic", generic, false);
                method.invokestatic(calls, "merge", InterfaceClass.descriptor("merge", 0, StateRow.FLINK), false);
                method.goTo(next);
                method.mark(none);
                method.areturn(Type.VOID_TYPE);
            });
        }

        private Type[] arguments() {
            return overload.params().stream().map(param -> internal(param.type())).toArray(Type[]::new);
        }

        /** Leaves where an argument is null that must not be. */
        private void skipNulls(InstructionAdapter method, int first, Runnable leave) {
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

        private void load(InstructionAdapter method) {
            method.load(0, OBJECT);
            method.invokevirtual(name, "guest", "()L" + InterfaceClass.GUEST + ";", false);
        }

        private void state(InstructionAdapter method, int local) {
            method.load(local, OBJECT);
            method.checkcast(StateRow.FLINK.type());
        }

        /** Calls a function of the component; {@code state} and {@code first} are locals, -1 where it takes none. */
        private void call(InstructionAdapter method, String function, int first, int state) {
            load(method);
            if (state >= 0) {
                state(method, state);
            }
            int arguments = first < 0 ? 0 : overload.params().size();
            for (int param = 0; param < arguments; param++) {
                method.load(first + param, OBJECT);
            }
            method.invokestatic(calls, function, InterfaceClass.descriptor(function, arguments, StateRow.FLINK), false);
        }

        /** Gives a decimal on the stack the scale that the call was planned with. */
        private void fit(InstructionAdapter method) {
            if (overload.result().type().startsWith("DECIMAL")) {
                method.load(0, OBJECT);
                method.invokevirtual(name, "scale", "()I", false);
                method.invokestatic(DATA, "decimal", "(Ljava/lang/Object;I)Ljava/lang/Object;", false);
            }
        }

        /**
         * The body, with what it throws told by the base: of which call, and with which arguments.
         *
         * @param call what the base is told; empty for a scalar, which has one call
         * @param first the local of the first argument, -1 without any
         */
        private void guarded(InstructionAdapter method, String call, int first, Runnable body) {
            Label start = new Label();
            Label handler = new Label();
            method.visitTryCatchBlock(start, handler, handler, "java/lang/RuntimeException");
            method.mark(start);
            body.run();
            method.mark(handler);
            int failure = 4 + overload.params().size();
            method.store(failure, OBJECT);
            method.load(0, OBJECT);
            if (!call.isEmpty()) {
                method.aconst(call);
            }
            method.load(failure, OBJECT);
            int arguments = first < 0 ? 0 : overload.params().size();
            method.iconst(arguments);
            method.newarray(OBJECT);
            for (int param = 0; param < arguments; param++) {
                method.dup();
                method.iconst(param);
                method.load(first + param, OBJECT);
                method.astore(OBJECT);
            }
            String descriptor = (call.isEmpty() ? "(" : "(Ljava/lang/String;")
                    + "Ljava/lang/RuntimeException;[Ljava/lang/Object;)Ljava/lang/RuntimeException;";
            method.invokevirtual(name, "failure", descriptor, false);
            method.athrow();
            method.visitMaxs(0, 0);
            method.visitEnd();
        }
    }
}

package streamfn.pack;

import java.util.List;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Column;
import streamfn.pack.Description.Overload;

/** The class behind one signature in ksqlDB: it extends one of {@code plugins/jvm/ksqldb} and calls the component. */
final class KsqldbOverload {
    private static final String BASE = "streamfn/ksqldb/";
    private static final String OBJECTS = "[Ljava/lang/Object;";
    private static final String TEXT = "Ljava/lang/String;";
    private static final Type OBJECT = Type.getType(Object.class);

    private final String name;
    private final String sqlName;
    private final Overload overload;
    private final String plugin;
    private final String calls;
    private ClassWriter writer;

    /**
     * @param plugin the class that holds the program
     * @param calls the class of the interface
     */
    KsqldbOverload(String name, String sqlName, Overload overload, String plugin, String calls) {
        this.name = name;
        this.sqlName = sqlName;
        this.overload = overload;
        this.plugin = plugin;
        this.calls = calls;
    }

    /** The class file. */
    byte[] write() {
        StringBuilder params = new StringBuilder();
        for (Column param : overload.params()) {
            params.append(params.isEmpty() ? "" : ", ").append(param.type()).append(param.notNull() ? " NOT NULL" : "");
        }
        String result = overload.result().type();
        boolean aggregate = overload.isAggregate();
        boolean keyed = overload.isKeyed();
        String base = BASE
                + switch (overload.shape()) {
                    case "aggregate" -> overload.retract() ? "WasmTableUdaf" : "WasmUdaf";
                    case "keyed" -> overload.retract() ? "WasmKeyedTableUdaf" : "WasmKeyedUdaf";
                    case "table" -> "WasmUdtf";
                    default -> "WasmUdf";
                };
        writer = KsqldbClasses.start(0, name, base);
        List<String> texts = aggregate || keyed
                ? List.of(sqlName, params.toString(), KsqldbTypes.state(overload), result)
                : List.of(sqlName, params.toString(), result);
        InstructionAdapter constructor = Methods.start(writer, 0, "<init>", "()V");
        constructor.load(0, OBJECT);
        texts.forEach(constructor::aconst);
        if (keyed) {
            constructor.iconst(overload.multiset() ? 1 : 0);
            constructor.iconst(overload.most());
        }
        String more = keyed ? "ZI)V" : ")V";
        constructor.invokespecial(base, "<init>", "(" + TEXT.repeat(texts.size()) + more, false);
        Methods.end(constructor, Type.VOID_TYPE);
        int arguments = overload.params().size();
        if (aggregate) {
            create();
            change("callAccumulate", "accumulate", arguments);
            if (overload.retract()) {
                change("callRetract", "retract", arguments);
            }
            if (overload.merge()) {
                merge();
            }
            value();
        } else if (keyed) {
            entries();
        } else {
            String function = overload.shape().equals("table") ? "rows" : "eval";
            String given = function.equals("rows") ? "Ljava/util/List;" : "Ljava/lang/Object;";
            InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "call", "(" + OBJECTS + ")" + given);
            guest(code);
            elements(code, 1, arguments);
            invoke(code, function, arguments);
            code.checkcast(Type.getType(given));
            Methods.end(code, OBJECT);
        }
        writer.visitEnd();
        return writer.toByteArray();
    }

    /** The calls of a keyed aggregate: all take and give objects. */
    private void entries() {
        int arguments = overload.params().size();
        String object = "Ljava/lang/Object;";
        InstructionAdapter key = Methods.start(writer, Opcodes.ACC_PROTECTED, "callKey", "(" + OBJECTS + ")" + object);
        guest(key);
        elements(key, 1, arguments);
        key.invokestatic(calls, "key", InterfaceClass.descriptor(arguments), false);
        Methods.end(key, OBJECT);
        entry("callAccumulate", "accumulate", arguments);
        if (overload.retract()) {
            entry("callRetract", "retract", arguments);
        }
        if (overload.merge()) {
            InstructionAdapter merge =
                    Methods.start(writer, Opcodes.ACC_PROTECTED, "callMerge", "(" + object.repeat(2) + ")" + object);
            guest(merge);
            merge.load(1, OBJECT);
            merge.load(2, OBJECT);
            merge.invokestatic(calls, "merge", InterfaceClass.descriptor(2), false);
            Methods.end(merge, OBJECT);
        }
        if (overload.value()) {
            InstructionAdapter value =
                    Methods.start(writer, Opcodes.ACC_PROTECTED, "callValue", "(" + object + ")" + object);
            guest(value);
            value.load(1, OBJECT);
            value.invokestatic(calls, "value", InterfaceClass.descriptor(1), false);
            Methods.end(value, OBJECT);
        }
    }

    private void entry(String name, String function, int arguments) {
        InstructionAdapter code = Methods.start(
                writer, Opcodes.ACC_PROTECTED, name, "(Ljava/lang/Object;" + OBJECTS + ")Ljava/lang/Object;");
        guest(code);
        code.load(1, OBJECT);
        elements(code, 2, arguments);
        code.invokestatic(calls, function, InterfaceClass.descriptor(1 + arguments), false);
        Methods.end(code, OBJECT);
    }

    private void create() {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "callCreate", "()" + OBJECTS);
        guest(code);
        invoke(code, "create", 0);
        Methods.end(code, OBJECT);
    }

    /** The array that comes in is ours alone: it is changed and given back. */
    private void change(String name, String function, int arguments) {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, name, "(" + OBJECTS + OBJECTS + ")" + OBJECTS);
        guest(code);
        code.load(1, OBJECT);
        elements(code, 2, arguments);
        invoke(code, function, arguments);
        code.load(1, OBJECT);
        Methods.end(code, OBJECT);
    }

    private void merge() {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "callMerge", "(" + OBJECTS + OBJECTS + ")" + OBJECTS);
        guest(code);
        code.load(1, OBJECT);
        code.load(2, OBJECT);
        invoke(code, "merge", 0);
        code.load(1, OBJECT);
        Methods.end(code, OBJECT);
    }

    private void value() {
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PROTECTED, "callValue", "(" + OBJECTS + ")Ljava/lang/Object;");
        guest(code);
        code.load(1, OBJECT);
        invoke(code, "value", 0);
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

    private void invoke(InstructionAdapter code, String function, int arguments) {
        code.invokestatic(calls, function, InterfaceClass.descriptor(function, arguments, StateRow.KSQLDB), false);
    }
}

package streamfn.pack;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Overload;

/** A function of one row in Flink: a scalar, or a table function. */
final class FlinkRow extends FlinkFunction {
    FlinkRow(String name, String sqlName, Overload overload, Component component) {
        super(name, sqlName, overload, component);
    }

    @Override
    void methods() {
        boolean table = overload.isTable();
        Type result = table ? Type.VOID_TYPE : internal(overload.result().type());
        InstructionAdapter method =
                Methods.start(writer, Opcodes.ACC_PUBLIC, "eval", Type.getMethodDescriptor(result, arguments()));
        skipNulls(method, 1, () -> {
            if (!table) {
                method.aconst(null);
            }
            method.areturn(table ? Type.VOID_TYPE : OBJECT);
        });
        guarded(method, "eval", 1, 1 + overload.params().size(), () -> {
            if (table) {
                method.load(0, OBJECT);
            }
            loadGuest(method);
            loadArguments(method, 1);
            String descriptor = InterfaceClass.descriptor(overload.params().size());
            method.invokestatic(calls, table ? "rows" : "eval", descriptor, false);
            fit(method);
            if (table) {
                method.iconst(columns());
                method.invokevirtual(name, "emit", "(Ljava/lang/Object;I)V", false);
                method.areturn(Type.VOID_TYPE);
            } else {
                method.checkcast(result);
                method.areturn(OBJECT);
            }
        });
    }

    /** How many columns a row has; 0 where it is a value. */
    private int columns() {
        String type = overload.result().type();
        return type.startsWith("ROW<") ? SqlTypes.parts(type).size() : 0;
    }
}

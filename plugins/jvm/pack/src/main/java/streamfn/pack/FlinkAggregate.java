package streamfn.pack;

import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Overload;

/** An aggregate in Flink, whose accumulator is the row that the component's state is there. */
final class FlinkAggregate extends FlinkFunction {
    private static final StateRow STATE = StateRow.FLINK;

    FlinkAggregate(String name, String sqlName, Overload overload, Component component) {
        super(name, sqlName, overload, component);
    }

    @Override
    void methods() {
        create();
        change("accumulate");
        if (overload.retract()) {
            change("retract");
        }
        if (overload.merge()) {
            merge();
        }
        value();
    }

    private void create() {
        InstructionAdapter method =
                Methods.start(writer, Opcodes.ACC_PUBLIC, "createAccumulator", Type.getMethodDescriptor(ROW));
        guarded(method, "createAccumulator", -1, 1, () -> {
            loadGuest(method);
            invoke(method, "create", 0);
            method.areturn(OBJECT);
        });
    }

    private void value() {
        InstructionAdapter method =
                Methods.start(writer, Opcodes.ACC_PUBLIC, "getValue", Type.getMethodDescriptor(OBJECT, ROW));
        guarded(method, "getValue", -1, 2, () -> {
            loadGuest(method);
            state(method);
            invoke(method, "value", 0);
            fit(method);
            method.areturn(OBJECT);
        });
    }

    /** {@code accumulate} and {@code retract}. */
    private void change(String function) {
        int count = overload.params().size();
        Type[] arguments = new Type[1 + count];
        arguments[0] = ROW;
        System.arraycopy(arguments(), 0, arguments, 1, count);
        InstructionAdapter method = Methods.start(
                writer, Opcodes.ACC_PUBLIC, function, Type.getMethodDescriptor(Type.VOID_TYPE, arguments));
        skipNulls(method, 2, () -> method.areturn(Type.VOID_TYPE));
        guarded(method, function, 2, 2 + count, () -> {
            loadGuest(method);
            state(method);
            loadArguments(method, 2);
            invoke(method, function, count);
            method.areturn(Type.VOID_TYPE);
        });
    }

    private void merge() {
        InstructionAdapter method =
                Methods.start(writer, Opcodes.ACC_PUBLIC, "merge", "(" + ROW.getDescriptor() + ITERABLE + ")V");
        guarded(method, "merge", -1, 4, () -> {
            Label next = new Label();
            Label none = new Label();
            method.load(2, OBJECT);
            method.invokeinterface("java/lang/Iterable", "iterator", "()Ljava/util/Iterator;");
            method.store(3, OBJECT);
            method.mark(next);
            method.load(3, OBJECT);
            method.invokeinterface("java/util/Iterator", "hasNext", "()Z");
            method.ifeq(none);
            loadGuest(method);
            state(method);
            method.load(3, OBJECT);
            method.invokeinterface("java/util/Iterator", "next", "()Ljava/lang/Object;");
            method.checkcast(ROW);
            method.invokestatic(calls, "state", "()L" + InterfaceClass.RECORD + ";", false);
            String generic = "(" + ROW.getDescriptor() + "L" + InterfaceClass.RECORD + ";)" + STATE.type().getDescriptor();
            method.invokestatic(DATA, "generic", generic, false);
            invoke(method, "merge", 0);
            method.goTo(next);
            method.mark(none);
            method.areturn(Type.VOID_TYPE);
        });
    }

    private static void state(InstructionAdapter method) {
        method.load(1, OBJECT);
        method.checkcast(STATE.type());
    }

    private void invoke(InstructionAdapter method, String function, int arguments) {
        method.invokestatic(calls, function, InterfaceClass.descriptor(function, arguments, STATE), false);
    }
}

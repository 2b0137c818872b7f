package streamfn.pack;

import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Overload;

/** A keyed aggregate in Flink, whose accumulator is a map that Flink keeps: of it only the touched entry goes in and out. */
final class FlinkKeyedAggregate extends FlinkFunction {
    private static final Type ENTRIES = Type.getObjectType(BASE + "Entries");
    private static final String OF_OBJECT = "Ljava/lang/Object;";

    FlinkKeyedAggregate(String name, String sqlName, Overload overload, Component component) {
        super(name, sqlName, overload, component);
    }

    @Override
    void methods() {
        change("accumulate");
        if (overload.retract()) {
            change("retract");
        }
        if (overload.merge()) {
            merge();
        }
        if (overload.value()) {
            value();
        }
    }

    /** {@code accumulate} and {@code retract}: the key, its entry, and what the component makes of that. */
    private void change(String function) {
        int count = overload.params().size();
        Type[] arguments = new Type[1 + count];
        arguments[0] = ENTRIES;
        System.arraycopy(arguments(), 0, arguments, 1, count);
        InstructionAdapter method = Methods.start(
                writer, Opcodes.ACC_PUBLIC, function, Type.getMethodDescriptor(Type.VOID_TYPE, arguments));
        skipNulls(method, 2, () -> method.areturn(Type.VOID_TYPE));
        int prepared = 2 + count;
        int key = prepared + count;
        int before = key + 1;
        guarded(method, function, 2, before + 1, () -> {
            prepare(method, prepared);
            loadGuest(method);
            loadPrepared(method, prepared);
            method.invokestatic(calls, "key", InterfaceClass.descriptor(count), false);
            ownKey(method, prepared);
            method.store(key, OBJECT);
            Label there = new Label();
            method.load(key, OBJECT);
            method.ifnonnull(there);
            method.areturn(Type.VOID_TYPE);
            method.mark(there);

            method.load(0, OBJECT);
            method.load(key, OBJECT);
            method.invokevirtual(name, "key", "(" + OF_OBJECT + ")" + OF_OBJECT, false);
            method.store(key, OBJECT);
            method.load(0, OBJECT);
            method.load(1, OBJECT);
            method.load(key, OBJECT);
            method.invokevirtual(name, "get", "(" + ENTRIES.getDescriptor() + OF_OBJECT + ")" + OF_OBJECT, false);
            method.store(before, OBJECT);

            method.load(0, OBJECT);
            method.load(1, OBJECT);
            method.load(key, OBJECT);
            method.load(before, OBJECT);
            loadGuest(method);
            method.load(before, OBJECT);
            loadPrepared(method, prepared);
            method.invokestatic(calls, function, InterfaceClass.descriptor(1 + count), false);
            method.invokevirtual(name, "set", "(" + ENTRIES.getDescriptor() + OF_OBJECT.repeat(3) + ")V", false);
            method.areturn(Type.VOID_TYPE);
        });
    }

    /** Both calls get the same arguments: what is costly to read is read once. */
    private void prepare(InstructionAdapter method, int prepared) {
        loadArguments(method, 2);
        for (int param = overload.params().size() - 1; param >= 0; param--) {
            if (overload.params().get(param).isText()) {
                method.invokestatic(DATA, "prepared", "(" + OF_OBJECT + ")" + OF_OBJECT, false);
            }
            method.store(prepared + param, OBJECT);
        }
    }

    private void loadPrepared(InstructionAdapter method, int prepared) {
        for (int param = 0; param < overload.params().size(); param++) {
            method.load(prepared + param, OBJECT);
        }
    }

    /** A key that is the first text among the arguments comes back as what that was prepared to. */
    private void ownKey(InstructionAdapter method, int prepared) {
        for (int param = 0; param < overload.params().size(); param++) {
            if (overload.params().get(param).isText()) {
                method.load(prepared + param, OBJECT);
                method.load(2 + param, OBJECT);
                method.invokestatic(DATA, "key", "(" + OF_OBJECT.repeat(3) + ")" + OF_OBJECT, false);
                return;
            }
        }
    }

    private void merge() {
        InstructionAdapter merge =
                Methods.start(writer, Opcodes.ACC_PUBLIC, "merge", "(" + ENTRIES.getDescriptor() + ITERABLE + ")V");
        merge.load(0, OBJECT);
        merge.load(1, OBJECT);
        merge.load(2, OBJECT);
        merge.invokevirtual(name, "mergeAll", "(" + ENTRIES.getDescriptor() + ITERABLE + ")V", false);
        Methods.end(merge, Type.VOID_TYPE);

        InstructionAdapter call =
                Methods.start(writer, Opcodes.ACC_PROTECTED, "callMerge", "(" + OF_OBJECT.repeat(2) + ")" + OF_OBJECT);
        loadGuest(call);
        call.load(1, OBJECT);
        call.load(2, OBJECT);
        call.invokestatic(calls, "merge", InterfaceClass.descriptor(2), false);
        Methods.end(call, OBJECT);
    }

    private void value() {
        InstructionAdapter call =
                Methods.start(writer, Opcodes.ACC_PROTECTED, "callValue", "([" + OF_OBJECT + ")" + OF_OBJECT);
        loadGuest(call);
        call.load(1, OBJECT);
        call.invokestatic(calls, "value", InterfaceClass.descriptor(1), false);
        Methods.end(call, OBJECT);
    }
}

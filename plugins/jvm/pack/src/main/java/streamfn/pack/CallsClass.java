package streamfn.pack;

import java.util.List;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.wasm.types.ValType;
import streamfn.bridge.Calls;
import streamfn.bridge.Plan;

/**
 * The subclass of {@link Calls} for one component, which also makes the machine of an instance. Each plan has a method of
 * its own, so that a component of many functions has no method that is too large to be compiled.
 */
final class CallsClass {
    private static final String CALLS = Type.getInternalName(Calls.class);
    static final String MEMORY = Type.getDescriptor(Memory.class);
    static final String INSTANCE = Type.getDescriptor(Instance.class);
    private static final String CALL = "([J" + MEMORY + INSTANCE + ")J";
    private static final String ALLOCATE = "(II" + MEMORY + INSTANCE + ")I";
    private static final String POST_RETURN = "(J" + MEMORY + INSTANCE + ")V";
    private static final Type OBJECT = Type.getType(Object.class);
    /** What zero-extends an int's bits. */
    private static final long LOW = 0xffff_ffffL;

    private final ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS | ClassWriter.COMPUTE_FRAMES);
    private final String name;
    private final Code code;
    private final List<Plan> plans;

    private CallsClass(String name, Code code, List<Plan> plans) {
        this.name = name;
        this.code = code;
        this.plans = plans;
    }

    /** The class file of {@code name}, an internal name. */
    static byte[] of(String name, Code code, List<Plan> plans) {
        return new CallsClass(name, code, plans).write();
    }

    private byte[] write() {
        String function = "java/util/function/Function";
        writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL, name, null, CALLS, new String[] {function});
        InstructionAdapter constructor = Methods.start(writer, Opcodes.ACC_PUBLIC, "<init>", "()V");
        constructor.load(0, OBJECT);
        constructor.invokespecial(CALLS, "<init>", "()V", false);
        Methods.end(constructor, Type.VOID_TYPE);

        InstructionAdapter apply = Methods.start(writer, Opcodes.ACC_PUBLIC, "apply", "(Ljava/lang/Object;)Ljava/lang/Object;");
        apply.anew(Type.getObjectType(code.machine));
        apply.dup();
        apply.load(1, OBJECT);
        apply.checkcast(Type.getType(Instance.class));
        apply.invokespecial(code.machine, "<init>", "(" + INSTANCE + ")V", false);
        Methods.end(apply, Type.getType(Machine.class));

        for (int plan = 0; plan < plans.size(); plan++) {
            call(plan, code.target(plans.get(plan).function));
            if (plans.get(plan).realloc != null) {
                allocate(plan, code.target(plans.get(plan).realloc));
            }
            if (plans.get(plan).postReturn != null) {
                postReturn(plan, code.target(plans.get(plan).postReturn));
            }
        }
        dispatch("call", CALL, plan -> true);
        dispatch("allocate", ALLOCATE, plan -> plan.realloc != null);
        dispatch("postReturn", POST_RETURN, plan -> plan.postReturn != null);
        writer.visitEnd();
        return writer.toByteArray();
    }

    private void call(int plan, Code.Target target) {
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, "call" + plan, CALL);
        int at = 0;
        for (ValType type : target.type().params()) {
            method.load(0, OBJECT);
            method.iconst(at++);
            method.aload(Type.LONG_TYPE);
            fromBits(method, type);
        }
        method.load(1, OBJECT);
        method.load(2, OBJECT);
        invoke(method, target);
        if (target.type().returns().isEmpty()) {
            method.lconst(0);
        } else {
            toBits(method, target.type().returns().get(0));
        }
        Methods.end(method, Type.LONG_TYPE);
    }

    private void allocate(int plan, Code.Target target) {
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, "allocate" + plan, ALLOCATE);
        method.iconst(0);
        method.iconst(0);
        method.load(0, Type.INT_TYPE);
        method.load(1, Type.INT_TYPE);
        method.load(2, OBJECT);
        method.load(3, OBJECT);
        invoke(method, target);
        Methods.end(method, Type.INT_TYPE);
    }

    private void postReturn(int plan, Code.Target target) {
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, "postReturn" + plan, POST_RETURN);
        for (ValType type : target.type().params()) {
            method.load(0, Type.LONG_TYPE);
            fromBits(method, type);
        }
        method.load(2, OBJECT);
        method.load(3, OBJECT);
        invoke(method, target);
        Methods.end(method, Type.VOID_TYPE);
    }

    /** The method of {@link Calls} that goes to the one of its plan. */
    private void dispatch(String method, String descriptor, java.util.function.Predicate<Plan> has) {
        String declared = "(I" + descriptor.substring(1);
        InstructionAdapter code = Methods.start(writer, Opcodes.ACC_PUBLIC, method, declared);
        Type result = Type.getReturnType(declared);
        Label none = new Label();
        Label[] labels = new Label[plans.size()];
        for (int plan = 0; plan < labels.length; plan++) {
            labels[plan] = has.test(plans.get(plan)) ? new Label() : none;
        }
        code.load(1, Type.INT_TYPE);
        code.tableswitch(0, labels.length - 1, none, labels);
        for (int plan = 0; plan < labels.length; plan++) {
            if (labels[plan] == none) {
                continue;
            }
            code.mark(labels[plan]);
            int local = 2;
            for (Type type : Type.getArgumentTypes(descriptor)) {
                code.load(local, type);
                local += type.getSize();
            }
            code.invokestatic(name, method + plan, descriptor, false);
            code.areturn(result);
        }
        code.mark(none);
        code.anew(Type.getType(IllegalStateException.class));
        code.dup();
        code.invokespecial("java/lang/IllegalStateException", "<init>", "()V", false);
        code.athrow();
        code.visitMaxs(0, 0);
        code.visitEnd();
    }

    /** Calls a compiled function whose arguments, memory and instance are on the stack. */
    static void invoke(InstructionAdapter method, Code.Target target) {
        StringBuilder descriptor = new StringBuilder("(");
        target.type().params().forEach(type -> descriptor.append(jvm(type).getDescriptor()));
        descriptor.append(MEMORY).append(INSTANCE).append(")");
        descriptor.append(target.type().returns().isEmpty() ? "V" : jvm(target.type().returns().get(0)).getDescriptor());
        method.invokestatic(target.owner(), target.name(), descriptor.toString(), false);
    }

    static Type jvm(ValType type) {
        if (type.equals(ValType.I32)) {
            return Type.INT_TYPE;
        }
        if (type.equals(ValType.I64)) {
            return Type.LONG_TYPE;
        }
        if (type.equals(ValType.F32)) {
            return Type.FLOAT_TYPE;
        }
        if (type.equals(ValType.F64)) {
            return Type.DOUBLE_TYPE;
        }
        throw new PackException("wanted a function over numbers, found one over " + type);
    }

    static void fromBits(InstructionAdapter method, ValType type) {
        Type jvm = jvm(type);
        if (jvm == Type.INT_TYPE || jvm == Type.FLOAT_TYPE) {
            method.cast(Type.LONG_TYPE, Type.INT_TYPE);
        }
        if (jvm == Type.FLOAT_TYPE) {
            method.invokestatic("java/lang/Float", "intBitsToFloat", "(I)F", false);
        }
        if (jvm == Type.DOUBLE_TYPE) {
            method.invokestatic("java/lang/Double", "longBitsToDouble", "(J)D", false);
        }
    }

    static void toBits(InstructionAdapter method, ValType type) {
        Type jvm = jvm(type);
        if (jvm == Type.DOUBLE_TYPE) {
            method.invokestatic("java/lang/Double", "doubleToRawLongBits", "(D)J", false);
        }
        if (jvm == Type.FLOAT_TYPE) {
            method.invokestatic("java/lang/Float", "floatToRawIntBits", "(F)I", false);
        }
        if (jvm == Type.FLOAT_TYPE || jvm == Type.INT_TYPE) {
            method.cast(Type.INT_TYPE, Type.LONG_TYPE);
            method.lconst(LOW);
            method.and(Type.LONG_TYPE);
        }
    }
}

package streamfn.pack;

import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.bridge.Calls;
import streamfn.bridge.Data;
import streamfn.bridge.Limits;
import streamfn.bridge.Program;

/** The class that holds the one {@link Program} of a jar, made when the first function is called. */
final class PluginClass {
    static final String PROGRAM = Type.getInternalName(Program.class);
    static final String PROGRAM_TYPE = Type.getDescriptor(Program.class);
    private static final String LIMITS = Type.getInternalName(Limits.class);
    private static final String LOAD = "(Ljava/lang/Class;Ljava/util/function/Function;" + Type.getDescriptor(Calls.class)
            + Type.getDescriptor(Data.class) + Type.getDescriptor(Limits.class) + ")" + PROGRAM_TYPE;

    private PluginClass() {}

    /**
     * @param calls the subclass of {@link Calls} that is also the factory of machines
     * @param data the engine's own {@link Data}
     */
    static byte[] of(String name, String calls, String data, Limits limits) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL, name, null, "java/lang/Object", null);
        int constant = Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC | Opcodes.ACC_FINAL;
        writer.visitField(constant, "PROGRAM", PROGRAM_TYPE, null, null).visitEnd();
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_STATIC, "<clinit>", "()V");
        method.tconst(Type.getObjectType(name));
        Methods.create(method, calls);
        Methods.create(method, calls);
        Methods.create(method, data);
        method.anew(Type.getObjectType(LIMITS));
        method.dup();
        method.lconst(limits.millis());
        method.iconst(limits.memory());
        method.iconst(limits.result());
        method.invokespecial(LIMITS, "<init>", "(JII)V", false);
        method.invokestatic(PROGRAM, "load", LOAD, false);
        method.putstatic(name, "PROGRAM", PROGRAM_TYPE);
        Methods.end(method, Type.VOID_TYPE);
        writer.visitEnd();
        return writer.toByteArray();
    }
}

package streamfn.pack;

import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;

/** How every method of a generated class begins and ends. */
final class Methods {
    private Methods() {}

    static InstructionAdapter start(ClassWriter writer, int access, String name, String descriptor) {
        InstructionAdapter method = new InstructionAdapter(writer.visitMethod(access, name, descriptor, null, null));
        method.visitCode();
        return method;
    }

    /** Gives back what is on the stack. */
    static void end(InstructionAdapter method, Type result) {
        method.areturn(result);
        method.visitMaxs(0, 0);
        method.visitEnd();
    }

    /** Puts a new object on the stack, of a class whose constructor takes nothing. */
    static void create(InstructionAdapter method, String type) {
        method.anew(Type.getObjectType(type));
        method.dup();
        method.invokespecial(type, "<init>", "()V", false);
    }
}

package streamfn.pack;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import streamfn.bridge.Guest;
import streamfn.bridge.Program;

/** Calls the methods of a class that {@link InterfaceClass} made. */
final class InterfaceCall {
    private InterfaceCall() {}

    /** A class with the field that an interface's class reads the program from. */
    static byte[] plugin(String name) {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, name, null, "java/lang/Object", null);
        writer.visitField(
                Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "PROGRAM", PluginClass.PROGRAM_TYPE, null, null)
                .visitEnd();
        writer.visitEnd();
        return writer.toByteArray();
    }

    /** The interface's class among those of the loader, over this program. */
    static Class<?> open(ClassLoader loader, Program program) {
        try {
            loader.loadClass("mirror.Plugin").getField("PROGRAM").set(null, program);
            return loader.loadClass("mirror.Interface");
        } catch (ReflectiveOperationException broken) {
            throw new IllegalStateException(broken);
        }
    }

    static Object of(Class<?> generated, String function, Guest guest, Object[] arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = guest;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        for (Method method : generated.getMethods()) {
            if (method.getName().equals(function)) {
                try {
                    return method.invoke(null, all);
                } catch (InvocationTargetException thrown) {
                    throw (RuntimeException) thrown.getCause();
                } catch (IllegalAccessException broken) {
                    throw new IllegalStateException(broken);
                }
            }
        }
        throw new IllegalArgumentException("wanted " + function + " in " + generated + ", found none");
    }
}

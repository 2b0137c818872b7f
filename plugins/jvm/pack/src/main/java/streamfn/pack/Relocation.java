package streamfn.pack;

import java.util.Set;
import java.util.regex.Pattern;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.commons.Remapper;

/**
 * Moves classes into a package of the component's own. Two packed jars then share none of these, whatever versions they hold,
 * and the JVM profiles each component's calls by themselves.
 */
final class Relocation {
    /** What moves, by the beginning of an internal name. */
    private static final Set<String> MOVED = Set.of("run/endive/", "streamfn/bridge/", "streamfn/flink/", "streamfn/ksqldb/");

    private static final String GROWTH = "streamfn/bridge/Growth";
    private static final String OPERATIONS = "streamfn/bridge/Floats";
    /** What computes with floats and is no instruction of the JVM. */
    private static final Pattern FLOATS =
            Pattern.compile("F(32|64)_(SQRT|MIN|MAX|CEIL|FLOOR|TRUNC|NEAREST)|sqrt|min|max|ceil|floor|rint");
    private static final Set<String> GROWS = Set.of("memoryGrow", "tableGrow", "tableGrowRef");

    private final String root;
    private final Remapper remapper = new Remapper(Opcodes.ASM9) {
        @Override
        public String map(String name) {
            return moved(name);
        }
    };

    /** @param root the package to move to, as {@code a/b/} */
    Relocation(String root) {
        this.root = root;
    }

    /** Where the class, or a resource beside it, is in the jar. */
    String moved(String name) {
        for (String prefix : MOVED) {
            if (name.startsWith(prefix)) {
                return root + name;
            }
        }
        return name;
    }

    /** The class with all its names moved. */
    byte[] move(byte[] bytes) {
        ClassWriter writer = new ClassWriter(0);
        new ClassReader(bytes).accept(new ClassRemapper(writer, remapper), 0);
        return writer.toByteArray();
    }

    /**
     * A compiled class made public, for the functions are in other packages, and with growth of memory and tables going
     * through the bridge, which remembers where it was denied, as do floats whose bits would not be those of other hosts.
     */
    static byte[] open(byte[] bytes) {
        ClassWriter writer = new ClassWriter(0);
        ClassVisitor opened = new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public void visit(
                    int version, int access, String name, String signature, String superName, String[] interfaces) {
                super.visit(version, access | Opcodes.ACC_PUBLIC, name, signature, superName, interfaces);
            }

            @Override
            public MethodVisitor visitMethod(
                    int access, String name, String descriptor, String signature, String[] exceptions) {
                return new MethodVisitor(
                        Opcodes.ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
                    @Override
                    public void visitMethodInsn(
                            int opcode, String owner, String method, String descriptor, boolean isInterface) {
                        String type = Type.getReturnType(descriptor).getDescriptor();
                        boolean number = type.equals("F") || type.equals("D");
                        if (number && method.matches("F(32|64)_ABS|abs")) {
                            super.visitMethodInsn(opcode, OPERATIONS, "absolute", descriptor, false);
                            return;
                        }
                        if (method.equals("F32_CONVERT_I64_U")) {
                            super.visitMethodInsn(opcode, OPERATIONS, "convert", descriptor, false);
                            return;
                        }
                        boolean growth = owner.endsWith("Shaded") && GROWS.contains(method);
                        super.visitMethodInsn(opcode, growth ? GROWTH : owner, method, descriptor, isInterface);
                        if (number && FLOATS.matcher(method).matches()) {
                            canonical(type);
                        }
                    }

                    @Override
                    public void visitInsn(int opcode) {
                        super.visitInsn(opcode);
                        switch (opcode) {
                            case Opcodes.FADD, Opcodes.FSUB, Opcodes.FMUL, Opcodes.FDIV, Opcodes.D2F -> canonical("F");
                            case Opcodes.DADD, Opcodes.DSUB, Opcodes.DMUL, Opcodes.DDIV, Opcodes.F2D -> canonical("D");
                            default -> {}
                        }
                    }

                    private void canonical(String type) {
                        String descriptor = "(" + type + ")" + type;
                        super.visitMethodInsn(Opcodes.INVOKESTATIC, OPERATIONS, "canonical", descriptor, false);
                    }
                };
            }
        };
        new ClassReader(bytes).accept(opened, 0);
        return writer.toByteArray();
    }
}

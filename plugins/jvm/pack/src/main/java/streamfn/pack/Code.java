package streamfn.pack;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ObjIntConsumer;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodTooLargeException;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.CodeSizeEvaluator;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.internal.ByteClassCollector;
import run.endive.compiler.internal.Compiler;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.Export;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.Instruction;

/** A core module compiled to JVM classes: the function with index N is the static method {@code func_N} of some class. */
final class Code {
    /** HotSpot never compiles a method of more bytecodes. */
    private static final int HUGE = 8_000;

    private static final String FUNCTION = "func_";

    private final WasmModule module;
    /** The class that makes a machine of an instance, by its internal name. */
    final String machine;
    /** By internal name. */
    final Map<String, byte[]> classes = new TreeMap<>();
    /** Functions whose methods HotSpot leaves to its interpreter, each with its size. */
    final List<String> huge = new ArrayList<>();

    private final Map<Integer, String> owners = new TreeMap<>();

    /** @param machine the internal name to give to the machine's class; the others' names begin with it */
    Code(WasmModule module, String machine) {
        this.module = module;
        this.machine = machine;
        refuseTailCalls();
        try {
            Compiler.builder(module)
                    .withClassName(machine.replace('/', '.'))
                    .withInterpreterFallback(InterpreterFallback.FAIL)
                    .withClassCollectorFactory(ByteClassCollector::new)
                    .build()
                    .compile()
                    .classBytes()
                    .forEach((name, bytes) -> classes.put(name.replace('.', '/'), bytes));
        } catch (WasmEngineException refused) {
            // It says which, by index and name, after the last of several sentences.
            String message = String.valueOf(refused.getMessage());
            int function = message.indexOf("WASM function index");
            throw message.contains("Java method size") && function >= 0
                    ? tooLarge(message.substring(function + "WASM ".length()))
                    : notSupported(refused);
        }
        classes.replaceAll((name, bytes) -> opened(bytes));
        classes.forEach(this::look);
    }

    private byte[] opened(byte[] bytes) {
        try {
            return Relocation.open(bytes);
        } catch (MethodTooLargeException large) {
            throw tooLarge(large.getMethodName().startsWith(FUNCTION)
                    ? nameOf(Integer.parseInt(large.getMethodName().substring(FUNCTION.length())))
                    : large.getMethodName());
        }
    }

    private static PackException tooLarge(String function) {
        return new PackException("wanted functions that fit into methods of the JVM, found one that does not: " + function
                + "; make it smaller, or build with opt-level \"s\"");
    }

    /** A core module as the JVM's runtime reads it. */
    static WasmModule parse(byte[] bytes) {
        try {
            return Parser.parse(bytes);
        } catch (WasmEngineException refused) {
            throw notSupported(refused);
        }
    }

    private static PackException notSupported(WasmEngineException refused) {
        return new PackException("wanted code that the JVM's runtime can compile, found: " + refused.getMessage()
                + "; build without that feature (in Rust: -C target-feature, such as -simd128)");
    }

    /** A function is called directly, and a tail call would come back before it is made: with a wrong result. */
    private void refuseTailCalls() {
        for (int at = 0; at < module.codeSection().functionBodyCount(); at++) {
            for (Instruction instruction : module.codeSection().getFunctionBody(at).instructions()) {
                switch (instruction.opcode()) {
                    case RETURN_CALL, RETURN_CALL_INDIRECT, RETURN_CALL_REF ->
                        throw new PackException("wanted code without tail calls, found one in "
                                + nameOf(module.importSection().importCount() + at)
                                + "; build without them (in Rust: -C target-feature=-tail-call)");
                    default -> {}
                }
            }
        }
    }

    private void look(String owner, byte[] bytes) {
        measure(bytes, (name, size) -> {
            if (name.startsWith(FUNCTION)) {
                int function = Integer.parseInt(name.substring(FUNCTION.length()));
                owners.put(function, owner);
                note(nameOf(function), size);
            }
        });
    }

    /** Looks at the class around an interface's functions: a large state makes large methods. */
    void look(byte[] bytes, String interfaceName) {
        measure(bytes, (name, size) -> note("what is around " + name + " of " + interfaceName, size));
    }

    private void note(String what, int size) {
        if (size > HUGE) {
            huge.add(what + " (" + size + " bytecodes)");
        }
    }

    /** Each method's name and at most how large it is. */
    private static void measure(byte[] bytes, ObjIntConsumer<String> size) {
        ClassVisitor visitor = new ClassVisitor(Opcodes.ASM9) {
            @Override
            public MethodVisitor visitMethod(
                    int access, String name, String descriptor, String signature, String[] exceptions) {
                return new CodeSizeEvaluator(null) {
                    @Override
                    public void visitEnd() {
                        size.accept(name, getMaxSize());
                    }
                };
            }
        };
        new ClassReader(bytes).accept(visitor, ClassReader.SKIP_FRAMES);
    }

    private String nameOf(int function) {
        String name = module.nameSection() == null ? null : module.nameSection().nameOfFunction(function);
        return name == null ? "function " + function : name;
    }

    /** The function behind an export. */
    Target target(String export) {
        for (int at = 0; at < module.exportSection().exportCount(); at++) {
            Export candidate = module.exportSection().getExport(at);
            if (candidate.name().equals(export) && candidate.exportType() == ExternalType.FUNCTION) {
                int type = module.functionSection().getFunctionType(candidate.index());
                return new Target(
                        owners.get(candidate.index()),
                        "func_" + candidate.index(),
                        module.typeSection().getType(type));
            }
        }
        throw new PackException("wanted the function " + export + " in the core module, found none");
    }

    /** A static method, with the type of the core function; the memory and the instance come after its parameters. */
    record Target(String owner, String name, FunctionType type) {}
}

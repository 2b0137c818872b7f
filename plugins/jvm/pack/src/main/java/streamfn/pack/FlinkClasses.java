package streamfn.pack;

import java.util.List;
import java.util.Map;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import streamfn.pack.Description.Overload;
import streamfn.pack.Description.SqlFunction;

/**
 * The classes that Flink registers: one for each signature, which {@link FlinkFunction} makes, and one that chooses among
 * several of a SQL name.
 */
final class FlinkClasses {
    private static final Type OBJECT = Type.getType(Object.class);

    private final String plugin;
    private final Map<String, byte[]> classes;

    /**
     * @param plugin the class that holds the program
     * @param classes where the classes go, by internal name
     */
    FlinkClasses(String plugin, Map<String, byte[]> classes) {
        this.plugin = plugin;
        this.classes = classes;
    }

    /** @param calls the class of each overload's interface, in their order */
    void add(SqlFunction function, List<String> calls) {
        boolean several = function.overloads().size() > 1;
        for (int at = 0; at < function.overloads().size(); at++) {
            Overload overload = function.overloads().get(at);
            String name = several ? overload.className() : function.className();
            put(name, FlinkFunction.of(name, function.name(), overload, new FlinkFunction.Component(plugin, calls.get(at))));
        }
        if (several) {
            put(function.className(), overloaded(function));
        }
    }

    private void put(String name, byte[] bytes) {
        if (classes.put(name, bytes) != null) {
            throw new PackException("wanted a class for each function, found two called " + name.replace('/', '.')
                    + ": rename one of them in the WIT");
        }
    }

    private byte[] overloaded(SqlFunction function) {
        String shape = FlinkFunction.shape(function.overloads().get(0));
        String element = FlinkFunction.BASE + "Wasm" + shape;
        ClassWriter writer = FlinkFunction.start(function.className(), FlinkFunction.BASE + "Overloaded" + shape);
        InstructionAdapter method = Methods.start(writer, Opcodes.ACC_PROTECTED, "functions", "()[L" + element + ";");
        method.iconst(function.overloads().size());
        method.newarray(Type.getObjectType(element));
        for (int at = 0; at < function.overloads().size(); at++) {
            String name = function.overloads().get(at).className();
            method.dup();
            method.iconst(at);
            Methods.create(method, name);
            method.astore(OBJECT);
        }
        Methods.end(method, OBJECT);
        writer.visitEnd();
        return writer.toByteArray();
    }
}

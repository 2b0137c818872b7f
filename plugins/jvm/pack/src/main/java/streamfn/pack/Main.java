package streamfn.pack;

import java.io.IOException;
import java.io.StringReader;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import streamfn.bridge.Data;
import streamfn.bridge.Plan;
import streamfn.bridge.Program;
import streamfn.bridge.Tree;
import streamfn.pack.Description.Overload;
import streamfn.pack.Description.SqlFunction;

/** {@code java -jar streamfn-pack.jar DIRECTORY OUT.jar}: what the directory describes, as the jar. */
public final class Main {
    /** What of this program's own jar goes into every jar that it makes. */
    private static final List<String> LIBRARIES = List.of("run/endive/runtime/", "run/endive/wasm/", "streamfn/bridge/");

    private static final int REFUSED = 2;

    private Main() {}

    public static void main(String[] arguments) throws IOException, URISyntaxException {
        Path directory = Path.of(arguments[0]);
        try {
            pack(directory, Path.of(arguments[1]));
        } catch (PackException refused) {
            System.err.println(refused.getMessage());
            // Any other exception ends the program with 1.
            System.exit(REFUSED);
        }
    }

    private static void pack(Path directory, Path out) throws IOException, URISyntaxException {
        Tree plan = Tree.read(new StringReader(Files.readString(directory.resolve("plan.txt"))));
        Description description =
                Description.read(Tree.read(new StringReader(Files.readString(directory.resolve("pack.txt")))));
        Jar jar = new Jar();
        String engine = "streamfn/" + description.engine() + "/";
        List<String> libraries = new ArrayList<>(LIBRARIES);
        libraries.add(engine);
        Relocation relocation = new Relocation(description.root());
        ownClasses(libraries).forEach((name, bytes) -> jar.add(relocation.moved(name) + ".class", relocation.move(bytes)));

        List<Plan> plans = Program.plans(plan, new Data());
        Code code = new Code(Code.parse(Files.readAllBytes(directory.resolve("main.wasm"))), description.root() + "Code");
        Map<String, byte[]> classes = new TreeMap<>(code.classes);
        String calls = description.root() + "Calls";
        classes.put(calls, CallsClass.of(calls, code, plans));
        String plugin = description.root() + "Plugin";
        boolean flink = description.engine().equals("flink");
        String data = flink ? engine + "FlinkData" : "streamfn/bridge/Data";
        classes.put(plugin, PluginClass.of(plugin, calls, data, description.limits()));
        StateRow row = flink ? StateRow.FLINK : StateRow.KSQLDB;
        for (SqlFunction function : description.functions()) {
            List<String> interfaces = new ArrayList<>();
            for (Overload overload : function.overloads()) {
                String name = description.root() + "I" + classes.size();
                byte[] around = new InterfaceClass(name, plugin, code, row, overload.isKeyed())
                        .of(overload.interfaceName(), plans);
                code.look(around, overload.interfaceName());
                classes.put(name, around);
                interfaces.add(name);
            }
            if (flink) {
                new FlinkClasses(plugin, classes).add(function, interfaces);
            } else {
                new KsqldbClasses(description.digest().substring(0, 12), plugin, classes).add(function, interfaces);
            }
        }
        classes.forEach((name, bytes) -> jar.add(name + ".class", relocation.move(bytes)));
        jar.add(description.root() + "module.wasm", Files.readAllBytes(directory.resolve("module.wasm")));
        jar.add(description.root() + "plan.txt", Files.readAllBytes(directory.resolve("plan.txt")));
        jar.add("META-INF/streamfn/" + description.file(), Files.readAllBytes(directory.resolve("plugin.wasm")));
        for (String licence : List.of("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY")) {
            jar.add("META-INF/streamfn/" + licence, resource(licence));
        }
        jar.write(out);
        for (String huge : code.huge) {
            System.out.println("HotSpot never compiles a method of more than 8,000 bytecodes, and will interpret " + huge
                    + ": make the function smaller, or build with opt-level \"s\"");
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (var in = Main.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IOException("wanted " + name + " in the packer's own jar, found none");
            }
            return in.readAllBytes();
        }
    }

    /** The classes of this program's jar below the packages, by internal name. */
    private static Map<String, byte[]> ownClasses(List<String> packages) throws IOException, URISyntaxException {
        Map<String, byte[]> classes = new TreeMap<>();
        Path own = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (JarFile jar = new JarFile(own.toFile())) {
            for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
                JarEntry entry = entries.nextElement();
                String name = entry.getName();
                if (name.endsWith(".class") && packages.stream().anyMatch(name::startsWith)) {
                    String internal = name.substring(0, name.length() - ".class".length());
                    classes.put(internal, jar.getInputStream(entry).readAllBytes());
                }
            }
        }
        return classes;
    }
}

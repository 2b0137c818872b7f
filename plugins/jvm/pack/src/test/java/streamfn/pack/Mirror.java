package streamfn.pack;

import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;
import java.util.TreeMap;
import java.util.function.Function;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;
import streamfn.bridge.CallException;
import streamfn.bridge.Calls;
import streamfn.bridge.Composite;
import streamfn.bridge.Data;
import streamfn.bridge.Guest;
import streamfn.bridge.Limits;
import streamfn.bridge.Plan;
import streamfn.bridge.Program;
import streamfn.bridge.Refused;
import streamfn.bridge.Tree;

/**
 * Makes calls that a test of the harness wrote into a directory, and writes down what came back: the JVM's side of
 * {@code harness/tests/support/calls.rs}. For each N there are N.wasm, N.plan and N.calls; N.results comes from here, a line
 * a call: the answer, how many milliseconds it took, and whether the thread was left interrupted.
 */
final class Mirror {
    private Mirror() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        for (int number = 0; Files.exists(directory.resolve(number + ".wasm")); number++) {
            Files.writeString(directory.resolve(number + ".results"), results(directory, number));
        }
    }

    private static String results(Path directory, int number) throws Exception {
        Tree plan = tree(directory.resolve(number + ".plan"));
        Tree calls = tree(directory.resolve(number + ".calls"));
        byte[] module = Files.readAllBytes(directory.resolve(number + ".wasm"));
        Code code = new Code(Parser.parse(module), "mirror/Code");
        Program program = program(code, module, plan, limits(calls.find("limits")));
        Guest guest = program.guest();
        Class<?> generated = calls.find("generated") == null ? null : generated(code, plan, program);
        StringBuilder results = new StringBuilder();
        Runnable make = () -> {
            for (Tree call : calls.from(1)) {
                if (call.size() > 1 && call.part(0).text().contains("/")) {
                    results.append(made(guest, call, calls.find("interrupt"), generated)).append('\n');
                }
            }
        };
        Tree stack = calls.find("stack");
        Thread thread = new Thread(null, make, "calls", stack == null ? 0 : stack.part(1).number());
        thread.start();
        thread.join();
        return results.toString();
    }

    static Limits limits(Tree tree) {
        return new Limits(tree.part(1).number(), tree.part(2).number(), tree.part(3).number());
    }

    /**
     * One call; with a generated class it is made by that too, in a fresh instance, and both must give the same.
     * {@code (interrupt MILLIS)} has the thread interrupted so long after its start.
     */
    private static String made(Guest guest, Tree call, Tree interrupt, Class<?> generated) {
        Timer host = new Timer(true);
        if (interrupt != null) {
            Thread thread = Thread.currentThread();
            TimerTask task = new TimerTask() {
                @Override
                public void run() {
                    thread.interrupt();
                }
            };
            if (interrupt.part(1).number() == 0) {
                task.run();
            } else {
                host.schedule(task, interrupt.part(1).number());
            }
        }
        long start = System.nanoTime();
        String result = result(guest, call, null);
        if (generated != null) {
            String other = result(guest.program().guest(), call, generated);
            result = result.equals(other) ? result : "(differs " + result + " " + other + ")";
        }
        long took = (System.nanoTime() - start) / 1_000_000;
        host.cancel();
        return result + "\t" + took + "\t" + (Thread.interrupted() ? "interrupted" : "-");
    }

    static Tree tree(Path file) throws IOException {
        return Tree.read(new StringReader(Files.readString(file)));
    }

    static Program program(byte[] module, Tree tree, Limits limits) {
        return program(new Code(Parser.parse(module), "mirror/Code"), module, tree, limits);
    }

    private static Program program(Code code, byte[] module, Tree tree, Limits limits) {
        List<Plan> plans = Program.plans(tree, new Data());
        Map<String, byte[]> classes = new TreeMap<>(code.classes);
        classes.put("mirror/Functions", CallsClass.of("mirror/Functions", code, plans));
        Object functions = load(classes, "mirror.Functions");
        @SuppressWarnings("unchecked")
        Function<Instance, Machine> machine = (Function<Instance, Machine>) functions;
        return new Program(module, machine, (Calls) functions, tree, new Data(), limits);
    }

    /** The class that a packed jar has for the interface of these plans. */
    private static Class<?> generated(Code code, Tree tree, Program program) {
        Map<String, byte[]> classes = new TreeMap<>(code.classes);
        classes.put("mirror/Plugin", InterfaceCall.plugin("mirror/Plugin"));
        String interfaceName = tree.find("function").part(1).text();
        List<Plan> plans = Program.plans(tree, new Data());
        classes.put(
                "mirror/Interface",
                new InterfaceClass("mirror/Interface", "mirror/Plugin", code, StateRow.KSQLDB, false).of(interfaceName, plans));
        return InterfaceCall.open(loader(classes), program);
    }

    static Object load(Map<String, byte[]> classes, String name) {
        try {
            return loader(classes).loadClass(name).getConstructor().newInstance();
        } catch (ReflectiveOperationException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static ClassLoader loader(Map<String, byte[]> classes) {
        return new ClassLoader(Mirror.class.getClassLoader()) {
            @Override
            protected Class<?> findClass(String wanted) throws ClassNotFoundException {
                byte[] bytes = classes.get(wanted.replace('.', '/'));
                if (bytes == null) {
                    throw new ClassNotFoundException(wanted);
                }
                return defineClass(wanted, bytes, 0, bytes.length);
            }
        };
    }

    private static String result(Guest guest, Tree call, Class<?> generated) {
        Object[] arguments = call.from(2).stream().map(Mirror::value).toArray();
        try {
            return text(generated == null
                    ? guest.call(guest.program().plan(call.part(0).text(), call.part(1).text()), arguments)
                    : InterfaceCall.of(generated, call.part(1).text(), guest, arguments));
        } catch (Refused refusal) {
            return "(refused " + quoted(refusal.getMessage()) + ")";
        } catch (CallException failure) {
            String kind = failure.kind().name().toLowerCase().replace('_', '-');
            return "(" + kind + " " + quoted(failure.getMessage()) + ")";
        }
    }

    static Object value(Tree tree) {
        if (tree.word() != null) {
            return tree.word().equals("none") ? null : (Object) Boolean.parseBoolean(tree.word());
        }
        return switch (tree.head()) {
            case "byte" -> Byte.valueOf(tree.part(1).text());
            case "short" -> Short.valueOf(tree.part(1).text());
            case "int" -> Integer.valueOf(tree.part(1).text());
            case "long" -> Long.valueOf(tree.part(1).text());
            case "float" -> Float.intBitsToFloat(Integer.parseUnsignedInt(tree.part(1).text(), 16));
            case "double" -> Double.longBitsToDouble(Long.parseUnsignedLong(tree.part(1).text(), 16));
            case "text" -> tree.part(1).text();
            // UTF-16, which need not be text.
            case "units" -> units(tree.part(1).text());
            case "bytes" -> HexFormat.of().parseHex(tree.size() == 1 ? "" : tree.part(1).text());
            case "list" -> new ArrayList<>(Arrays.asList(values(tree)));
            case "record" -> values(tree);
            case "case" -> new Composite.Case(tree.part(1).number(), tree.size() == 2 ? null : value(tree.part(2)));
            case "decimal" -> new BigDecimal(new BigInteger(tree.part(1).text()), tree.part(2).number());
            default -> throw new IllegalArgumentException(tree.toString());
        };
    }

    private static String units(String hex) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < hex.length(); at += 4) {
            text.append((char) Integer.parseInt(hex.substring(at, at + 4), 16));
        }
        return text.toString();
    }

    private static Object[] values(Tree tree) {
        return tree.from(1).stream().map(Mirror::value).toArray();
    }

    static String text(Object value) {
        if (value == null) {
            return "none";
        }
        if (value instanceof Float number) {
            return "(float " + Integer.toHexString(Float.floatToRawIntBits(number)) + ")";
        }
        if (value instanceof Double number) {
            return "(double " + Long.toHexString(Double.doubleToRawLongBits(number)) + ")";
        }
        if (value instanceof Number number && !(value instanceof BigDecimal)) {
            String word = number.getClass().getSimpleName().toLowerCase().replace("integer", "int");
            return "(" + word + " " + number + ")";
        }
        if (value instanceof BigDecimal decimal) {
            return "(decimal " + decimal.unscaledValue() + " " + decimal.scale() + ")";
        }
        if (value instanceof String text) {
            return "(text " + quoted(text) + ")";
        }
        if (value instanceof byte[] bytes) {
            return "(bytes" + (bytes.length == 0 ? "" : " " + HexFormat.of().formatHex(bytes)) + ")";
        }
        if (value instanceof List<?> list) {
            return "(list" + all(list.toArray()) + ")";
        }
        if (value instanceof Object[] fields) {
            return "(record" + all(fields) + ")";
        }
        if (value instanceof Composite.Case chosen) {
            return "(case " + chosen.index() + (chosen.payload() == null ? "" : " " + text(chosen.payload())) + ")";
        }
        return value.toString();
    }

    private static String all(Object[] values) {
        StringBuilder text = new StringBuilder();
        for (Object value : values) {
            text.append(' ').append(text(value));
        }
        return text.toString();
    }

    /** As the harness writes it: {@code portable::quoted}. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                default -> quoted.append(c < ' ' || c == 0x7f ? String.format("\\%03o", (int) c) : String.valueOf(c));
            }
        }
        return quoted.append('"').toString();
    }
}

package streamfn.bridge;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;

/** A component made ready once, shared by threads: its module, its compiled code, its plans. */
public final class Program {
    /** The most flat parameters that a call has; more travel in memory. */
    static final int MAX_FLAT_PARAMS = 16;

    final WasmModule module;
    final Function<Instance, Machine> machine;
    final Calls calls;
    final Limits limits;
    final List<Tree> starts;
    /** Which component this is, for whoever reads of its failure; empty if nobody has said. */
    final String origin;
    private final List<Plan> plans;
    private final Map<String, Plan> byName = new HashMap<>();

    /** The guest of the thread that asks, for engines that share a function between threads. */
    private final ThreadLocal<Guest> guests = ThreadLocal.withInitial(this::guest);

    /**
     * @param module the core module without its code
     * @param machine the compiled code
     * @param calls ways into it, by the order of the plans
     * @param plan what {@code streamfn pack} wrote: {@code (plan (component DIGEST) (start NAME…) (function INTERFACE NAME (call …))…)}
     */
    public Program(byte[] module, Function<Instance, Machine> machine, Calls calls, Tree plan, Data data, Limits limits) {
        this.module = Parser.parse(module);
        this.machine = machine;
        this.calls = calls;
        this.limits = limits;
        this.starts = plan.find("start") == null ? List.of() : plan.find("start").from(1);
        Tree component = plan.find("component");
        this.origin = component == null ? "" : " (component sha256 " + component.part(1).text() + ")";
        this.plans = plans(plan, data);
        for (Plan function : plans) {
            byName.put(function.name, function);
        }
    }

    /** The plans of a program, by their index. */
    public static List<Plan> plans(Tree plan, Data data) {
        List<Plan> plans = new ArrayList<>();
        for (Tree part : plan.from(1)) {
            if (part.parts() != null && part.head().equals("function")) {
                String name = part.part(1).text() + "#" + part.part(2).text();
                plans.add(new Plan(name, part.part(3), plans.size(), data));
            }
        }
        return plans;
    }

    /** The module, and its plan, as resources beside a class of the packed jar. */
    public static Program load(
            Class<?> beside, Function<Instance, Machine> machine, Calls calls, Data data, Limits limits) {
        try (InputStream module = resource(beside, "module.wasm");
                InputStream plan = resource(beside, "plan.txt")) {
            Tree tree = Tree.read(new InputStreamReader(plan, StandardCharsets.UTF_8));
            return new Program(module.readAllBytes(), machine, calls, tree, data, limits);
        } catch (IOException broken) {
            throw new UncheckedIOException("the packed jar of " + beside.getName() + " can't be read; pack it again", broken);
        }
    }

    private static InputStream resource(Class<?> beside, String name) throws IOException {
        InputStream resource = beside.getResourceAsStream(name);
        if (resource == null) {
            throw new IOException("wanted " + name + " beside " + beside.getName() + ", found none");
        }
        return resource;
    }

    /** A function of an interface, both by their WIT names. */
    public Plan plan(String interfaceName, String function) {
        Plan plan = byName.get(interfaceName + "#" + function);
        if (plan == null) {
            throw new IllegalArgumentException(
                    "wanted " + function + " of " + interfaceName + ", found " + byName.keySet() + "; pack the jar again");
        }
        return plan;
    }

    Plan plan(int index) {
        return plans.get(index);
    }

    /** An instance, for one thread at a time. It costs nothing until the first call. */
    public Guest guest() {
        return new Guest(this);
    }

    /** The instance of the thread that asks. */
    public Guest guestOfThread() {
        return guests.get();
    }
}

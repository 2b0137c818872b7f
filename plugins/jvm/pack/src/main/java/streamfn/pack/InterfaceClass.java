package streamfn.pack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;
import run.endive.wasm.types.ValType;
import streamfn.bridge.Composite;
import streamfn.bridge.Guest;
import streamfn.bridge.Plan;

/**
 * A class for one WIT interface, with a static method for each of its functions: it lowers the arguments, calls the
 * compiled function directly, and lifts the result.
 *
 * <p>Arguments and results are objects. A state is what the engine has for a row, and each of its columns is a field of
 * it; {@code accumulate}, {@code retract} and {@code merge} change the state they are given, once the call has succeeded.
 * The entries of a keyed aggregate are objects too, and those three give the new one back.
 * Plans and types are static finals, so that the JVM's compiler folds the walk over a type away.
 */
final class InterfaceClass {
    static final String GUEST = Type.getInternalName(Guest.class);
    private static final String GUEST_TYPE = Type.getDescriptor(Guest.class);
    private static final String PLAN = Type.getInternalName(Plan.class);
    private static final String PLAN_TYPE = Type.getDescriptor(Plan.class);
    private static final String TYPE = Type.getInternalName(streamfn.bridge.Type.class);
    private static final String TYPE_TYPE = Type.getDescriptor(streamfn.bridge.Type.class);
    private static final String LOAD_BEFORE = "(" + GUEST_TYPE + "ILjava/lang/Object;)Ljava/lang/Object;";
    static final String RECORD = Type.getInternalName(Composite.Record.class);
    private static final Type OBJECT = Type.getType(Object.class);

    private final ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS | ClassWriter.COMPUTE_FRAMES);
    private final String name;
    private final String plugin;
    private final Code code;
    private final StateRow row;
    private final boolean keyed;
    /** How each constant is made, by its name, once the plan of its function is on the stack. */
    private final Map<String, Constant> constants = new LinkedHashMap<>();

    private record Constant(String function, String descriptor, java.util.function.Consumer<InstructionAdapter> make) {}

    /**
     * @param name the internal name to give it
     * @param plugin the class that holds the program
     * @param keyed whether it is of a keyed aggregate, whose functions take entries and no state
     */
    InterfaceClass(String name, String plugin, Code code, StateRow row, boolean keyed) {
        this.name = name;
        this.plugin = plugin;
        this.code = code;
        this.row = row;
        this.keyed = keyed;
    }

    /** The class file, with a method for each plan of the interface. */
    byte[] of(String interfaceName, List<Plan> plans) {
        writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL, name, null, "java/lang/Object", null);
        for (Plan plan : plans) {
            if (plan.name.startsWith(interfaceName + "#")) {
                String function = plan.name.substring(interfaceName.length() + 1);
                new Method(function, plan).write();
                if (function.equals("merge") && !keyed) {
                    state();
                }
            }
        }
        initialiser(interfaceName);
        writer.visitEnd();
        return writer.toByteArray();
    }

    /** What the method of a function takes and gives. */
    static String descriptor(String function, int arguments, StateRow row) {
        String objects = OBJECT.getDescriptor().repeat(arguments);
        String state = row.type().getDescriptor();
        return switch (function) {
            case "create" -> "(" + GUEST_TYPE + ")" + state;
            case "accumulate", "retract" -> "(" + GUEST_TYPE + state + objects + ")V";
            case "merge" -> "(" + GUEST_TYPE + state + state + ")V";
            case "value" -> "(" + GUEST_TYPE + state + ")" + OBJECT.getDescriptor();
            default -> descriptor(arguments);
        };
    }

    /** Of a function without a state: a row's, or any of a keyed aggregate. */
    static String descriptor(int arguments) {
        return "(" + GUEST_TYPE + OBJECT.getDescriptor().repeat(arguments) + ")" + OBJECT.getDescriptor();
    }

    /** A method that gives the type of the state, to read one by that comes in another class. */
    private void state() {
        String record = "L" + RECORD + ";";
        InstructionAdapter method =
                Methods.start(writer, Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "state", "()" + record);
        constants.put("STATE", new Constant("merge", record, made -> {
            made.iconst(0);
            made.invokevirtual(PLAN, "param", "(I)" + TYPE_TYPE, false);
            made.checkcast(Type.getObjectType(RECORD));
        }));
        method.getstatic(name, "STATE", record);
        Methods.end(method, OBJECT);
    }

    /** Sets the constants. Each is made by a method of its own: together they may be too much for one. */
    private void initialiser(String interfaceName) {
        InstructionAdapter all = Methods.start(writer, Opcodes.ACC_STATIC, "<clinit>", "()V");
        constants.forEach((constant, how) -> {
            writer.visitField(Opcodes.ACC_STATIC | Opcodes.ACC_FINAL, constant, how.descriptor, null, null).visitEnd();
            String descriptor = "()" + how.descriptor;
            InstructionAdapter one = Methods.start(writer, Opcodes.ACC_STATIC, "make_" + constant, descriptor);
            one.getstatic(plugin, "PROGRAM", PluginClass.PROGRAM_TYPE);
            one.aconst(interfaceName);
            one.aconst(how.function);
            one.invokevirtual(
                    PluginClass.PROGRAM, "plan", "(Ljava/lang/String;Ljava/lang/String;)" + PLAN_TYPE, false);
            how.make.accept(one);
            Methods.end(one, OBJECT);
            all.invokestatic(name, "make_" + constant, descriptor, false);
            all.putstatic(name, constant, how.descriptor);
        });
        Methods.end(all, Type.VOID_TYPE);
    }

    /** One function's method. */
    private final class Method {
        private final String function;
        private final Plan plan;
        private final Code.Target target;
        private final InstructionAdapter method;
        private final boolean givesState;
        private int free;

        Method(String function, Plan plan) {
            this.function = function;
            this.plan = plan;
            this.target = code.target(plan.function);
            this.givesState = !keyed && List.of("create", "accumulate", "retract", "merge").contains(function);
            int states = takesState(1) ? 2 : takesState(0) ? 1 : 0;
            String descriptor = keyed
                    ? descriptor(plan.params.length)
                    : descriptor(function, plan.params.length - states, row);
            method = Methods.start(writer, Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, function, descriptor);
            free = 1 + plan.params.length;
        }

        private boolean takesState(int param) {
            return !keyed && switch (function) {
                case "accumulate", "retract", "value" -> param == 0;
                case "merge" -> param <= 1;
                default -> false;
            };
        }

        void write() {
            Label start = new Label();
            Label end = new Label();
            method.visitTryCatchBlock(start, end, end, "java/lang/Throwable");
            Label done = new Label();
            method.mark(start);
            guest();
            method.iconst(plan.index);
            method.invokevirtual(GUEST, "begin", "(I)V", false);
            if (plan.paramsInMemory()) {
                storeArguments();
            } else {
                lowerArguments();
            }
            guest();
            method.invokevirtual(GUEST, "memory", "()" + CallsClass.MEMORY, false);
            guest();
            method.invokevirtual(GUEST, "instance", "()" + CallsClass.INSTANCE, false);
            CallsClass.invoke(method, target);
            int result = lift();
            method.goTo(done);
            method.mark(end);
            int failure = free++;
            method.store(failure, OBJECT);
            guest();
            method.load(failure, OBJECT);
            method.invokevirtual(GUEST, "failed", "(Ljava/lang/Throwable;)Ljava/lang/RuntimeException;", false);
            method.athrow();
            method.mark(done);
            give(result);
            method.visitMaxs(0, 0);
            method.visitEnd();
        }

        private void guest() {
            method.load(0, Type.getType(Guest.class));
        }

        /** Loads a static final of this function's, which is made from its plan. */
        private void constant(String what, String descriptor, java.util.function.Consumer<InstructionAdapter> make) {
            String constant = function + "_" + what;
            constants.put(constant, new Constant(function, descriptor, make));
            method.getstatic(name, constant, descriptor);
        }

        private static void param(InstructionAdapter method, int param) {
            method.iconst(param);
            method.invokevirtual(PLAN, "param", "(I)" + TYPE_TYPE, false);
        }

        /** A type of the plan; {@code field} is a column of a state, -1 for the type itself. */
        private void type(boolean ofResult, int param, int field) {
            String what = (ofResult ? "RESULT" : "PARAM" + param) + (field < 0 ? "" : "_" + field);
            constant(what, TYPE_TYPE, made -> {
                if (ofResult) {
                    made.invokevirtual(PLAN, "result", "()" + TYPE_TYPE, false);
                } else {
                    param(made, param);
                }
                if (field >= 0) {
                    made.checkcast(Type.getObjectType(RECORD));
                    made.invokevirtual(RECORD, "types", "()[" + TYPE_TYPE, false);
                    made.iconst(field);
                    made.aload(OBJECT);
                }
            });
        }

        private void lowerArguments() {
            int flat = 0;
            for (int param = 0; param < plan.params.length; param++) {
                if (!takesState(param)) {
                    int argument = param;
                    flat = lower(plan.param(param), flat, () -> type(false, argument, -1), () -> load(argument));
                    continue;
                }
                streamfn.bridge.Type[] columns = ((Composite.Record) plan.param(param)).types();
                for (int column = 0; column < columns.length; column++) {
                    int state = param;
                    int field = column;
                    flat = lower(columns[column], flat, () -> type(false, state, field), () -> load(state, field));
                }
            }
        }

        private void load(int param) {
            method.load(1 + param, OBJECT);
        }

        private void load(int param, int field) {
            method.load(1 + param, row.type());
            row.get(method, field);
        }

        /** Puts the flat values of one argument on the stack. */
        private int lower(streamfn.bridge.Type type, int flat, Runnable loadType, Runnable loadValue) {
            for (int own = 0; own < type.flats(); own++) {
                loadType.run();
                guest();
                loadValue.run();
                method.iconst(own);
                method.invokeinterface(TYPE, "bits", "(" + GUEST_TYPE + "Ljava/lang/Object;I)J");
                CallsClass.fromBits(method, target.type().params().get(flat + own));
            }
            return flat + type.flats();
        }

        /** Writes the arguments into one tuple, and puts its address on the stack. */
        private void storeArguments() {
            guest();
            method.lconst(plan.paramsSize);
            method.iconst(plan.paramsAlign);
            method.invokevirtual(GUEST, "allocate", "(JI)I", false);
            int address = free++;
            method.store(address, Type.INT_TYPE);
            for (int param = 0; param < plan.params.length; param++) {
                int argument = param;
                if (!takesState(param)) {
                    store(address, plan.offsets[param], () -> type(false, argument, -1), () -> load(argument));
                    continue;
                }
                Composite.Record record = (Composite.Record) plan.param(param);
                for (int column = 0; column < record.types().length; column++) {
                    int field = column;
                    int offset = plan.offsets[param] + record.offsets()[column];
                    store(address, offset, () -> type(false, argument, field), () -> load(argument, field));
                }
            }
            method.load(address, Type.INT_TYPE);
        }

        private void store(int address, int offset, Runnable loadType, Runnable loadValue) {
            loadType.run();
            guest();
            loadValue.run();
            method.load(address, Type.INT_TYPE);
            method.iconst(offset);
            method.add(Type.INT_TYPE);
            method.invokeinterface(TYPE, "store", "(" + GUEST_TYPE + "Ljava/lang/Object;I)V");
        }

        /** Reads the result into locals, of which the first is given back, and ends the call. */
        private int lift() {
            ValType core = target.type().returns().get(0);
            int returned = free;
            free += CallsClass.jvm(core).getSize();
            method.store(returned, CallsClass.jvm(core));
            if (plan.postReturn != null) {
                guest();
                method.invokevirtual(GUEST, "owe", "()V", false);
            }
            int address = -1;
            if (plan.resultInMemory()) {
                guest();
                method.load(returned, Type.INT_TYPE);
                method.iconst(plan.resultSize);
                method.iconst(plan.resultAlign);
                if (plan.refusable()) {
                    method.iconst(plan.payload);
                }
                method.invokevirtual(
                        GUEST, plan.refusable() ? "accepted" : "result", plan.refusable() ? "(IIII)I" : "(III)I", false);
                address = free++;
                method.store(address, Type.INT_TYPE);
            }
            int first = free;
            if (plan.result() instanceof Composite.Record record) {
                // A state, or a row: field by field, so that each field's type is a constant.
                for (int field = 0; field < record.types().length; field++) {
                    lift(field, address, record.offsets()[field], returned, core);
                }
            } else {
                lift(-1, address, 0, returned, core);
            }
            if (plan.postReturn != null) {
                guest();
                method.load(returned, CallsClass.jvm(core));
                CallsClass.toBits(method, core);
                method.invokevirtual(GUEST, "postReturn", "(J)V", false);
            }
            guest();
            method.invokevirtual(GUEST, "finish", "()V", false);
            return first;
        }

        private void lift(int field, int address, int offset, int returned, ValType core) {
            type(true, 0, field);
            guest();
            if (address >= 0) {
                method.load(address, Type.INT_TYPE);
                method.iconst(offset);
                method.add(Type.INT_TYPE);
                int text = keyed && function.equals("key") ? text() : -1;
                if (isOfState(field)) {
                    load(0, field);
                    method.invokeinterface(TYPE, "load", LOAD_BEFORE);
                } else if (text >= 0) {
                    load(text);
                    method.invokeinterface(TYPE, "load", LOAD_BEFORE);
                } else {
                    method.invokeinterface(TYPE, "load", "(" + GUEST_TYPE + "I)Ljava/lang/Object;");
                }
            } else {
                method.load(returned, CallsClass.jvm(core));
                CallsClass.toBits(method, core);
                method.invokeinterface(TYPE, "lift", "(" + GUEST_TYPE + "J)Ljava/lang/Object;");
            }
            method.store(free++, OBJECT);
        }

        /** The argument that a key of text may well be; -1 without one. */
        private int text() {
            var text = streamfn.bridge.Type.Outside.TEXT;
            for (int param = 0; param < plan.params.length && plan.result().outside() == text; param++) {
                if (plan.param(param).outside() == text) {
                    return param;
                }
            }
            return -1;
        }

        /** Whether a field of the result may well be that field of the state that came in, and is of its class. */
        private boolean isOfState(int field) {
            return field >= 0
                    && takesState(0)
                    && plan.result() instanceof Composite.Record result
                    && plan.param(0) instanceof Composite.Record state
                    && field < state.types().length
                    && state.types()[field].outside() == result.types()[field].outside();
        }

        /** Gives the result back: a value, a new state, or the state that came in with all its fields set. */
        private void give(int first) {
            if (!givesState && plan.result() instanceof Composite.Record record) {
                record(first, record.types().length);
                method.areturn(OBJECT);
                return;
            }
            if (!givesState) {
                method.load(first, OBJECT);
                method.areturn(OBJECT);
                return;
            }
            int columns = ((Composite.Record) plan.result()).types().length;
            boolean fresh = function.equals("create");
            int state = fresh ? free++ : 1;
            if (fresh) {
                row.create(method, columns);
                method.store(state, row.type());
            }
            for (int column = 0; column < columns; column++) {
                int value = first + column;
                method.load(state, row.type());
                row.set(method, column, () -> method.load(value, OBJECT));
            }
            if (fresh) {
                method.load(state, row.type());
                method.areturn(row.type());
            } else {
                method.areturn(Type.VOID_TYPE);
            }
        }

        /** Puts the engine's own record of so many locals on the stack. */
        private void record(int first, int fields) {
            constant("RECORD", "L" + RECORD + ";", made -> {
                made.invokevirtual(PLAN, "result", "()" + TYPE_TYPE, false);
                made.checkcast(Type.getObjectType(RECORD));
            });
            method.iconst(fields);
            method.newarray(OBJECT);
            for (int field = 0; field < fields; field++) {
                method.dup();
                method.iconst(field);
                method.load(first + field, OBJECT);
                method.astore(OBJECT);
            }
            method.invokevirtual(RECORD, "of", "([Ljava/lang/Object;)Ljava/lang/Object;", false);
        }
    }
}

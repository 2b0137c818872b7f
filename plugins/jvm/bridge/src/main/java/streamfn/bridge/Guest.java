package streamfn.bridge;

import java.util.Arrays;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.WasmException;
import run.endive.runtime.WasmInterruptedException;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.MemoryLimits;

/** An instance of a program, for one thread at a time. It is made anew after a call that failed. */
public final class Guest {
    /** What one value takes in the host, for the result limit. */
    private static final int VALUE = 32;

    private final Program program;
    private final Watch watch;
    private final long[] flats = new long[Program.MAX_FLAT_PARAMS];
    private Instance instance;
    private Memory memory;
    /** The index of the plan under way: a number, because a reference written on every call costs a fence with G1. */
    private int plan;
    /** Bytes that the result under way may still take. */
    private long left;
    /** Whether the guest holds memory for the call under way that nothing would free if it ended now. */
    private boolean owing;
    /** Where {@link Pointed} put the argument that is being lowered. */
    long pointer;
    /** What {@link Encoded} made of the argument that is being lowered. */
    Object decoded;

    Guest(Program program) {
        this.program = program;
        this.watch = new Watch(program.limits.millis());
    }

    public Program program() {
        return program;
    }

    /**
     * Calls a function. A result declared {@code result<T, string>} comes back as T.
     *
     * @throws Refused the function's own err, or an argument that is no text
     * @throws CallException anything else; the instance is dropped
     */
    public Object call(Plan plan, Object... args) {
        if (args.length != plan.params.length) {
            throw new CallException(
                    CallException.Kind.ARGUMENT,
                    "argument: wanted " + plan.params.length + " arguments, found " + args.length);
        }
        try {
            begin(plan.index);
            lower(plan, args);
            long returned = program.calls.call(plan.index, flats, memory, instance);
            if (plan.postReturn != null) {
                owe();
            }
            Object result = lift(plan, returned);
            if (plan.postReturn != null) {
                postReturn(returned);
            }
            finish();
            return result;
        } catch (Throwable failure) {
            throw failed(failure);
        }
    }

    private void lower(Plan plan, Object[] args) {
        Arrays.fill(flats, 0);
        if (plan.paramsInMemory()) {
            int start = allocate(plan.paramsSize, plan.paramsAlign);
            for (int index = 0; index < args.length; index++) {
                plan.params[index].store(this, args[index], start + plan.offsets[index]);
            }
            flats[0] = Integer.toUnsignedLong(start);
            return;
        }
        int at = 0;
        for (int index = 0; index < args.length; index++) {
            plan.params[index].lower(this, args[index], flats, at);
            at += plan.params[index].flats();
        }
    }

    private Object lift(Plan plan, long returned) {
        if (plan.refusable()) {
            int address = accepted((int) returned, plan.resultSize, plan.resultAlign, plan.payload);
            return plan.result == null ? null : plan.result.load(this, address);
        }
        if (plan.result == null) {
            return null;
        }
        return plan.resultInMemory()
                ? plan.result.load(this, result((int) returned, plan.resultSize, plan.resultAlign))
                : plan.result.lift(this, returned);
    }

    // What a packed function calls around its own lowering and lifting, in this order.

    /** Readies the instance for one call by the plan of this index; its clock starts now. */
    public void begin(int plan) {
        this.plan = plan;
        left = program.limits.result();
        owing = false;
        Growth.forget();
        watch.begin();
        if (instance == null) {
            instantiate();
        }
    }

    public Memory memory() {
        return memory;
    }

    public Instance instance() {
        return instance;
    }

    /** Says that the guest has returned what only its post-return frees. */
    public void owe() {
        owing = true;
    }

    /** Where the result is that the guest points to. */
    public int result(int returned, int size, int align) {
        range(returned, size, align, "the result");
        return returned;
    }

    /** Where what {@code ok} holds is, of a result that may be an {@code err}; both hold it at {@code payload}. */
    public int accepted(int returned, int size, int align, int payload) {
        int address = result(returned, size, align);
        if (which(memory.read(address) & 0xff, 2) == 0) {
            return address + payload;
        }
        String reason = reason(address + payload);
        if (program.plan(plan).postReturn != null) {
            postReturn(Integer.toUnsignedLong(returned));
        }
        owing = false;
        throw new Refused(reason);
    }

    /** Lets the guest free its result, which has been read; only where the plan has a post-return. */
    public void postReturn(long returned) {
        program.calls.postReturn(plan, returned, memory, instance);
    }

    /** Ends the call. */
    public void finish() {
        if (watch.end()) {
            throw late();
        }
    }

    /** Ends a call that failed, in whatever way, and says why in our terms. */
    public RuntimeException failed(Throwable failure) {
        if (watch.end()) {
            drop();
            return late().of(program.origin);
        }
        if (failure instanceof Refused refusal) {
            // Refused rows are many: what each leaves behind would be a memory limit for a row that did nothing.
            if (owing) {
                drop();
            }
            return refusal;
        }
        drop();
        return (failure instanceof CallException known ? known : inOurTerms(failure)).of(program.origin);
    }

    private void drop() {
        instance = null;
        memory = null;
    }

    private CallException late() {
        return new CallException(
                CallException.Kind.TIME_LIMIT, "time limit: still running after " + program.limits.millis() + " ms");
    }

    /** The sentence of an err. */
    private String reason(int address) {
        int start = memory.readInt(address);
        int length = memory.readInt(address + 4);
        range(start, Integer.toUnsignedLong(length), 1, "the reason");
        charge(length);
        return Data.decode(memory.readBytes(start, length));
    }

    private void instantiate() {
        Instance fresh = Instance.builder(program.module)
                .withMachineFactory(program.machine)
                .withMemoryLimits(memoryLimits())
                .withMemoryFactory(ByteArrayMemory::new)
                .withStart(false)
                .build();
        Growth.limitTables(fresh, program.limits.memory());
        for (Tree start : program.starts) {
            fresh.export(start.text()).apply();
        }
        instance = fresh;
        memory = fresh.memory();
    }

    /** The module's own, but no more than the limit. */
    private MemoryLimits memoryLimits() {
        var declared = program.module.memorySection();
        if (declared.isEmpty() || declared.get().memoryCount() == 0) {
            return null;
        }
        MemoryLimits own = declared.get().getMemory(0).limits();
        int most = Math.min(own.maximumPages(), program.limits.pages());
        if (own.initialPages() > most) {
            throw memoryLimit(program.limits.memory(), null);
        }
        return new MemoryLimits(own.initialPages(), most);
    }

    private static CallException memoryLimit(long limit, Throwable cause) {
        return new CallException(
                CallException.Kind.MEMORY_LIMIT, "memory limit: wanted more than " + limit + " bytes", cause);
    }

    private CallException inOurTerms(Throwable failure) {
        Throwable cause = failure instanceof UninstantiableException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        if (cause instanceof StackOverflowError || cause.getCause() instanceof StackOverflowError) {
            return new CallException(
                    CallException.Kind.STACK_LIMIT, "stack limit: calls went deeper than the thread's stack (-Xss)");
        }
        if (cause instanceof OutOfMemoryError) {
            return new CallException(
                    CallException.Kind.MEMORY_LIMIT,
                    "memory limit: the JVM's heap has no room for it (-Xmx), though the limit of "
                            + program.limits.memory() + " bytes has",
                    cause);
        }
        if (cause instanceof WasmInterruptedException) {
            return new CallException(CallException.Kind.INTERRUPTED, "interrupted: the thread was asked to stop", cause);
        }
        Long denied = Growth.denied();
        if (denied != null) {
            return memoryLimit(denied, cause);
        }
        if (cause instanceof WasmEngineException || cause instanceof WasmException) {
            return new CallException(CallException.Kind.TRAP, "trap: " + trap(cause), cause);
        }
        if (cause instanceof ClassCastException) {
            return new CallException(CallException.Kind.ARGUMENT, "argument: " + cause.getMessage(), cause);
        }
        return new CallException(CallException.Kind.CONTRACT, "contract: " + cause, cause);
    }

    /** A trap in the words that all hosts have for it; Endive's own where they have none. */
    private static String trap(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        // Sometimes followed by the place.
        if (message.startsWith("out of bounds memory access")) {
            return "memory was accessed out of bounds";
        }
        if (message.startsWith("uninitialized element")) {
            return "an indirect call met an empty table entry";
        }
        return switch (message) {
            case "Trapped on unreachable instruction" -> "unreachable code was reached (in Rust: a panic)";
            case "integer divide by zero" -> "an integer was divided by zero";
            case "integer overflow" -> "a number went beyond its integer type";
            case "invalid conversion to integer" -> "NaN was converted to an integer";
            case "undefined element", "out of bounds table access" -> "an indirect call went beyond the table";
            case "null function reference" -> "an indirect call met an empty table entry";
            case "indirect call type mismatch" -> "an indirect call met a function of another type";
            default -> "the code trapped (" + message + ")";
        };
    }

    /** Memory of the guest's own making. */
    public int allocate(long size, int align) {
        owing = true;
        if (size > Integer.MAX_VALUE) {
            throw CallException.argument("a string or list of less than 2 GiB", size);
        }
        int address = program.calls.allocate(plan, align, (int) size, memory, instance);
        range(address, size, align, "realloc to give memory");
        return address;
    }

    /** Checks an address that the guest gave. */
    void range(int address, long size, int align, String what) {
        long start = Integer.toUnsignedLong(address);
        long end = memory == null ? 0 : (long) memory.pages() * Limits.PAGE;
        if (start % align != 0 || start + size > end) {
            throw CallException.contract("wanted " + what + " at a multiple of " + align + " within " + end
                    + " bytes of memory, found " + size + " bytes at " + start);
        }
    }

    /** Whether the text that the guest points to is this one. */
    boolean holds(int address, int length, byte[] utf8) {
        if (length != utf8.length) {
            return false;
        }
        range(address, length, 1, "a string");
        charge(length);
        return Arrays.equals(memory.readBytes(address, length), utf8);
    }

    int which(int index, int cases) {
        if (Integer.compareUnsigned(index, cases) >= 0) {
            throw CallException.contract(
                    "wanted one of " + cases + " cases, found case " + Integer.toUnsignedString(index));
        }
        return index;
    }

    /** Whether the option at an address holds something. */
    boolean some(int address) {
        return which(memory.read(address) & 0xff, 2) != 0;
    }

    void charge(int bytes) {
        left -= Integer.toUnsignedLong(bytes);
        if (left < 0) {
            throw new CallException(
                    CallException.Kind.RESULT_LIMIT,
                    "result limit: the result takes more than " + program.limits.result() + " bytes");
        }
    }

    void chargeValues(long count) {
        charge((int) Math.min(count * VALUE, Integer.MAX_VALUE));
    }

    void write(int address, long bits, int size) {
        switch (size) {
            case 1 -> memory.writeByte(address, (byte) bits);
            case 2 -> memory.writeShort(address, (short) bits);
            case 4 -> memory.writeI32(address, (int) bits);
            default -> memory.writeLong(address, bits);
        }
    }

    /** Zero-extended. */
    int read(int address, int size) {
        return switch (size) {
            case 1 -> memory.read(address) & 0xff;
            case 2 -> memory.readShort(address) & 0xffff;
            default -> memory.readInt(address);
        };
    }
}

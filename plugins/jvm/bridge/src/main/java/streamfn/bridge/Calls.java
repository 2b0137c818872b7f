package streamfn.bridge;

import run.endive.runtime.Instance;
import run.endive.runtime.Memory;

/**
 * The compiled functions of one component. When it is packed, a subclass is made that calls each of them directly: no
 * table, no boxing, no array of results.
 */
public abstract class Calls {
    /**
     * Calls the core function of a plan.
     *
     * @param flats the arguments as bits, in the core function's order
     * @return the result as bits, zero-extended; 0 without one
     */
    public abstract long call(int plan, long[] flats, Memory memory, Instance instance);

    /** Calls the realloc of a plan for fresh memory. */
    public abstract int allocate(int plan, int align, int size, Memory memory, Instance instance);

    /** Calls the post-return of a plan with what the function returned. */
    public abstract void postReturn(int plan, long result, Memory memory, Instance instance);
}

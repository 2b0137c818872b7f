package streamfn.bridge;

import java.util.List;

/** The plan of one function's call: where its arguments go and where its result comes from. */
public final class Plan {
    /** {@code INTERFACE#FUNCTION}. */
    public final String name;
    /** The core function, realloc and post-return as exports of the core module; the last two may be null. */
    public final String function;
    public final String realloc;
    public final String postReturn;
    public final Type[] params;
    /** Of each parameter in the tuple that holds them in memory. */
    public final int[] offsets;
    /** Of the tuple that holds the parameters in memory; -1 where they are flat. */
    public final int paramsSize;
    public final int paramsAlign;
    /** null if the function gives nothing. */
    final Type result;
    /** Of the result in memory; -1 where it is one flat value. */
    public final int resultSize;
    public final int resultAlign;
    /** Where what {@code ok} or {@code err} holds begins, if the function can refuse a row; else -1. */
    public final int payload;
    /** The function's place in {@link Program#calls}. */
    public final int index;

    Plan(String name, Tree tree, int index, Data data) {
        this.name = name;
        this.index = index;
        function = tree.part(1).text();
        realloc = export(tree.find("realloc"));
        postReturn = export(tree.find("post"));

        Tree declared = tree.find("params");
        boolean inMemory = declared.part(1).text().equals("memory");
        paramsSize = inMemory ? declared.part(2).number() : -1;
        paramsAlign = inMemory ? declared.part(3).number() : 1;
        List<Tree> fields = declared.from(inMemory ? 4 : 2);
        params = new Type[fields.size()];
        offsets = new int[fields.size()];
        for (int at = 0; at < params.length; at++) {
            offsets[at] = fields.get(at).part(0).number();
            params[at] = Type.read(fields.get(at).part(1), data);
        }

        Tree answer = tree.find("result");
        boolean byPointer = answer.part(1).text().equals("memory");
        resultSize = byPointer ? answer.part(2).number() : -1;
        resultAlign = byPointer ? answer.part(3).number() : 1;
        Tree given = answer.size() == 2 ? null : answer.part(byPointer ? 4 : 2);
        boolean refusable = given != null && given.parts() != null && given.head().equals("refusable");
        payload = refusable ? given.part(1).number() : -1;
        Tree value = refusable ? given.part(2) : given;
        result = value == null || "none".equals(value.word()) ? null : Type.read(value, data);
    }

    private static String export(Tree tree) {
        return tree == null ? null : tree.part(1).text();
    }

    public Type param(int index) {
        return params[index];
    }

    public Type result() {
        return result;
    }

    public boolean paramsInMemory() {
        return paramsSize >= 0;
    }

    public boolean resultInMemory() {
        return resultSize >= 0;
    }

    public boolean refusable() {
        return payload >= 0;
    }
}

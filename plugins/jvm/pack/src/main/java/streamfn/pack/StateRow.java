package streamfn.pack;

import org.objectweb.asm.Type;
import org.objectweb.asm.commons.InstructionAdapter;

/** What a state is to an engine: how its fields are read and written. */
enum StateRow {
    /** Flink's GenericRowData. */
    FLINK {
        @Override
        Type type() {
            return Type.getObjectType("org/apache/flink/table/data/GenericRowData");
        }

        @Override
        void create(InstructionAdapter method, int fields) {
            method.anew(type());
            method.dup();
            method.iconst(fields);
            method.invokespecial(type().getInternalName(), "<init>", "(I)V", false);
        }

        @Override
        void get(InstructionAdapter method, int field) {
            method.iconst(field);
            method.invokevirtual(type().getInternalName(), "getField", "(I)Ljava/lang/Object;", false);
        }

        @Override
        void set(InstructionAdapter method, int field, Runnable loadValue) {
            method.iconst(field);
            loadValue.run();
            method.invokevirtual(type().getInternalName(), "setField", "(ILjava/lang/Object;)V", false);
        }
    },
    /** An array of objects, which ksqlDB's base classes make of a Struct. */
    KSQLDB {
        private static final Type OBJECT = Type.getType(Object.class);

        @Override
        Type type() {
            return Type.getType(Object[].class);
        }

        @Override
        void create(InstructionAdapter method, int fields) {
            method.iconst(fields);
            method.newarray(OBJECT);
        }

        @Override
        void get(InstructionAdapter method, int field) {
            method.iconst(field);
            method.aload(OBJECT);
        }

        @Override
        void set(InstructionAdapter method, int field, Runnable loadValue) {
            method.iconst(field);
            loadValue.run();
            method.astore(OBJECT);
        }
    };

    abstract Type type();

    /** Puts a new state of so many fields on the stack. */
    abstract void create(InstructionAdapter method, int fields);

    /** Puts a field of the state on the stack there. */
    abstract void get(InstructionAdapter method, int field);

    /** Sets a field of the state on the stack. */
    abstract void set(InstructionAdapter method, int field, Runnable loadValue);
}

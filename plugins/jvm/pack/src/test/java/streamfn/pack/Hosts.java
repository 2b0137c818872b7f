package streamfn.pack;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import streamfn.bridge.Program;
import streamfn.bridge.Tree;

/**
 * Runs sequences that a test of the harness makes up, and tells what came of them: the JVM's side of
 * {@code harness/tests/hosts/endive.rs}. The directory has N.wasm and N.plan of each plugin, and {@code functions}. What is
 * asked comes through the standard input: what is wanted (0 a digest, 1 all results), the number of the function, how many
 * bytes the block has, and the block; numbers have 32 bits and are little endian.
 */
final class Hosts {
    private static final int DIGEST = 0;

    private Hosts() {}

    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        Tree functions = Mirror.tree(directory.resolve("functions"));
        List<Program> plugins = new ArrayList<>();
        for (int number = 0; Files.exists(directory.resolve(number + ".wasm")); number++) {
            plugins.add(Mirror.program(
                    Files.readAllBytes(directory.resolve(number + ".wasm")),
                    Mirror.tree(directory.resolve(number + ".plan")),
                    Mirror.limits(functions.find("limits"))));
        }
        var in = new DataInputStream(new FileInputStream(FileDescriptor.in));
        try (var out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)))) {
            serve(functions.from(2), plugins, in, out);
        }
    }

    private static void serve(List<Tree> functions, List<Program> plugins, DataInputStream in, DataOutputStream out)
            throws IOException {
        Wire.Out results = new Wire.Out();
        int last = -1;
        Sequences sequences = null;
        for (int wanted = in.read(); wanted >= 0; wanted = in.read()) {
            int number = Integer.reverseBytes(in.readInt());
            byte[] block = in.readNBytes(Integer.reverseBytes(in.readInt()));
            long start = System.nanoTime();
            if (number != last || wanted != DIGEST) {
                Tree function = functions.get(number);
                sequences = new Sequences(plugins.get(function.part(1).number()), function);
                last = number;
            }
            results.cut(0);
            boolean wrong = sequences.run(block, results);
            if (wanted == DIGEST) {
                out.writeLong(Long.reverseBytes(results.digest()));
                out.writeLong(Long.reverseBytes(System.nanoTime() - start));
                out.write(wrong ? 1 : 0);
            } else {
                byte[] all = results.all();
                out.writeInt(Integer.reverseBytes(all.length));
                out.write(all);
            }
            out.flush();
        }
    }
}

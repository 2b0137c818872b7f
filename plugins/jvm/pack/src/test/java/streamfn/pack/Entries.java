package streamfn.pack;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** What is in a jar: a line an entry, with the SHA-256 of its content and its name. */
final class Entries {
    private Entries() {}

    public static void main(String[] arguments) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (ZipFile jar = new ZipFile(Path.of(arguments[0]).toFile())) {
            for (ZipEntry entry : jar.stream().toList()) {
                byte[] content = jar.getInputStream(entry).readAllBytes();
                System.out.println(HexFormat.of().formatHex(digest.digest(content)) + " " + entry.getName());
            }
        }
    }
}

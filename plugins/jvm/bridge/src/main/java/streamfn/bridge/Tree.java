package streamfn.bridge;

import java.io.IOException;
import java.io.Reader;
import java.io.StreamTokenizer;
import java.util.ArrayList;
import java.util.List;

/** A plan's text: words and quoted strings, grouped by parentheses. Either {@code word} or {@code parts} is null. */
public record Tree(String word, List<Tree> parts) {
    /** Reads one tree; what follows it is not read. */
    public static Tree read(Reader text) throws IOException {
        StreamTokenizer tokens = new StreamTokenizer(text);
        tokens.resetSyntax();
        tokens.wordChars('!', 0xff);
        tokens.whitespaceChars(0, ' ');
        tokens.ordinaryChar('(');
        tokens.ordinaryChar(')');
        tokens.quoteChar('"');
        tokens.nextToken();
        return read(tokens);
    }

    private static Tree read(StreamTokenizer tokens) throws IOException {
        switch (tokens.ttype) {
            case StreamTokenizer.TT_WORD, '"':
                return new Tree(tokens.sval, null);
            case '(':
                List<Tree> parts = new ArrayList<>();
                while (tokens.nextToken() != ')') {
                    parts.add(read(tokens));
                }
                return new Tree(null, List.copyOf(parts));
            default:
                throw new IOException("line " + tokens.lineno() + ": wanted a word or (…), found "
                        + (tokens.ttype == StreamTokenizer.TT_EOF ? "the end" : "'" + (char) tokens.ttype + "'"));
        }
    }

    /** The first word of a list, which says what it is; a bare word itself. */
    public String head() {
        return parts == null ? word : part(0).text();
    }

    public String text() {
        if (word == null) {
            throw new IllegalArgumentException("wanted a word, found " + this);
        }
        return word;
    }

    public int number() {
        return Integer.parseInt(text());
    }

    public int size() {
        return parts == null ? 0 : parts.size();
    }

    public Tree part(int index) {
        if (index >= size()) {
            throw new IllegalArgumentException("wanted at least " + (index + 1) + " parts, found " + this);
        }
        return parts.get(index);
    }

    /** The parts from {@code index} on. */
    public List<Tree> from(int index) {
        return parts.subList(Math.min(index, size()), size());
    }

    /** The part that begins with this word, or null. */
    public Tree find(String head) {
        for (Tree part : from(1)) {
            if (part.parts != null && head.equals(part.head())) {
                return part;
            }
        }
        return null;
    }
}

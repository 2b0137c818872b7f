//! The lines of a file, and whether any of them may be a record of another partition than the first.

use std::io::{self, BufRead, Read, Seek};

use memchr::memmem::Finder;

use super::source::Source;

/// How much is looked through at once.
const CHUNK: u64 = 1 << 20;

pub struct Lines {
    from: Box<dyn Source>,
    /// Of the line that was read last, from 1.
    number: usize,
    line: Vec<u8>,
}

impl Lines {
    pub fn new(from: Box<dyn Source>) -> Self {
        Lines { from, number: 0, line: vec![] }
    }

    /// The next line with its number, without its end; `None` at the file's.
    pub fn next(&mut self) -> io::Result<Option<(usize, &[u8])>> {
        self.line.clear();
        if self.from.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let line = match self.line.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => &self.line,
        };
        Ok(Some((self.number, line)))
    }

    /// Whether every record is of partition 0, so far as a look at the bytes can say. It goes back to the file's beginning.
    pub fn are_of_one_partition(&mut self) -> io::Result<bool> {
        let [name, escape] = [b"partition".as_slice(), br"\u00"].map(Finder::new);
        let (mut chunk, mut is_one) = (vec![], true);
        while is_one && self.from.by_ref().take(CHUNK).read_to_end(&mut chunk)? > 0 {
            // To the end of a line, so that nothing is cut.
            self.from.read_until(b'\n', &mut chunk)?;
            let is_zero = |at: usize| is_zero(&chunk[at + name.needle().len()..]);
            // The name may be written in escapes of its letters.
            let is_letter = |at: usize| matches!(chunk.get(at + escape.needle().len()), Some(b'6' | b'7'));
            is_one = name.find_iter(&chunk).all(is_zero) && !escape.find_iter(&chunk).any(is_letter);
            chunk.clear();
        }
        self.from.rewind()?;
        Ok(is_one)
    }
}

/// Whether the field whose name ends here is 0.
fn is_zero(rest: &[u8]) -> bool {
    let value =
        || rest.strip_prefix(b"\"")?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"0");
    value().is_some_and(|after| matches!(after.trim_ascii_start(), [b',' | b'}', ..]))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn lines(text: &str) -> Lines {
        Lines::new(Box::new(Cursor::new(text.to_owned().into_bytes())))
    }

    fn is_one(text: &str) -> bool {
        lines(text).are_of_one_partition().expect("it is in memory")
    }

    #[test]
    fn only_where_each_partition_is_written_as_0_there_is_one() {
        let record = |partition: &str| format!("{{\"value\":{{\"a\":\"\\n\"}}}}\n{{\"value\":1,{partition}}}\n");
        for zero in [r#""topic":"t""#, r#""partition":0"#, r#""partition" : 0 "#, r#""a":"\u00e4""#] {
            assert!(is_one(&record(zero)), "{zero}");
        }
        let others = [
            r#""partition":1"#,
            r#""partition":00"#,
            r#""partition":0.5"#,
            r#""partition":null"#,
            r#""p\u0061rtition":1"#,
            r#""\u0070artition":1"#,
            r#""a":"\"partition\"""#,
            r#""partition"#,
        ];
        for other in others {
            assert!(!is_one(&record(other)), "{other}");
        }
    }

    #[test]
    fn what_stands_behind_many_bytes_is_seen_too() {
        let line = |partition: i32| format!("{{\"value\":null,\"partition\":{partition}}}\n");
        for count in [30_000, 40_000, 40_001] {
            let text = line(0).repeat(count);
            let mut all = lines(&text);
            assert!(all.are_of_one_partition().expect("it is in memory"));
            assert_eq!(all.next().expect("it is in memory"), Some((1, line(0).trim_end().as_bytes())));
            assert!(!is_one(&(text + &line(1))));
        }
    }
}

//! What the calls of a block gave, as bytes: so that hosts are compared by a digest, and call by call where it differs.

use crate::function::{Outcome, Stopped};
use crate::wire::write_bytes;

/// What the bytes of a result begin with.
pub mod outcome {
    pub const ANSWER: u8 = 0;
    /// With the sentence.
    pub const REFUSED: u8 = 1;
    /// A call that did neither, with what the host says of it.
    pub const FAILED: u8 = 2;
    /// Of a law.
    pub const HOLDS: u8 = 3;
    pub const BROKEN: u8 = 4;
    /// A row was refused, so the law says nothing.
    pub const SILENT: u8 = 5;
}

/// What the calls of a block gave, one after another.
#[derive(Debug, Default)]
pub struct Results {
    pub bytes: Vec<u8>,
    /// The first law that is broken or call that failed, as the place of its result.
    pub wrong: Option<usize>,
    /// Where each result begins, and each step that it comes from, if anyone wants to know.
    pub marks: Option<Vec<Mark>>,
    /// How many sequences have ended.
    pub sequence: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub result: usize,
    /// Place of the step in the block.
    pub step: usize,
    /// Number of the sequence in the block.
    pub sequence: usize,
    /// Which of the function's calls: as the WIT calls it, or the law's name.
    pub call: &'static str,
}

impl Results {
    /// With a mark for each result.
    pub fn marked() -> Results {
        Results { marks: Some(Vec::new()), ..Results::default() }
    }

    /// What another process gave.
    pub fn of(bytes: Vec<u8>) -> Results {
        Results { bytes, ..Results::default() }
    }

    /// Makes room for the next block.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.wrong = None;
        self.sequence = 0;
    }

    pub fn mark(&mut self, call: &'static str, step: usize) {
        let (result, sequence) = (self.bytes.len(), self.sequence);
        self.marks.iter_mut().for_each(|marks| marks.push(Mark { result, step, sequence, call }));
    }

    /// Writes what a call gave. Says whether it was an answer.
    pub fn gave<T>(&mut self, outcome: &Outcome<T>, write: impl FnOnce(&T, &mut Vec<u8>)) -> bool {
        match outcome {
            Ok(answer) => {
                self.bytes.push(outcome::ANSWER);
                write(answer, &mut self.bytes);
            }
            Err(Stopped::Refused(reason)) => {
                self.bytes.push(outcome::REFUSED);
                write_bytes(reason.as_bytes(), &mut self.bytes);
            }
            Err(Stopped::Failed(why)) => {
                self.wrong.get_or_insert(self.bytes.len());
                self.bytes.push(outcome::FAILED);
                write_bytes(why.as_bytes(), &mut self.bytes);
            }
        }
        outcome.is_ok()
    }

    /// The same for a call that writes its answer itself.
    pub fn written(&mut self, call: impl FnOnce(&mut Vec<u8>) -> Outcome<()>) -> bool {
        let start = self.bytes.len();
        self.bytes.push(outcome::ANSWER);
        let outcome = call(&mut self.bytes);
        if outcome.is_err() {
            self.bytes.truncate(start);
            self.gave(&outcome, |(), _| {});
        }
        outcome.is_ok()
    }

    pub fn law(&mut self, refused: bool, holds: bool) {
        let verdict = match (refused, holds) {
            (true, _) => outcome::SILENT,
            (_, true) => outcome::HOLDS,
            (_, false) => outcome::BROKEN,
        };
        if verdict == outcome::BROKEN {
            self.wrong.get_or_insert(self.bytes.len());
        }
        self.bytes.push(verdict);
    }

    /// 64 bits that another sequence of results has once in 2^64 times.
    pub fn digest(&self) -> u64 {
        let (words, rest) = self.bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let all = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
        all.fold(self.bytes.len() as u64, |hash, word| {
            let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ (mixed >> 29)
        })
    }
}

//! The texts in values that lie in memory as the canonical ABI has them: each is the place and the length of bytes elsewhere.

use streamfn_model::Value;

use crate::host::error::CallError;
use crate::host::lower;
use crate::host::plan::{Kind, Type};

/// Where in a value of one type texts are.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Bytes of a value.
    size: usize,
    all: Vec<Text>,
}

/// A text of a value.
#[derive(Debug, Clone)]
struct Text {
    /// Where its place is, and behind that its length.
    at: usize,
    /// The bytes that have to be 1 for it to be there.
    cases: Vec<usize>,
}

impl Texts {
    pub(super) fn of(ty: &Type) -> Texts {
        let mut all = vec![];
        find(ty, &Text { at: 0, cases: vec![] }, &mut all);
        Texts { size: ty.size as usize, all }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Moves every text that is there in these values, one behind the other, by so much, as the bytes that they are in were moved.
    pub(super) fn moved(&self, values: &mut [u8], by: u32) {
        if self.is_empty() {
            return;
        }
        for value in values.chunks_exact_mut(self.size) {
            self.place(value, |place, _| place.wrapping_add(by));
        }
    }

    /// Copies every text that is there in a value out of the bytes that it is in to the end of others.
    pub(super) fn gather(&self, value: &mut [u8], from: &[u8], into: &mut Vec<u8>) {
        self.place(value, |place, len| {
            into.extend_from_slice(&from[place as usize..][..len as usize]);
            into.len() as u32 - len
        });
    }

    /// Gives each text that is there another place, by its place and its length.
    fn place(&self, value: &mut [u8], mut moved: impl FnMut(u32, u32) -> u32) {
        for text in &self.all {
            if text.is_there(value) {
                let place = moved(word(value, text.at), word(value, text.at + 4));
                value[text.at..][..4].copy_from_slice(&place.to_le_bytes());
            }
        }
    }
}

impl Text {
    fn is_there(&self, value: &[u8]) -> bool {
        self.cases.iter().all(|case| value[*case] == 1)
    }
}

fn word(value: &[u8], at: usize) -> u32 {
    value[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Those of a type whose value is where `of` says.
fn find(ty: &Type, of: &Text, all: &mut Vec<Text>) {
    let within = |offset: u32| Text { at: of.at + offset as usize, ..of.clone() };
    match &ty.kind {
        Kind::Record(fields) => fields.fields.iter().for_each(|(offset, ty)| find(ty, &within(*offset), all)),
        Kind::Option { cases, .. } => {
            let mut payload = within(cases.payload);
            payload.cases.push(of.at);
            cases.cases.iter().flatten().for_each(|ty| find(ty, &payload, all));
        }
        Kind::String => all.push(of.clone()),
        _ => {}
    }
}

/// Writes a value at the beginning of `memory`, and its texts at the end of `texts`.
pub(super) fn write(memory: &mut [u8], ty: &Type, value: &Value, texts: &mut Vec<u8>) -> Result<(), CallError> {
    match (&ty.kind, value) {
        _ if !ty.pointers => lower::fill(memory, ty, value, 0),
        (Kind::Record(fields), Value::Record(values)) if values.len() == fields.fields.len() => {
            let mut fields = fields.fields.iter().zip(values);
            fields.try_for_each(|((offset, ty), value)| write(&mut memory[*offset as usize..], ty, value, texts))
        }
        (Kind::Option { .. }, Value::Null) => {
            memory[0] = 0;
            Ok(())
        }
        (Kind::Option { cases, .. }, value) => {
            memory[0] = 1;
            let memory = &mut memory[cases.payload as usize..];
            cases.cases.iter().flatten().try_for_each(|ty| write(memory, ty, value, texts))
        }
        (Kind::String, Value::String(text)) => {
            memory[..4].copy_from_slice(&(texts.len() as u32).to_le_bytes());
            memory[4..8].copy_from_slice(&(text.len() as u32).to_le_bytes());
            texts.extend_from_slice(text.as_bytes());
            Ok(())
        }
        _ => Err(lower::mismatch(ty, value)),
    }
}

//! A batch in the host's memory: the header, the rows, the states, a column for each argument, and room for values.

use wasmtime::{Memory, Store};

use super::column::columns;
use super::fold::word;
use super::{Batch, Fold, FoldId, Room, Rows};
use crate::host::error::CallError;
use crate::host::limits::Guard;
use crate::host::program::Loaded;

/// Where in the host's memory each part of a batch is.
struct Layout {
    end: usize,
}

impl Layout {
    fn place(&mut self, bytes: usize) -> usize {
        let start = self.end;
        self.end = (start + bytes).next_multiple_of(16);
        start
    }
}

/// Room for texts that come back, beside as much as the arguments' texts take; what goes beyond that ends the loop. It is the last
/// part of a batch, and memory that nobody writes to costs nothing.
const TEXTS: usize = 4 << 20;

/// A batch that is written and can be run.
pub(in crate::host) struct Written<'a> {
    of: &'a Fold,
    states: usize,
    values: usize,
    texts: usize,
}

impl<'a> Written<'a> {
    /// Writes rows and states; what comes of them is read after the loop.
    pub(in crate::host) fn write(
        loaded: &'a Loaded,
        fold: FoldId,
        rows: &Rows<'_>,
        Room { new, states, values: room, texts }: &Room<'_>,
        batch: &Batch,
        store: &mut Store<Guard>,
    ) -> Result<Written<'a>, CallError> {
        let (of, functions) = loaded.fold_at(fold);
        let (size, count) = (of.state(functions).size as usize, rows.kinds.len());
        // A scalar function gives nothing else.
        let takes_values = !room.is_empty() || of.is_scalar();
        let value = if takes_values { of.value(functions).size as usize } else { 0 };
        let is_whole = new.len() == size && room.len() == value * count;
        if !is_whole || !of.groups(functions, states.len()).is_some_and(|groups| of.takes(rows, groups)) {
            return Err(CallError::Argument(format!(
                "wanted {count} rows of {} columns, of groups whose states have {size} bytes and with {value} bytes for a \
                 value, found {} columns, {} groups of rows and {} bytes of states",
                of.params,
                rows.arguments.len(),
                rows.groups.len(),
                states.len()
            )));
        }
        let mut layout = Layout { end: 0 };
        let columns = columns(of.params(functions).zip(rows.arguments))?;
        let header = layout.place(4 * (word::COLUMNS as usize + word::COLUMN as usize * columns.len()));
        let kinds = layout.place(count);
        let addresses = layout.place(4 * count);
        let place_of_new = layout.place(size);
        let place_of_states = layout.place(states.len());
        let places: Vec<[usize; 3]> =
            columns.iter().map(|column| column.parts().map(|part| layout.place(part.len()))).collect();
        let values = layout.place(value * count);
        let place_of_texts = layout.place(texts.len());
        if !(of.texts_of_state.is_empty() && of.texts_of_value.is_empty()) {
            layout.end += TEXTS + columns.iter().map(|column| column.parts()[2].len()).sum::<usize>();
        }

        grow(batch.memory, store, layout.end)?;
        let memory = batch.memory.data_mut(store);
        let mut put = |word: u32, value: usize| {
            let at = header + 4 * word as usize;
            memory[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
        };
        put(word::ROWS, count);
        put(word::KINDS, kinds);
        put(word::STATES, addresses);
        put(word::NEW, place_of_new);
        put(word::VALUES, if value > 0 { values } else { 0 });
        put(word::AT, 0);
        put(word::SETTLED, 0);
        put(word::TEXT, place_of_texts + texts.len());
        for (place, (column, [values, valid, text])) in columns.iter().zip(&places).enumerate() {
            let first = word::COLUMNS + word::COLUMN * place as u32;
            put(first, *values);
            put(first + 1, *valid);
            put(first + 2, column.extra(*text) as usize);
        }
        memory[kinds..kinds + count].copy_from_slice(rows.kinds);
        for (address, group) in memory[addresses..addresses + 4 * count].chunks_exact_mut(4).zip(rows.groups) {
            let state = place_of_states + *group as usize * size;
            address.copy_from_slice(&(state as u32).to_le_bytes());
        }
        for (place, states) in [(place_of_new, *new), (place_of_states, &**states)] {
            let memory = &mut memory[place..place + states.len()];
            memory.copy_from_slice(states);
            of.texts_of_state.moved(memory, place_of_texts as u32);
        }
        memory[place_of_texts..place_of_texts + texts.len()].copy_from_slice(texts);
        for (column, places) in columns.iter().zip(&places) {
            for (part, place) in column.parts().into_iter().zip(places) {
                memory[*place..*place + part.len()].copy_from_slice(part);
            }
        }
        Ok(Written { of, states: place_of_states, values, texts: place_of_texts })
    }

    /// Reads what the loop has left: the states, the values of the first rows, and the texts of both. Nothing is read where text is
    /// none.
    pub(in crate::host) fn read(&self, batch: &Batch, store: &Store<Guard>, room: &mut Room<'_>) -> Option<()> {
        let Room { states, values, texts, .. } = room;
        let memory = batch.memory.data(store);
        let new = &memory[self.texts + texts.len()..written_word(word::TEXT, batch, store)];
        std::str::from_utf8(new).ok()?;
        texts.extend_from_slice(new);
        states.copy_from_slice(&memory[self.states..self.states + states.len()]);
        values.copy_from_slice(&memory[self.values..self.values + values.len()]);
        let back = (self.texts as u32).wrapping_neg();
        self.of.texts_of_state.moved(states, back);
        self.of.texts_of_value.moved(values, back);
        Some(())
    }
}

/// A word that the loop has written.
pub(in crate::host) fn written_word(word: u32, batch: &Batch, store: &Store<Guard>) -> usize {
    let word = batch.memory.data(store).get(4 * word as usize..).and_then(|bytes| bytes.first_chunk());
    word.map_or(0, |word| u32::from_le_bytes(*word) as usize)
}

/// Makes the host's memory large enough. It is none that the guest could fill, so the guest's limit does not count.
fn grow(memory: Memory, store: &mut Store<Guard>, bytes: usize) -> Result<(), CallError> {
    const PAGE: usize = 64 << 10;
    // Addresses are 32 bits.
    if bytes >= u32::MAX as usize {
        return Err(CallError::Argument(format!("wanted a batch of less than 4 GiB, found {bytes} bytes")));
    }
    let missing = bytes.div_ceil(PAGE).saturating_sub(memory.data_size(&*store) / PAGE);
    if missing > 0 {
        store.data_mut().unlimited = true;
        let grown = memory.grow(&mut *store, missing as u64);
        store.data_mut().unlimited = false;
        grown.map_err(|error| CallError::Argument(format!("wanted {bytes} bytes for a batch: {error:#}")))?;
    }
    Ok(())
}

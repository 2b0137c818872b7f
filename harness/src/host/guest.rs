//! One live instance: its store, its functions by plan, its memory. Dropped at the first trap, limit or lie.

use std::{ptr, slice};

use wasmtime::{AsContextMut, Extern, Func, Instance, Memory, Store, Trap, ValRaw, WasmBacktrace};

use super::batch::{Batch, FoldId, Room, Rows, Written, word, written_word};
use super::error::{CallError, TrapKind};
use super::limits::Guard;
use super::plan::MAX_FLAT_PARAMS;
use super::program::{Loaded, Planned};

pub(super) struct Guest {
    store: Store<Guard>,
    main: Instance,
    /// By function of the program, its place among the entries once it was called.
    places: Vec<Option<usize>>,
    entries: Vec<Entry>,
    /// The entry of the function under way.
    current: usize,
    limits: super::Limits,
    /// Made when the first batch comes.
    batch: Option<Batch>,
}

/// What became of a loop.
pub(super) enum Folded {
    /// It came so far.
    Came {
        /// Of how many rows the states are.
        settled: usize,
        /// The row that was not taken, or how many there are.
        at: usize,
        /// Whether a trap or a limit ended it.
        failed: bool,
    },
    /// Text of one of the rows was none, and nothing was read.
    Lied,
}

/// What a call of one function needs.
struct Entry {
    function: Func,
    memory: Option<Memory>,
    seen: Seen,
    realloc: Option<Func>,
    post_return: Option<Func>,
}

impl Guest {
    /// Instantiates the main module, then the start shims, under the limits of a call.
    pub(super) fn new(loaded: &Loaded) -> Result<Guest, CallError> {
        let mut store = Store::new(&loaded.engine, Guard::new(&loaded.limits));
        store.limiter(|guard| guard);
        store.set_epoch_deadline(loaded.ticks);
        let limits = loaded.limits;
        let main = Instance::new(&mut store, &loaded.main, &[]);
        let main = main.map_err(|error| failure(&mut store, &limits, error))?;
        for (shim, imports) in &loaded.starts {
            let imports: Option<Vec<Extern>> = imports.iter().map(|name| main.get_export(&mut store, name)).collect();
            let imports = imports.ok_or_else(|| CallError::Contract("a start shim's import is gone".to_owned()))?;
            Instance::new(&mut store, shim, &imports).map_err(|error| failure(&mut store, &limits, error))?;
        }
        let places = vec![None; loaded.functions.len()];
        Ok(Guest { store, main, places, entries: Vec::new(), current: 0, limits, batch: None })
    }

    /// Readies one function: its clock starts now.
    #[inline]
    pub(super) fn begin(&mut self, index: usize, planned: &Planned, ticks: u64) -> Result<(), CallError> {
        self.current = match self.places[index] {
            Some(place) => place,
            None => self.entry(index, planned)?,
        };
        self.store.set_epoch_deadline(ticks);
        self.store.data_mut().reset();
        Ok(())
    }

    /// The place of an entry for a function that was not called yet.
    #[cold]
    fn entry(&mut self, index: usize, planned: &Planned) -> Result<usize, CallError> {
        let gone = || CallError::Contract("a function's core export is gone".to_owned());
        self.entries.push(Entry::of(planned, &self.main, &mut self.store).ok_or_else(gone)?);
        Ok(*self.places[index].insert(self.entries.len() - 1))
    }

    /// Runs rows through the loop of an aggregate.
    pub(super) fn fold(
        &mut self,
        loaded: &Loaded,
        fold: FoldId,
        rows: &Rows<'_>,
        mut room: Room<'_>,
    ) -> Result<Folded, CallError> {
        let gone = || CallError::Contract("a loop that was added is gone".to_owned());
        if self.batch.is_none() {
            self.batch = Batch::of(loaded, &self.main, &mut self.store);
        }
        let batch = self.batch.as_mut().ok_or_else(gone)?;
        let function = batch.function(fold, &self.main, &mut self.store).ok_or_else(gone)?;
        let written = Written::write(loaded, fold, rows, &room, batch, &mut self.store)?;
        self.store.set_epoch_deadline(loaded.ticks);
        self.store.data_mut().reset();
        let mut slots = [ValRaw::u32(0)];
        // SAFETY: the loop was added with the type `(i32) -> i32`, and is of this store's instance; `&mut self`.
        let outcome = unsafe { function.call_unchecked(&mut self.store, &mut slots) };
        let at = match outcome {
            Ok(()) => slots[0].get_u32() as usize,
            Err(_) => written_word(word::AT, batch, &self.store),
        };
        if written.read(batch, &self.store, &mut room).is_none() {
            return Ok(Folded::Lied);
        }
        // Without states there is nothing to lose.
        let settled = if room.states.is_empty() { at } else { written_word(word::SETTLED, batch, &self.store) };
        Ok(Folded::Came { settled, at, failed: outcome.is_err() })
    }

    /// Calls the function with flat arguments; its result, if it has one, is in the first slot afterwards.
    pub(super) fn call(&mut self, slots: &mut [ValRaw; MAX_FLAT_PARAMS]) -> Result<(), CallError> {
        self.enter(self.entries[self.current].function, slots)
    }

    /// Lets the guest free what the result pointed to.
    pub(super) fn post_return(&mut self, result: u64) -> Result<(), CallError> {
        match self.entries[self.current].post_return {
            Some(function) => self.enter(function, &mut [ValRaw::u64(result)]),
            None => Ok(()),
        }
    }

    fn enter(&mut self, function: Func, slots: &mut [ValRaw]) -> Result<(), CallError> {
        // SAFETY: when the program was loaded, the type of every core function it calls was compared with the one its
        // plan has (`program::check`): only i32, i64, f32 and f64, as many as there are slots or fewer. The function
        // belongs to this store, whose instance it was taken from in `begin`, and no call is under way: `&mut self`.
        let outcome = unsafe { function.call_unchecked(&mut self.store, slots) };
        outcome.map_err(|error| failure(&mut self.store, &self.limits, error))
    }

    /// Memory of the guest's own making for `size` bytes.
    pub(super) fn allocate(&mut self, size: u32, align: u32) -> Result<usize, CallError> {
        let realloc = self.entries[self.current].realloc;
        let realloc = realloc.ok_or_else(|| CallError::Contract("a function's realloc is gone".to_owned()))?;
        let mut slots = [ValRaw::u32(0), ValRaw::u32(0), ValRaw::u32(align), ValRaw::u32(size)];
        self.enter(realloc, &mut slots)?;
        let start = slots[0].get_u32();
        let memory = self.memory().len();
        if !start.is_multiple_of(align) || start as usize + size as usize > memory {
            return Err(CallError::Contract(format!(
                "wanted realloc to give {size} bytes at a multiple of {align} within {memory} bytes of memory, found {start}"
            )));
        }
        Ok(start as usize)
    }

    /// The whole memory, empty if the function has none.
    #[inline]
    pub(super) fn memory(&mut self) -> &mut [u8] {
        let growths = self.store.data().growths;
        let entry = &mut self.entries[self.current];
        if entry.seen.growths != growths {
            entry.seen = Seen::of(entry.memory, &self.store);
        }
        let Seen { start, size, .. } = entry.seen;
        // SAFETY: it is what wasmtime said of a memory of this store, which lives as long as `self`. A memory moves or changes
        // its size only where it grows, and wasmtime asks the store's limiter before, which counts it: it has not grown since.
        // Nobody else has a reference into it, and no guest runs meanwhile: `&mut self`.
        unsafe { slice::from_raw_parts_mut(start, size) }
    }

    pub(super) fn bytes_mut(&mut self, start: usize, len: usize) -> Result<&mut [u8], CallError> {
        let memory = self.memory();
        let size = memory.len();
        memory.get_mut(start..start + len).ok_or_else(|| {
            CallError::Contract(format!("wanted {len} bytes at {start}, found a memory of {size} bytes"))
        })
    }
}

impl Entry {
    /// `None` if an export is gone that was there when the program was loaded.
    fn of(planned: &Planned, main: &Instance, store: &mut Store<Guard>) -> Option<Entry> {
        let lift = &planned.lift;
        let memory = lift.memory.as_ref().and_then(|name| main.get_memory(&mut *store, name));
        let mut function = |name: &String| main.get_func(&mut *store, name);
        let (function, realloc, post_return) = (
            function(&lift.function)?,
            lift.realloc.as_ref().and_then(&mut function),
            lift.post_return.as_ref().and_then(&mut function),
        );
        Some(Entry { function, memory, seen: Seen::of(memory, store), realloc, post_return })
    }
}

/// Where a memory is. Kept, since asking wasmtime takes as long as a tenth of a call.
#[derive(Clone, Copy)]
struct Seen {
    /// How many growths the store's limiter had been asked for then.
    growths: u64,
    start: *mut u8,
    size: usize,
}

// SAFETY: it is read by the guest alone, which goes where its store goes.
unsafe impl Send for Seen {}
unsafe impl Sync for Seen {}

impl Seen {
    #[cold]
    fn of(memory: Option<Memory>, store: &Store<Guard>) -> Seen {
        let growths = store.data().growths;
        match memory {
            Some(memory) => Seen { growths, start: memory.data_ptr(store), size: memory.data_size(store) },
            None => Seen { growths, start: ptr::dangling_mut(), size: 0 },
        }
    }
}

/// What ended a call, in our terms.
#[cold]
fn failure(mut store: impl AsContextMut<Data = Guard>, limits: &super::Limits, error: wasmtime::Error) -> CallError {
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        return CallError::TimeLimit { limit: limits.time };
    }
    if trap == Some(Trap::StackOverflow) {
        return CallError::StackLimit { limit: limits.stack };
    }
    if let Some(limit) = store.as_context_mut().data().denied {
        return CallError::MemoryLimit { limit };
    }
    let place = error.downcast_ref::<WasmBacktrace>().and_then(|trace| {
        let frame = trace.frames().first()?;
        frame.func_name().map(str::to_owned)
    });
    let kind = match trap {
        Some(Trap::UnreachableCodeReached) => TrapKind::Unreachable,
        Some(Trap::IntegerDivisionByZero) => TrapKind::DivisionByZero,
        Some(Trap::IntegerOverflow) => TrapKind::IntegerOverflow,
        Some(Trap::BadConversionToInteger) => TrapKind::BadConversion,
        Some(Trap::MemoryOutOfBounds) => TrapKind::MemoryOutOfBounds,
        Some(Trap::TableOutOfBounds) => TrapKind::TableOutOfBounds,
        Some(Trap::IndirectCallToNull) => TrapKind::IndirectCallToNull,
        Some(Trap::BadSignature) => TrapKind::IndirectCallType,
        _ => TrapKind::Other,
    };
    CallError::Trap { kind, place }
}

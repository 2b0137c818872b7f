//! What a call may use up, and who watches: a ticker for time, a limiter for memory, the engine for the stack.
//!
//! Every limit is on by default: a function somebody else wrote must not be able to stop or exhaust its host.

use std::thread;
use std::time::{Duration, Instant};

use wasmtime::{Config, Engine, Inlining, ResourceLimiter};

/// What one call may use. A limit that is hit ends the call, and its name and value are in the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall time of one call, allocation and clean-up in the guest included. 1 s.
    pub time: Duration,
    /// Bytes of linear memory (and of tables) an instance may grow to. 64 MiB.
    pub memory: usize,
    /// Bytes of stack for WebAssembly frames. 128 KiB, so that a thread of 256 KiB can make calls.
    pub stack: usize,
    /// Bytes one result may take in the host, counted while it is read. 16 MiB.
    pub result: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { time: Duration::from_secs(1), memory: 64 << 20, stack: 128 << 10, result: 16 << 20 }
    }
}

/// `baseline` compiles guests for the least processor of the architecture and not for this one: for tools that do not know all
/// of it, such as valgrind, and for counts that are the same everywhere.
pub const PROCESSOR: &str = "STREAMFN_PROCESSOR";

/// The clock's grain. A loop ends at most two ticks and one wake-up of the ticker late.
const TICK: Duration = Duration::from_millis(10);

impl Limits {
    /// How many ticks from now a call may go on: one more than fits, because the tick under way is partly gone.
    pub(super) fn ticks(&self) -> u64 {
        let ticks = self.time.as_nanos().div_ceil(TICK.as_nanos()).saturating_add(1);
        u64::try_from(ticks).unwrap_or(u64::MAX).min(u64::MAX / 4)
    }

    /// An engine that answers the same on every machine and can be stopped. With inlining a trap no longer says in which of the
    /// guest's functions it was.
    pub(super) fn engine(&self, inlining: Inlining) -> wasmtime::Result<Engine> {
        let mut config = Config::new();
        config.cranelift_nan_canonicalization(true);
        config.relaxed_simd_deterministic(true);
        config.epoch_interruption(true);
        config.compiler_inlining(inlining);
        config.max_wasm_stack(self.stack);
        if std::env::var_os(PROCESSOR).is_some_and(|processor| processor == "baseline") {
            config.target(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH))?;
        }
        let engine = Engine::new(&config)?;
        tick(&engine)?;
        Ok(engine)
    }
}

/// Moves the engine's epoch on until the engine is gone.
fn tick(engine: &Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    let clock = move || {
        let start = Instant::now();
        let mut ticks = 0;
        loop {
            thread::sleep(TICK);
            let Some(engine) = engine.upgrade() else { return };
            // A ticker that slept too long catches up, so that a busy machine doesn't lengthen the limit.
            let due = start.elapsed().as_nanos() / TICK.as_nanos();
            while ticks < due {
                engine.increment_epoch();
                ticks += 1;
            }
        }
    };
    thread::Builder::new().name("streamfn-ticker".to_owned()).stack_size(64 << 10).spawn(clock)?;
    Ok(())
}

/// Watches memory for one instance, and remembers that it said no: a guest turns that into a trap of its own.
#[derive(Debug)]
pub(super) struct Guard {
    memory: usize,
    /// While the host makes room of its own.
    pub(super) unlimited: bool,
    /// The limit that was in the way since [`Guard::reset`].
    pub(super) denied: Option<usize>,
    /// How often a memory was to grow: as long as this stays the same, each is where it was, and as large.
    pub(super) growths: u64,
}

impl Guard {
    pub(super) fn new(limits: &Limits) -> Guard {
        Guard { memory: limits.memory, unlimited: false, denied: None, growths: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.denied = None;
    }

    fn allow(&mut self, desired: usize, limit: usize) -> bool {
        let allowed = desired <= limit || self.unlimited;
        if !allowed {
            self.denied = Some(limit);
        }
        allowed
    }
}

impl ResourceLimiter for Guard {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.growths += 1;
        Ok(self.allow(desired, maximum.map_or(self.memory, |maximum| maximum.min(self.memory))))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.denied = self.denied.or(Some(self.memory));
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.allow(desired.saturating_mul(size_of::<usize>()), self.memory))
    }
}

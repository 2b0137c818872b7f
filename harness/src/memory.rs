//! How the command has its memory. A replay is mostly rows that come and go: in the system's allocator a third of its time.

pub use mimalloc::MiMalloc as Allocator;

/// Keeps memory for a second before it goes back to the system, not for 10 ms: where a page costs a hypervisor's fault, compiling
/// the standard components took four times as long.
pub fn keep() {
    /// `mi_option_purge_delay`, in milliseconds; the bindings have no name for it.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: it sets a number, which may be done at any time.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 1_000) };
}

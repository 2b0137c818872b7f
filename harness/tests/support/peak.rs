//! The most memory that a process had, as benches tell it.

use std::process::Child;
use std::time::Duration;

/// Waits for a process, and gives the most memory that it had, in KiB.
pub fn peak(mut child: Child) -> u64 {
    let mut most = 0_u64;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or_default());
        if let Some(status) = child.try_wait().expect("it is this process's") {
            assert!(status.success(), "{status}");
            return most;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

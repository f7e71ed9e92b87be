//! What Linux tells of a process, for all benchmarks.

/// A figure of its memory in KiB: `VmHWM`, the peak, or `VmRSS`, what it has now; 0 where it has ended.
pub(crate) fn resident(figure: &str, process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

use super::*;

/// Runs a test with a folder of its own, which is gone afterwards.
pub(crate) fn with_folder(test: impl FnOnce(&Path)) {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("hayes-test-{}-{number}", std::process::id()));
    private_folder(&folder).unwrap();
    test(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
}

//! How many files, ports and connections this process may have open.

/// Raises the limit as far as the user may, if it is lower than `wanted`. Fails with the highest limit there is.
#[cfg(unix)]
pub fn allow(wanted: u64) -> Result<(), u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    // As high as may be: programs that use select(2) with more than 1024 are not started from here.
    let highest = limit.maximum;
    let raised = setrlimit(Resource::Nofile, Rlimit { current: highest, maximum: highest }).is_ok();
    let now = if raised { highest } else { limit.current };
    match now {
        Some(now) if now < wanted => Err(now),
        Some(_) | None => Ok(()),
    }
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub fn allow(_wanted: u64) -> Result<(), u64> {
    Ok(())
}

//! Where a command's name stands in the table of names: the same sum when the table is written and when it is read.

/// The slot of a name without its `AT`, in any case, in a table of `slots` (a power of two); where it is taken, the
/// next ones follow (FNV-1a).
pub(super) fn slot(name: &[u8], slots: usize) -> usize {
    let hash = name
        .iter()
        .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte.to_ascii_uppercase())).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)) as usize & (slots - 1)
}

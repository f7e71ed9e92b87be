//! "did you mean": the known word that is most like the one that was written.

/// The nearest of `known`, if one is near enough to be meant.
pub(super) fn name<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let most = (written.chars().count() / 3).max(1);
    known
        .map(|known| (strsim::damerau_levenshtein(written, known), known))
        .filter(|(distance, known)| *distance <= most && *distance < known.chars().count())
        .min()
        .map(|(_, known)| known)
}

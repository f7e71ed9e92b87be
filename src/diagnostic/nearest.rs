/// "Did you mean": the known word that is most like the one that was written, if one is near enough to be meant. Of equals
/// the first in the alphabet.
pub(crate) fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let most = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(written, known), known))
        .filter(|(distance, known)| *distance <= most && *distance < known.chars().count())
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_meant() {
        let known = ["port", "ports", "max-parallel"];
        for (written, meant) in [
            ("prot", Some("port")),
            ("portz", Some("port")),
            ("max-paralel", Some("max-parallel")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}

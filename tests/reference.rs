//! docs/masks.md is written from the registry. `UPDATE_DOCS=1 cargo test --test it reference` writes it anew.

use std::fmt::Write;
use std::path::Path;

use pgveil::mask::words;
use pgveil::mask::{common, registry};

/// The page as it should be.
fn page() -> String {
    let mut page = String::from(
        "# Masks\n\nWritten from the registry by `tests/reference.rs`; `pgveil masks` says the same. NULL stays NULL under\n\
         every mask, and the empty string stays empty under all but `null` and `append` (`on_null` and `on_empty` change that). `domain` is the namespace in which equal values get\n\
         equal pseudonyms. A column that is too short for the whole pseudonym gets a shorter one, which is another: give columns\n\
         that are joined the same length.\n\n",
    );
    for mask in registry::all() {
        let _ = write!(page, "## {}\n\n{}.\n\n", mask.name, capital(mask.summary));
        let _ = writeln!(page, "* Columns: {}.\n* Keeps values distinct: {}.", mask.accepts, mask.distinct);
        let _ = writeln!(page, "* For example `column = {}`, for a column of type {}.", mask.example.rule, mask.example.column_type);
        let options: Vec<_> = mask.options.iter().chain(common::options(mask)).collect();
        if options.is_empty() {
            page.push_str("* No options.\n\n");
            continue;
        }
        page.push_str("\n| option | takes | default | |\n| --- | --- | --- | --- |\n");
        for option in options {
            let default = if option.name == "domain" { mask.default_domain } else { option.default };
            let _ = writeln!(page, "| `{}` | {} | {default} | {} |", option.name, option.kind.expected(), option.summary);
        }
        page.push('\n');
    }
    let locales: Vec<&str> = words::LOCALES.iter().map(|locale| locale.name).collect();
    let _ = writeln!(page, "## Locales\n\n{}.", locales.join(", "));
    page
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[test]
fn the_page_of_masks_is_the_registry() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/masks.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).expect("writes");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/masks.md is not what the registry says; UPDATE_DOCS=1 cargo test --test it reference");
}

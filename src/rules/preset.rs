//! The presets: rules files that ship inside the program, from the folder `rules/`. One line each, here.

/// A rules file that ships with the program; `preset:NAME` in `include` and behind `-r`.
#[derive(Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
}

const PRESETS: &[Preset] = &[
    Preset { name: "gdpr", text: include_str!("../../rules/gdpr.toml") },
    Preset { name: "gdpr-fr", text: include_str!("../../rules/gdpr-fr.toml") },
];

/// All presets.
pub fn presets() -> &'static [Preset] {
    PRESETS
}

impl Preset {
    /// What it is for: the first line of its head comment.
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }
}

/// What `preset:` stands before in a source.
pub(super) fn name_of(source: &str) -> Option<&str> {
    source.strip_prefix("preset:")
}

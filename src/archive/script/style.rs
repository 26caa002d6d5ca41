//! What of pg_restore's options changes the script as a whole.

/// The options of pg_restore that say what the script does beside making the archive's objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// `--create`: makes the database and connects to it.
    pub create: bool,
    /// `--clean`: drops first what the script makes.
    pub clean: bool,
    /// `--if-exists`: drops only what is there.
    pub if_exists: bool,
}

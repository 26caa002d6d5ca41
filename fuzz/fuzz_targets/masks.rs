//! Any value through each mask, bound to each kind of column that takes it with the options of its example: no panic; what
//! comes out fits.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgveil::mask::demo::Ready;
use pgveil::mask::fit::Target;
use pgveil::mask::registry;
use pgveil::mask::Masked;
use pgveil::plan::bind;

const TYPES: &[&str] = &[
    "text", "character varying(40)", "character varying(20)", "character(12)", "integer", "numeric(8,2)", "double precision", "date",
    "timestamp without time zone", "timestamp with time zone", "time without time zone", "interval", "inet", "cidr", "macaddr", "uuid", "jsonb",
    "xml", "bytea", "hstore", "geometry", "text[]", "daterange",
];

/// Every mask on every type that takes it. Masks that run programs or read files have no business here.
static READY: LazyLock<Vec<(&str, Target, Ready)>> = LazyLock::new(|| {
    let mut ready = Vec::new();
    for definition in registry::all() {
        let Ok(options) = bind::example(definition) else { continue };
        for written in TYPES.iter().chain([&definition.example.column_type]) {
            let target = Target::of_sql(written);
            if let Ok(mask) = Ready::on(definition, &options, &target) {
                ready.push((definition.name, target, mask));
            }
        }
    }
    ready
});

fuzz_target!(|input: (u16, &[u8])| {
    let (which, value) = input;
    let (name, target, ready) = &READY[usize::from(which) % READY.len()];
    if *name == "command" {
        return;
    }
    let mut out = b"before".to_vec();
    if ready.mask(value, &mut out) == Ok(Masked::Value) {
        assert!(out.starts_with(b"before"));
        if let Some(max) = target.max_chars {
            let chars = String::from_utf8_lossy(&out[6..]).chars().count();
            // A value that is too long to begin with is none of its column.
            let valid = String::from_utf8_lossy(value).chars().count() <= max as usize;
            assert!(!valid || chars <= max as usize, "{name} made {chars} characters of {max}");
        }
    }
});

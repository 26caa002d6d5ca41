//! Any value through each mask, bound to each kind of column that takes it: no panic; what comes out fits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pgveil::encoding::Charset;
use pgveil::mask::Cell;
use pgveil::mask::fit::{Kind, Target};
use pgveil::mask::demo;
use pgveil::mask::registry::{self, OptionValue};

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (which, limit, value) = input;
    let all = registry::all();
    let definition = all[usize::from(which) % all.len()];
    let options: Vec<(String, OptionValue)> = if definition.name == "const" { vec![("value".into(), OptionValue::Text("x".into()))] } else { Vec::new() };
    for kind in [Kind::Text, Kind::Date, Kind::TimestampTz, Kind::Inet, Kind::Cidr] {
        let max_chars = (kind == Kind::Text && limit > 0).then_some(u32::from(limit));
        let target = Target { kind, type_name: "x".into(), max_chars, not_null: false, charset: Charset::Utf8 };
        let Ok(bound) = demo::bound(definition, &options, &target, &[], demo::NO_SECRET) else { continue };
        let Some(mask) = bound.mask else { continue };
        let mut out = b"before".to_vec();
        if mask.mask(Cell::new(value), &mut out).is_ok() {
            assert!(out.starts_with(b"before"));
            if let Some(max) = max_chars {
                let chars = String::from_utf8_lossy(&out[6..]).chars().count();
                assert!(chars <= max as usize, "{} made {chars} characters of {max}", definition.name);
            }
        }
    }
});

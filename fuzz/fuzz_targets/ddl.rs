//! Any text as DDL: no panic, no stack overflow, no hang.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pgveil::schema::catalogue::Catalogue;

fuzz_target!(|text: &str| {
    let mut catalogue = Catalogue::default();
    for statement in text.split(";\n") {
        if catalogue.apply(statement, None).is_err() {
            return;
        }
    }
    for relation in catalogue.relations.values() {
        catalogue.ancestors(&relation.name);
        for column in &relation.columns {
            catalogue.base_type(&column.data_type);
        }
    }
});

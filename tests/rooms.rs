//! Keeps the walls of the house (`docs/design.md`, "The rooms") and the house rules that no lint of the compiler knows: who
//! may import whom, what a file opens with, how long it may be, where a program may stop dead.
//!
//! The sources are read as tokens, so that nothing in a comment or a string counts. What only macros make is not seen.
//! Code behind `#[cfg(test)]` may look into any room: it is not part of the house.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each room and the rooms that it may import. `error`, `name`, `encoding`, `figures` and `sql` are open to all; only `cli` sees everything.
const ROOMS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("name", &[]),
    ("encoding", &[]),
    ("sql", &[]),
    ("figures", &[]),
    ("row", &[]),
    ("mask", &[]),
    ("schema", &[]),
    ("rules", &[]),
    ("input", &["archive"]),
    ("output", &[]),
    ("archive", &[]),
    ("compose", &["archive", "dump", "schema"]),
    ("manifest", &[]),
    ("dump", &["row"]),
    ("rewrite", &["row", "mask", "rules"]),
    ("subset", &["row", "schema", "rewrite"]),
    ("plan", &["rules", "schema", "mask", "rewrite", "subset"]),
    ("target", &["dump", "schema"]),
    ("pipeline", &["archive", "compose", "row", "dump", "schema", "plan", "rewrite", "subset", "output", "target"]),
    ("report", &["pipeline", "mask", "rewrite", "row", "manifest", "output"]),
    ("verify", &["manifest", "row"]),
    ("cli", &["*"]),
];

/// What every room may import.
const OPEN: &[&str] = &["error", "name", "encoding", "figures", "sql"];

/// The most lines a file may have.
const MOST_LINES: usize = 800;

/// A path that leads to the root of the crate and on: `crate::dump::event`, `super::super::dump`.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    line: usize,
    /// The first name behind the root; `*`, `self` or `{}` where there is no name.
    room: String,
}

/// What a file does that the rules speak of.
#[derive(Debug, Default)]
struct Findings {
    imports: Vec<Import>,
    /// Lines and texts of calls that stop the program dead.
    stops: Vec<(usize, String)>,
    /// Modules in files of their own that only tests see.
    test_modules: Vec<String>,
}

/// Reads tokens with the position in the tree of modules at hand.
struct Scanner {
    found: Findings,
    /// The names of the modules around, from the root of the crate on.
    modules: Vec<String>,
}

impl Scanner {
    fn scan(modules: &[&str], source: &str) -> Result<Findings, String> {
        let tokens = TokenStream::from_str(source).map_err(|error| error.to_string())?;
        let mut scanner = Scanner { found: Findings::default(), modules: modules.iter().map(ToString::to_string).collect() };
        scanner.walk(&tokens.into_iter().collect::<Vec<_>>());
        Ok(scanner.found)
    }

    fn walk(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let Some(length) = self.test_only(rest) {
                at += length;
            } else if let Some((length, name, body)) = module(rest) {
                self.modules.push(name);
                self.walk(&body);
                self.modules.pop();
                at += length;
            } else if let Some(length) = self.path(rest, at > 0 && is_path_separator_before(tokens, at)) {
                at += length;
            } else {
                self.stop(tokens, at);
                if let TokenTree::Group(group) = &tokens[at] {
                    self.walk(&group.stream().into_iter().collect::<Vec<_>>());
                }
                at += 1;
            }
        }
    }

    /// `#[cfg(test)]` or `#[test]` and the item behind it: how many tokens to leap over.
    fn test_only(&mut self, tokens: &[TokenTree]) -> Option<usize> {
        if !is_punct(tokens.first(), '#') {
            return None;
        }
        let Some(TokenTree::Group(attribute)) = tokens.get(1) else { return None };
        let attribute = attribute.stream().to_string().replace(' ', "");
        if attribute != "cfg(test)" && attribute != "test" {
            return None;
        }
        let is_end =
            |token: &TokenTree| matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace) || is_punct(Some(token), ';');
        let end = tokens.iter().position(is_end).unwrap_or(tokens.len() - 1);
        let item = &tokens[2..=end.max(2).min(tokens.len() - 1)];
        let name = item.iter().position(|token| is_ident(Some(token), "mod")).and_then(|mod_at| ident(item.get(mod_at + 1)));
        if let (Some(name), true) = (name, is_punct(item.last(), ';')) {
            self.found.test_modules.push(name);
        }
        Some(end + 1)
    }

    /// A path that leads to the crate's root: notes what it names there, and gives its length in tokens.
    fn path(&mut self, tokens: &[TokenTree], continues: bool) -> Option<usize> {
        let first = ident(tokens.first())?;
        if continues {
            return None;
        }
        let line = tokens[0].span().start().line;
        let mut depth = self.modules.len();
        let mut at = match first.as_str() {
            "crate" => {
                depth = 0;
                1
            }
            "pgveil" if is_separator(&tokens[1..]) => {
                depth = 0;
                1
            }
            "super" | "self" => 0,
            _ => return None,
        };
        if at == 0 && first == "self" {
            at = 1;
        }
        // Climb: a `super` at the start, or behind a separator.
        while let Some(next) = ident(tokens.get(if at == 0 { 0 } else { at + 2 })) {
            if next != "super" || (at > 0 && !is_separator(&tokens[at..])) {
                break;
            }
            depth = depth.saturating_sub(1);
            at += if at == 0 { 1 } else { 3 };
        }
        if !is_separator(&tokens[at..]) {
            // `pub(crate)`, `in crate`, a bare `self`: no path.
            return Some(at);
        }
        if depth > 0 {
            return Some(at);
        }
        for room in heads(tokens.get(at + 2)) {
            self.found.imports.push(Import { line, room });
        }
        Some(at + 2)
    }

    /// A call that stops the program dead: `.unwrap()`, `.expect(…)`, `panic!`, `todo!` and their like.
    fn stop(&mut self, tokens: &[TokenTree], at: usize) {
        let Some(name) = ident(tokens.get(at)) else { return };
        let called = matches!(tokens.get(at + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
        let method = at > 0 && is_punct(tokens.get(at - 1), '.') && called && ["unwrap", "expect"].contains(&name.as_str());
        let stopper = ["panic", "todo", "unimplemented"].contains(&name.as_str()) && is_punct(tokens.get(at + 1), '!');
        if method || stopper {
            self.found.stops.push((tokens[at].span().start().line, name));
        }
    }
}

/// `mod NAME { … }`: its length in tokens, its name, its body.
fn module(tokens: &[TokenTree]) -> Option<(usize, String, Vec<TokenTree>)> {
    if !is_ident(tokens.first(), "mod") {
        return None;
    }
    let name = ident(tokens.get(1))?;
    let Some(TokenTree::Group(body)) = tokens.get(2) else { return None };
    Some((3, name, body.stream().into_iter().collect()))
}

/// What a path names right behind the root: one name, or the first name of each branch of `{…}`.
fn heads(token: Option<&TokenTree>) -> Vec<String> {
    match token {
        Some(TokenTree::Ident(name)) => vec![name.to_string()],
        Some(TokenTree::Punct(punct)) => vec![punct.as_char().to_string()],
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            let branches = tokens.split(|token| is_punct(Some(token), ','));
            branches.filter(|branch| !branch.is_empty()).flat_map(|branch| heads(branch.first())).collect()
        }
        _ => vec!["{}".to_owned()],
    }
}

fn ident(token: Option<&TokenTree>) -> Option<String> {
    if let Some(TokenTree::Ident(name)) = token { Some(name.to_string()) } else { None }
}

fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(found)) if found == name)
}

fn is_punct(token: Option<&TokenTree>, punct: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}

fn is_path_separator_before(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_separator(&tokens[at - 2..])
}

/// The modules that a file of `src/` stands in: `dump/script/lexer.rs` is `["dump", "script", "lexer"]`.
fn modules_of(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" || path == "main" { Vec::new() } else { path.split('/').collect() }
}

/// Why a room may not import what it does; `None` where it may.
fn forbidden(from: &str, to: &str) -> Option<String> {
    let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == from) else {
        return Some(format!("{from} is no room of the table in tests/rooms.rs"));
    };
    if !ROOMS.iter().any(|(room, _)| *room == to) {
        return Some(format!("imports crate::{to}, which names no room; name the room that it comes from"));
    }
    let open = from == to || OPEN.contains(&to) || allowed.contains(&to) || allowed.contains(&"*");
    (!open).then(|| format!("{from} may not import {to}; it may import {}", [OPEN, allowed].concat().join(", ")))
}

/// Everything wrong with one file, `path` being relative to `src/`.
fn complaints(path: &str, source: &str) -> Result<Vec<String>, String> {
    let modules = modules_of(path);
    let findings = Scanner::scan(&modules, source)?;
    let mut complaints = Vec::new();
    if !source.starts_with("//!") {
        complaints.push(format!("src/{path}:1: does not open with //!"));
    }
    let lines = source.lines().count();
    if lines > MOST_LINES {
        complaints.push(format!("src/{path}: has {lines} lines, {MOST_LINES} at most"));
    }
    if let Some(room) = modules.first() {
        for Import { line, room: to } in &findings.imports {
            complaints.extend(forbidden(room, to).map(|why| format!("src/{path}:{line}: {why}")));
        }
    }
    if !path.ends_with("naive.rs") {
        complaints.extend(findings.stops.iter().map(|(line, what)| format!("src/{path}:{line}: {what} outside of tests")));
    }
    Ok(complaints)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, without what git ignores and without git's own.
fn files(folder: &Path) -> Vec<PathBuf> {
    let skipped = ["target", ".git", ".cache", "artifacts"];
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !skipped.contains(&name.as_str()) {
            found.extend(files(&path));
        } else if path.is_file() && name != ".git" {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The files of `src/` by their path there, those apart that only tests see.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&src).expect("a path in src").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a readable source"))
    };
    let all: Vec<(String, String)> = files(&src).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).map(read).collect();
    let mut tests = BTreeSet::new();
    for (path, source) in &all {
        let findings = Scanner::scan(&modules_of(path), source).unwrap_or_else(|error| panic!("src/{path}: {error}"));
        let parent = modules_of(path).join("/");
        tests.extend(findings.test_modules.iter().map(|name| format!("{parent}/{name}").trim_start_matches('/').to_owned()));
    }
    let is_test = |path: &str| tests.iter().any(|test| path.strip_prefix(test.as_str()).is_some_and(|rest| rest.starts_with(['/', '.'])));
    all.into_iter().filter(|(path, _)| !is_test(path)).collect()
}

#[test]
fn the_walls_stand() {
    let sources = sources();
    assert!(sources.len() > 20, "only {} files were read", sources.len());
    let wrong: Vec<String> = sources
        .iter()
        .flat_map(|(path, source)| complaints(path, source).unwrap_or_else(|error| vec![format!("src/{path}: {error}")]))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The diagram of `docs/design.md` says what [`ROOMS`] says.
#[test]
fn the_drawing_is_of_this_house() {
    let page = fs::read_to_string(root().join("docs/design.md")).expect("docs/design.md is readable");
    let drawing = page.split("```").find(|block| block.contains("sees everything; nobody sees cli")).expect("the diagram");
    let mut drawn: Vec<(String, Vec<String>)> = Vec::new();
    for line in drawing.lines() {
        let mut words =
            line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').split([' ', ',', ';']).filter(|word| !word.is_empty());
        match words.next() {
            None | Some("cli") => {}
            // Those of the lowest storey import nobody.
            Some(first) if line.contains("leaves") => {
                let leaves = std::iter::once(first).chain(words.take_while(|word| !word.starts_with("leaves")));
                drawn.extend(leaves.map(|leaf| (leaf.to_owned(), Vec::new())));
            }
            Some(room) => drawn.push((room.to_owned(), words.map(str::to_owned).collect())),
        }
    }
    let open = |room: &str| OPEN.contains(&room) || room == "cli";
    let mut expected: Vec<(String, Vec<String>)> = ROOMS
        .iter()
        .filter(|(room, _)| !open(room))
        .map(|(room, allowed)| ((*room).to_owned(), allowed.iter().map(|room| (*room).to_owned()).collect()))
        .collect();
    for rooms in [&mut drawn, &mut expected] {
        rooms.iter_mut().for_each(|(_, allowed)| allowed.sort());
        rooms.sort();
    }
    assert_eq!(drawn, expected);
}

#[test]
fn every_folder_is_a_room() {
    for entry in fs::read_dir(root().join("src")).expect("src") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(["lib", "main"].contains(&name.as_str()) || ROOMS.iter().any(|(room, _)| *room == name), "src/{name} is no room");
    }
}

#[test]
fn tests_and_benches_say_what_they_are_for() {
    for folder in ["tests", "benches"] {
        for path in files(&root().join(folder)).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
            let source = fs::read_to_string(&path).expect("a readable source");
            assert!(source.starts_with("//!"), "{} does not open with //!", path.display());
            assert!(source.lines().count() <= MOST_LINES, "{} has more than {MOST_LINES} lines", path.display());
        }
    }
}

#[test]
fn nothing_points_to_one_machine() {
    let place = concat!("/wo", "rk/");
    for path in files(&root()) {
        let bytes = fs::read(&path).expect("a readable file");
        assert!(!mentions(&bytes, place), "{} mentions {place}", path.display());
    }
}

fn mentions(bytes: &[u8], place: &str) -> bool {
    memchr::memmem::find(bytes, place.as_bytes()).is_some()
}

/// The walls can fail: what is forbidden is found in each of its forms.
mod checker {
    use super::{complaints, forbidden, mentions, modules_of};

    fn rooms(path: &str, source: &str) -> Vec<String> {
        let findings = super::Scanner::scan(&modules_of(path), source).expect("tokens");
        findings.imports.into_iter().map(|import| import.room).collect()
    }

    fn wrong(path: &str, source: &str) -> Vec<String> {
        complaints(path, &format!("//! Doc.\n{source}")).expect("tokens")
    }

    #[test]
    fn every_form_of_import_is_seen() {
        assert_eq!(rooms("row/copy.rs", "use crate::dump::event::Event;"), ["dump"]);
        assert_eq!(rooms("row/copy.rs", "use crate::{dump::{event, buffer}, plan as p, error};"), ["dump", "plan", "error"]);
        assert_eq!(rooms("row/copy.rs", "fn f() { let x: Vec<crate::plan::Plan> = crate::mask::new(); }"), ["plan", "mask"]);
        assert_eq!(rooms("row/copy.rs", "use super::super::dump::Event;"), ["dump"]);
        assert_eq!(rooms("row/copy.rs", "use self::super::super::{dump, plan};"), ["dump", "plan"]);
        assert_eq!(rooms("row/mod.rs", "use super::dump; pub use super::super_thing;"), ["dump", "super_thing"]);
        assert_eq!(rooms("row/mod.rs", "mod inner { use super::super::dump; }"), ["dump"]);
        assert_eq!(rooms("row/mod.rs", "use crate::*;"), ["*"]);
        assert_eq!(rooms("row/mod.rs", "use {crate::dump, std::fmt};"), ["dump"]);
        assert_eq!(rooms("main.rs", "fn main() { pgveil::cli::main() }"), ["cli"]);
        assert_eq!(rooms("row/mod.rs", "vec![crate::plan::X]; println!(\"{}\", crate::mask::Y)"), ["plan", "mask"]);
    }

    #[test]
    fn what_is_no_import_is_not_seen() {
        let none: [&str; 0] = [];
        assert_eq!(rooms("row/copy.rs", "use super::naive; pub(crate) fn f() {} pub(in crate::row) fn g(&self) {}"), ["row"]);
        assert_eq!(rooms("row/copy.rs", "// crate::dump\n/// [`crate::dump`]\nconst S: &str = \"crate::dump\";"), none);
        assert_eq!(rooms("row/copy.rs", "#[cfg(test)]\nmod tests { use crate::dump; }\nuse std::fmt;"), none);
        assert_eq!(rooms("row/copy.rs", "#[cfg(test)]\nuse crate::dump;\nuse crate::mask;"), ["mask"]);
        assert_eq!(rooms("dump/script/lexer.rs", "use super::super::event; mod a { mod b { use super::super::head; } }"), none);
    }

    #[test]
    fn the_table_decides() {
        assert_eq!(wrong("dump/mod.rs", "use crate::row; use crate::error; use crate::name; use crate::dump::x;").len(), 0);
        assert_eq!(wrong("cli/filter.rs", "use crate::{plan, pipeline, input, report};").len(), 0);
        let found = wrong("dump/mod.rs", "use crate::row;\nuse crate::plan;");
        assert_eq!(found, ["src/dump/mod.rs:3: dump may not import plan; it may import error, name, encoding, figures, sql, row"]);
        for (from, to) in
            [("row", "dump"), ("mask", "rules"), ("rewrite", "schema"), ("plan", "dump"), ("pipeline", "cli"), ("report", "plan")]
        {
            assert!(forbidden(from, to).is_some(), "{from} → {to}");
        }
        assert!(forbidden("attic", "row").is_some());
        assert!(forbidden("row", "Error").is_some());
        assert!(forbidden("row", "*").is_some());
    }

    #[test]
    fn stops_are_seen_outside_of_tests() {
        assert_eq!(wrong("row/copy.rs", "fn f() { a.unwrap(); }").len(), 1);
        assert_eq!(wrong("row/copy.rs", "fn f() { a.expect(\"x\"); panic!(\"y\"); todo!() }").len(), 3);
        assert_eq!(
            wrong("row/copy.rs", "#[expect(clippy::x, reason = \"r\")] fn f() { a.unwrap_or(1); std::panic::catch_unwind(g); }").len(),
            0
        );
        assert_eq!(wrong("row/copy.rs", "#[cfg(test)] mod tests { fn f() { a.unwrap(); } }").len(), 0);
        assert_eq!(wrong("row/naive.rs", "fn f() { a.unwrap(); }").len(), 0);
    }

    #[test]
    fn form_is_seen() {
        assert_eq!(complaints("row/copy.rs", "use std::fmt;").expect("tokens").len(), 1);
        assert_eq!(wrong("row/copy.rs", &"\n".repeat(799)).len(), 0);
        assert_eq!(wrong("row/copy.rs", &"\n".repeat(800)).len(), 1);
        assert!(mentions(b"see /some/where", "/some/"));
        assert!(!mentions(b"see /somewhere", "/some/"));
    }

    #[test]
    fn a_module_in_a_file_of_its_own_that_only_tests_see_is_known() {
        let findings = super::Scanner::scan(&["mask"], "#[cfg(test)]\nmod tests;\npub mod words;").expect("tokens");
        assert_eq!(findings.test_modules, ["tests"]);
    }
}

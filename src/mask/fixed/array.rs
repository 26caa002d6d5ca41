//! An array that a rule gives, taken apart as `array_in` does (src/backend/utils/adt/arrayfuncs.c). For rules only: it
//! allocates.

/// The elements of an array of any depth, `None` for NULL; or nothing where it is malformed. Whether all its rows are of the
/// same length is not looked at.
pub(super) fn elements(text: &str) -> Option<Vec<Option<String>>> {
    let mut reader = Reader { rest: text.trim(), found: Vec::new() };
    reader.array(6)?;
    reader.rest.is_empty().then_some(reader.found)
}

struct Reader<'a> {
    rest: &'a str,
    found: Vec<Option<String>>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = self.rest.get(next.len_utf8()..)?;
        Some(next)
    }

    /// One pair of braces; `depth` more may be inside.
    fn array(&mut self, depth: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix('{')?.trim_start();
        if let Some(rest) = self.rest.strip_prefix('}') {
            self.rest = rest.trim_start();
            return Some(());
        }
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.chars().next()? {
                '{' => self.array(depth.checked_sub(1)?)?,
                '"' => self.quoted()?,
                _ => self.bare()?,
            }
            self.rest = self.rest.trim_start();
            match self.next()? {
                ',' => {}
                '}' => break,
                _ => return None,
            }
        }
        self.rest = self.rest.trim_start();
        Some(())
    }

    fn quoted(&mut self) -> Option<()> {
        self.next();
        let mut element = String::new();
        loop {
            match self.next()? {
                '"' => break,
                '\\' => element.push(self.next()?),
                other => element.push(other),
            }
        }
        self.found.push(Some(element));
        Some(())
    }

    fn bare(&mut self) -> Option<()> {
        let mut element = String::new();
        while let Some(next) = self.rest.chars().next() {
            match next {
                ',' | '}' => break,
                '{' | '"' => return None,
                '\\' => {
                    self.next();
                    element.push(self.next()?);
                }
                _ => element.extend(self.next()),
            }
        }
        let element = element.trim_end();
        if element.is_empty() {
            return None;
        }
        self.found.push((!element.eq_ignore_ascii_case("null")).then(|| element.to_owned()));
        Some(())
    }
}

//! The mistakes of several databases, told at once, and those that they share once.

use crate::error::{Error, Result, RuleError};
use crate::name::Name;

/// Mistakes on their way to the user.
#[derive(Debug, Default)]
pub(super) struct Failures {
    mistakes: Vec<(RuleError, Vec<Name>)>,
    refusals: Vec<String>,
}

impl Failures {
    /// Takes in what one database has; `None` where there is no other, or it is about all of them.
    ///
    /// # Errors
    /// What no other mistake need be waited for.
    pub(super) fn add(&mut self, database: Option<&Name>, error: Error) -> Result<()> {
        match error {
            Error::Rules(mistakes) => {
                for mistake in mistakes {
                    match self.mistakes.iter_mut().find(|(known, _)| *known == mistake) {
                        Some((_, names)) => names.extend(database.cloned()),
                        None => self.mistakes.push((mistake, database.cloned().into_iter().collect())),
                    }
                }
                Ok(())
            }
            Error::Policy(message) => {
                self.refusals.push(database.map_or_else(|| message.clone(), |name| format!("database {name}: {message}")));
                Ok(())
            }
            error => Err(error),
        }
    }

    /// All of them as one error, if there are any.
    pub(super) fn into_result(mut self) -> Result<()> {
        if !self.mistakes.is_empty() {
            self.mistakes.sort_by(|(one, _), (other, _)| one.at.cmp(&other.at));
            return Err(Error::Rules(self.mistakes.into_iter().map(named).collect()));
        }
        if self.refusals.is_empty() { Ok(()) } else { Err(Error::Policy(self.refusals.join("\n"))) }
    }
}

/// A mistake with the databases that it is about.
fn named((mut mistake, names): (RuleError, Vec<Name>)) -> RuleError {
    let list = names.iter().map(Name::to_string).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => {}
        1 => mistake.message = format!("database {list}: {}", mistake.message),
        _ => mistake.message = format!("databases {list}: {}", mistake.message),
    }
    mistake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(message: &str) -> Error {
        Error::rule(None, message, None)
    }

    #[test]
    fn what_databases_share_is_told_once() {
        let (a, b) = (Name::new("a"), Name::new("B"));
        let mut failures = Failures::default();
        for (database, error) in [(&a, mistake("x")), (&b, mistake("x")), (&b, mistake("y"))] {
            failures.add(Some(database), error).expect("waits");
        }
        failures.add(None, mistake("z")).expect("waits");
        assert_eq!(failures.into_result().expect_err("three").to_string(), "databases a, \"B\": x\ndatabase \"B\": y\nz");
    }

    #[test]
    fn columns_without_a_rule_are_told_of_all() {
        let mut failures = Failures::default();
        for name in ["a", "b"] {
            failures.add(Some(&Name::new(name)), Error::Policy("one column".into())).expect("waits");
        }
        let error = failures.into_result().expect_err("two");
        assert!(matches!(&error, Error::Policy(_)));
        assert_eq!(error.to_string(), "database a: one column\ndatabase b: one column");
        assert!(Failures::default().add(None, Error::internal()).is_err());
        assert!(Failures::default().into_result().is_ok());
    }
}

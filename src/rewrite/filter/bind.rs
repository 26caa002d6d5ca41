//! A term → its type and a node. How the server resolves operators between types stands in "10. Type Conversion" of its
//! documentation; here are its results for the types that the language has.

mod coerce;
mod compare;

use std::borrow::Cow;

use self::coerce::domain;
use super::clock::Clock;
use super::node::Node;
use super::read;
use super::types::Type;
use super::value::Value;
use super::{BindError, pattern::Like, regex};
use crate::mask::Reading;
use crate::mask::fit::Target;
use crate::name::{Name, nearest};
use crate::rules::expr::{Comparison, Expr, Form, Match, Pattern, Term};

/// A condition as a node, and what it reads.
pub(super) fn bind(expr: &Expr, columns: &[(String, Target)], clock: &Clock) -> Result<(Node, Vec<Reading>), BindError> {
    let mut binder = Binder { columns, clock, reads: Vec::new() };
    let node = binder.condition(&expr.root)?;
    Ok((node, binder.reads))
}

/// A term with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) node: Node,
    pub(super) ty: Type,
    /// Whether text is ordered by its bytes: COLLATE "C".
    pub(super) bytes: bool,
    pub(super) at: usize,
    /// The type that a literal was cast to, where only its surroundings tell what that is.
    pub(super) named: Option<Name>,
}

impl Typed {
    pub(super) fn new(at: usize, ty: Type, node: Node) -> Typed {
        Typed { node, ty, bytes: false, at, named: None }
    }
}

pub(super) struct Binder<'a> {
    columns: &'a [(String, Target)],
    pub(super) clock: &'a Clock,
    reads: Vec<Reading>,
}

pub(super) fn mistake(offset: usize, message: impl Into<String>, help: Option<&str>) -> BindError {
    BindError { offset, message: message.into(), help: help.map(str::to_owned) }
}

impl Binder<'_> {
    /// A term that is true or false.
    pub(super) fn condition(&mut self, term: &Term) -> Result<Node, BindError> {
        let typed = self.term(term)?;
        match typed.ty {
            Type::Boolean => Ok(typed.node),
            Type::Unknown => Ok(self.coerce(typed, &Type::Boolean)?.node),
            other => Err(mistake(term.at, format!("found a term of the type {other}, expected a condition (boolean)"), None)),
        }
    }

    fn conditions(&mut self, terms: &[Term]) -> Result<Vec<Node>, BindError> {
        terms.iter().map(|term| self.condition(term)).collect()
    }

    pub(super) fn term(&mut self, term: &Term) -> Result<Typed, BindError> {
        let at = term.at;
        let truth = |node| Ok(Typed::new(at, Type::Boolean, node));
        match &term.form {
            Form::Column(name) => self.column(at, name),
            Form::Null => Ok(Typed::new(at, Type::Unknown, Node::Constant(Value::Null))),
            Form::Boolean(boolean) => truth(Node::Constant(Value::Boolean(*boolean))),
            Form::Number(written) => number(at, written),
            Form::Text(text) => Ok(Typed::new(at, Type::Unknown, text_constant(text))),
            Form::Cast(inner, to) => self.cast(at, inner, to),
            Form::ByBytes(inner) => {
                let typed = self.term(inner)?;
                let typed = if typed.ty == Type::Unknown { self.coerce(typed, &Type::Text)? } else { typed };
                if !typed.ty.is_text() {
                    return Err(mistake(at, format!("COLLATE stands behind a term of the type {}, expected text", typed.ty), None));
                }
                Ok(Typed { bytes: true, ..typed })
            }
            Form::And(terms) => truth(Node::And(self.conditions(terms)?)),
            Form::Or(terms) => truth(Node::Or(self.conditions(terms)?)),
            Form::Not(inner) => truth(Node::Not(Box::new(self.condition(inner)?))),
            Form::Compare(comparison, left, right) => {
                let (left, right) = (self.term(left)?, self.term(right)?);
                truth(self.compare(at, *comparison, left, right)?)
            }
            Form::Distinct(left, right, negated) => {
                let (left, right) = (self.term(left)?, self.term(right)?);
                let (left, right) = self.meet(at, Comparison::Equal, left, right)?;
                truth(Node::Distinct(Box::new(left), Box::new(right), *negated))
            }
            Form::In(value, list, negated) => truth(self.within(at, value, list, *negated)?),
            Form::Any(value, test, array, all) => truth(self.any(at, value, *test, array, *all)?),
            Form::Between { value, low, high, symmetric, negated } => truth(self.between(at, [value, low, high], *symmetric, *negated)?),
            Form::Match { how, value, pattern, escape } => {
                let value = self.term(value)?;
                let pattern = self.term(pattern)?;
                let escape = escape.as_ref().map(|escape| self.term(escape)).transpose()?;
                truth(self.matches(at, *how, value, pattern, escape)?)
            }
            Form::IsNull(inner, negated) => {
                let inner = self.term(inner)?;
                let row = matches!(inner.ty, Type::Composite(_));
                let node = Box::new(inner.node);
                truth(if row { Node::RowIsNull(node, *negated) } else { Node::IsNull(node, *negated) })
            }
            Form::Is(inner, asked, negated) => truth(Node::Is(Box::new(self.condition(inner)?), *asked, *negated)),
            Form::Array(terms) => self.array(at, terms),
            Form::Operator(operator, left, right) => {
                let (left, right) = (self.term(left)?, self.term(right)?);
                self.operator(at, *operator, left, right)
            }
            Form::Negate(inner) => {
                let inner = self.term(inner)?;
                self.negate(at, inner)
            }
            Form::Call(function, arguments) => self.call(at, *function, arguments),
            Form::Case(branches, otherwise) => self.case(at, branches, otherwise.as_deref()),
        }
    }

    fn column(&mut self, at: usize, name: &Name) -> Result<Typed, BindError> {
        let known = || self.columns.iter().map(|(known, _)| known.as_str());
        let Some((_, target)) = self.columns.iter().find(|(known, _)| known == name.as_str()) else {
            let all: Vec<String> = known().map(|known| Name::new(known).to_string()).collect();
            let help = match nearest(name.as_str(), known()) {
                Some(near) => Some(format!("did you mean {}?", Name::new(near))),
                None => Some("a string is written in single quotes: 'text'".to_owned()),
            };
            return Err(BindError { offset: at, message: format!("found no column {name}, expected one of {}", all.join(", ")), help });
        };
        let ty = Type::of_target(target);
        let index = self.reads.iter().position(|reading| reading.of == name.as_str()).unwrap_or_else(|| {
            self.reads.push(Reading { of: name.as_str().to_owned(), masked: false });
            self.reads.len() - 1
        });
        let bytes = ty == Type::Name;
        Ok(Typed { bytes, ..Typed::new(at, ty.clone(), Node::Column(index, ty)) })
    }

    fn array(&mut self, at: usize, terms: &[Term]) -> Result<Typed, BindError> {
        let items = terms.iter().map(|term| self.term(term)).collect::<Result<Vec<_>, _>>()?;
        let element = self.unify(at, "ARRAY", &items)?;
        if let Type::Array(_) = element {
            return Err(mistake(at, "found an array of arrays, expected one of one dimension", None));
        }
        let bytes = items.iter().any(|item| item.bytes);
        let constant = items.iter().all(|item| item.node.is_constant()) && element != Type::Unknown;
        let nodes = items.into_iter().map(|item| Ok(self.coerce(item, &element)?.node)).collect::<Result<Vec<_>, BindError>>()?;
        let typed = Typed { bytes, ..Typed::new(at, Type::Array(Box::new(element)), Node::List(nodes)) };
        self.fold(typed, constant)
    }

    /// The one type of several terms; unknown where all are literals.
    pub(super) fn unify(&self, at: usize, what: &str, terms: &[Typed]) -> Result<Type, BindError> {
        terms.iter().try_fold(Type::Unknown, |ty, term| {
            unified(&ty, &term.ty)
                .ok_or_else(|| mistake(at, format!("{what} holds the types {ty} and {}, expected one type", term.ty), None))
        })
    }

    fn case(&mut self, at: usize, branches: &[(Term, Term)], otherwise: Option<&Term>) -> Result<Typed, BindError> {
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        for (condition, result) in branches {
            conditions.push(self.condition(condition)?);
            results.push(self.term(result)?);
        }
        results.push(match otherwise {
            Some(otherwise) => self.term(otherwise)?,
            None => Typed::new(at, Type::Unknown, Node::Constant(Value::Null)),
        });
        let ty = match self.unify(at, "CASE", &results)? {
            Type::Unknown => Type::Text,
            ty => ty,
        };
        let mut nodes = results.into_iter().map(|result| Ok(self.coerce(result, &ty)?.node)).collect::<Result<Vec<_>, BindError>>()?;
        let last = nodes.pop().unwrap_or(Node::Constant(Value::Null));
        Ok(Typed::new(at, ty, Node::Case(conditions.into_iter().zip(nodes).collect(), Box::new(last))))
    }

    /// A term as text, for what takes nothing else.
    pub(super) fn as_text(&self, typed: Typed, what: &str) -> Result<Typed, BindError> {
        match &typed.ty {
            Type::TextDomain(_) => Err(domain(typed.at, &typed.ty)),
            Type::Unknown => self.coerce(typed, &Type::Text),
            ty if ty.is_text() => self.coerce(typed, &Type::Text),
            ty => Err(mistake(typed.at, format!("{what} takes text, found the type {ty}"), Some("cast it: x::text"))),
        }
    }

    fn matches(&self, at: usize, how: Match, value: Typed, pattern: Typed, escape: Option<Typed>) -> Result<Node, BindError> {
        let what = match how.pattern {
            Pattern::Like => "LIKE",
            Pattern::Similar => "SIMILAR TO",
            Pattern::Regex => "~",
        };
        let ignore_case = how.ignore_case || value.ty == Type::Citext;
        // The blanks of char(n) count here.
        let value = if value.ty == Type::Padded { value } else { self.as_text(value, what)? };
        let pattern = self.as_text(pattern, what)?;
        let escape = escape.map(|escape| self.as_text(escape, "ESCAPE")).transpose()?;
        let escape = match escape.map(|escape| escape.node) {
            None => None,
            Some(Node::Constant(Value::Text(text))) => Some(String::from_utf8_lossy(&text).into_owned()),
            Some(_) => return Err(mistake(at, "found an ESCAPE that is no literal", None)),
        };
        if escape.as_ref().is_some_and(|escape| escape.chars().count() > 1) {
            return Err(mistake(at, "found an ESCAPE of several characters, expected one or none", None));
        }
        let constant = value.node.is_constant();
        let value = Box::new(value.node);
        let node = match pattern.node {
            Node::Constant(Value::Null) => Node::Constant(Value::Null),
            Node::Constant(Value::Text(text)) if how.pattern == Pattern::Like => {
                let like = Like::new(&text, escape.as_deref().map(str::as_bytes), ignore_case);
                let like = like.ok_or_else(|| mistake(pattern.at, "found a LIKE pattern that ends with the escape character", None))?;
                Node::Like(value, like, how.negated)
            }
            Node::Constant(Value::Text(text)) => {
                let text = String::from_utf8_lossy(&text);
                let regex = match how.pattern {
                    Pattern::Similar => regex::similar(&text, escape.as_deref(), ignore_case),
                    Pattern::Like | Pattern::Regex => regex::regex(&text, ignore_case),
                };
                let regex =
                    regex.map_err(|found| mistake(pattern.at, format!("the pattern holds {found}, which cannot be matched here"), None))?;
                Node::Regex(value, regex, how.negated)
            }
            other if how.pattern == Pattern::Like && escape.is_none() => Node::LikeTerm(value, Box::new(other), ignore_case, how.negated),
            _ => return Err(mistake(pattern.at, format!("{what} has a pattern that is no literal"), None)),
        };
        Ok(self.fold(Typed::new(at, Type::Boolean, node), constant)?.node)
    }
}

pub(super) fn text_constant(text: &str) -> Node {
    Node::Constant(Value::Text(Cow::Owned(text.as_bytes().to_vec())))
}

/// A number without quotes: an integer where it is one that fits, or else numeric.
fn number(at: usize, written: &str) -> Result<Typed, BindError> {
    if let Some(number) = read::integer(written.as_bytes()) {
        let bits = if read::fits(number, 32) { 32 } else { 64 };
        return Ok(Typed::new(at, Type::Integer(bits), Node::Constant(Value::Integer(number))));
    }
    let number = super::numeric::Numeric::read(written.as_bytes());
    let number = number.ok_or_else(|| mistake(at, format!("found the number {written}, which numeric cannot hold"), None))?;
    Ok(Typed::new(at, Type::Numeric, Node::Constant(Value::Numeric(number))))
}

/// The one type of two results (`select_common_type`).
fn unified(left: &Type, right: &Type) -> Option<Type> {
    match (left, right) {
        (Type::Unknown, other) | (other, Type::Unknown) => Some(other.clone()),
        _ if left == right => Some(left.clone()),
        (Type::Integer(left), Type::Integer(right)) => Some(Type::Integer(*left.max(right))),
        (Type::Float(_), Type::Float(_)) => Some(Type::Float(64)),
        (float @ Type::Float(_), other) | (other, float @ Type::Float(_)) if other.is_number() => Some(float.clone()),
        _ if left.is_number() && right.is_number() => Some(Type::Numeric),
        (Type::Padded, Type::Text) => Some(Type::Padded),
        _ if left.is_text() && right.is_text() => Some(Type::Text),
        (Type::Date, Type::Timestamp) | (Type::Timestamp, Type::Date) => Some(Type::Timestamp),
        (Type::Date | Type::Timestamp, Type::TimestampTz) | (Type::TimestampTz, Type::Date | Type::Timestamp) => Some(Type::TimestampTz),
        (Type::Network { .. }, Type::Network { .. }) => Some(Type::Network { cidr: false }),
        _ => None,
    }
}

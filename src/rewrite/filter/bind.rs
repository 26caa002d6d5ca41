//! A term → its type and a node. How the server resolves operators between types stands in "10. Type Conversion" of its
//! documentation; here are its results for the types that the language has.

use std::borrow::Cow;

use super::clock::Clock;
use super::convert::Conversion;
use super::node::{Node, Row, Set};
use super::read;
use super::types::Type;
use super::value::Value;
use super::{BindError, pattern::Like, regex};
use crate::mask::fit::Target;
use crate::mask::{Nothing, Reading};
use crate::name::{Name, nearest};
use crate::rules::expr::{BaseType, Comparison, Expr, Form, Match, Pattern, Term, Test, TypeName};

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

    /// A node of which all parts are known: its value is computed now where those are constants.
    pub(super) fn fold(&self, typed: Typed, constant: bool) -> Result<Typed, BindError> {
        if !constant || typed.node.is_constant() {
            return Ok(typed);
        }
        let value = typed.node.value(Row { around: &Nothing, clock: self.clock }).map(Value::owned);
        match value {
            Ok(value) => Ok(Typed { node: Node::Constant(value), ..typed }),
            Err(refusal) => Err(mistake(typed.at, format!("cannot be computed, expected {}", refusal.expected), None)),
        }
    }

    /// A term as another type, where the server would convert it without being asked.
    ///
    /// # Errors
    /// A literal that is no value of the type, or a type that does not become it.
    pub(super) fn coerce(&self, typed: Typed, to: &Type) -> Result<Typed, BindError> {
        if typed.ty == *to {
            return Ok(typed);
        }
        if typed.ty == Type::Unknown {
            return self.literal(typed, to);
        }
        if let (Type::Array(from), Type::Array(element)) = (&typed.ty, to) {
            return self.coerce_array(typed.clone(), from, element);
        }
        let conversion = implied(&typed.ty, to).ok_or_else(|| unfit(&typed, to))?;
        self.converted(typed, conversion, to)
    }

    /// A term with a conversion around it.
    fn converted(&self, typed: Typed, conversion: Option<Conversion>, to: &Type) -> Result<Typed, BindError> {
        let constant = typed.node.is_constant();
        let node = match conversion {
            Some(conversion) => Node::Convert(conversion, Box::new(typed.node)),
            None => typed.node,
        };
        let bytes = typed.bytes && to.is_text();
        self.fold(Typed { bytes, ..Typed::new(typed.at, to.clone(), node) }, constant)
    }

    fn coerce_array(&self, typed: Typed, from: &Type, element: &Type) -> Result<Typed, BindError> {
        let to = Type::Array(Box::new(element.clone()));
        let (at, bytes) = (typed.at, typed.bytes);
        let done = |node| Ok(Typed { bytes, ..Typed::new(at, to.clone(), node) });
        match typed.node {
            Node::List(items) => {
                let items = items.into_iter().map(|item| Ok(self.coerce(Typed::new(at, from.clone(), item), element)?.node));
                done(Node::List(items.collect::<Result<_, BindError>>()?))
            }
            Node::Constant(Value::List(items)) => {
                let item =
                    |item: &Value<'static>| match self.coerce(Typed::new(at, from.clone(), Node::Constant(item.clone())), element)?.node {
                        Node::Constant(value) => Ok(value),
                        _ => Err(unfit(&Typed::new(at, from.clone(), Node::Constant(Value::Null)), element)),
                    };
                let converted = items.iter().map(item).collect::<Result<_, BindError>>()?;
                done(Node::Constant(Value::List(items.with(converted))))
            }
            node => match implied(from, element) {
                Some(None) => done(node),
                Some(Some(conversion)) => done(Node::Convert(Conversion::Each(Box::new(conversion)), Box::new(node))),
                None => Err(unfit(&Typed::new(at, Type::Array(Box::new(from.clone())), node), &to)),
            },
        }
    }

    /// A literal read as a type.
    fn literal(&self, typed: Typed, to: &Type) -> Result<Typed, BindError> {
        let Typed { node, at, named, .. } = typed;
        if let Some(named) = named.filter(|named| !to.is_named(named)) {
            return Err(mistake(at, format!("found a literal of the type {named} where one of the type {to} is needed"), None));
        }
        match to {
            Type::TextDomain(_) => return Err(domain(at, to)),
            Type::Composite(_) | Type::Opaque(_) => return Err(no_operator(at, to)),
            _ => {}
        }
        let text = match node {
            Node::Constant(Value::Text(text)) => text,
            // NULL is a value of every type.
            node => return Ok(Typed::new(at, to.clone(), node)),
        };
        let read = Conversion::Read(to.clone()).apply(Value::Text(text.clone()), self.clock);
        match read {
            Ok(value) => Ok(Typed::new(at, to.clone(), Node::Constant(value.owned()))),
            Err(refusal) => {
                let text = String::from_utf8_lossy(&text).into_owned();
                let help = match to {
                    Type::Enum(labels) => {
                        let near = nearest(&text, labels.labels.iter().map(String::as_str));
                        let all = labels.labels.iter().map(|label| format!("'{label}'")).collect::<Vec<_>>().join(", ");
                        Some(near.map_or(format!("its labels are {all}"), |near| format!("did you mean '{near}'?")))
                    }
                    Type::Date | Type::Timestamp | Type::TimestampTz => Some("dates are written year-month-day".to_owned()),
                    _ => None,
                };
                Err(BindError {
                    offset: at,
                    message: format!("found {text:?} where the type is {to}, expected {}", refusal.expected),
                    help,
                })
            }
        }
    }

    /// Both sides of a comparison, as one type that has it.
    pub(super) fn meet(&self, at: usize, comparison: Comparison, left: Typed, right: Typed) -> Result<(Node, Node), BindError> {
        let common = self.common(at, comparison, &left, &right)?;
        Ok((self.as_compared(left, &common)?, self.as_compared(right, &common)?))
    }

    /// The type that two terms are compared as.
    fn common(&self, at: usize, comparison: Comparison, left: &Typed, right: &Typed) -> Result<Type, BindError> {
        let common = compared(&left.ty, &right.ty).ok_or_else(|| {
            for side in [left, right] {
                match side.ty {
                    Type::TextDomain(_) => return domain(side.at, &side.ty),
                    Type::Opaque(_) | Type::Composite(_) | Type::Json => return no_operator(side.at, &side.ty),
                    _ => {}
                }
            }
            let message = format!("{} compares the types {} and {}, which the server does not", comparison.sign(), left.ty, right.ty);
            mistake(at, message, Some("cast one of them: x::text"))
        })?;
        let ordering = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        match &common {
            _ if !ordering => Ok(common),
            text if text.is_text() && !left.bytes && !right.bytes => Err(mistake(
                at,
                format!("{} compares text, whose order depends on the server's collation", comparison.sign()),
                Some("write COLLATE \"C\" behind one side to compare by bytes"),
            )),
            Type::Jsonb | Type::Array(_) => {
                Err(mistake(at, format!("{} compares the type {common}, expected = or <>", comparison.sign()), None))
            }
            _ => Ok(common),
        }
    }

    /// A term as the type that it is compared as, in the form that its values are compared in.
    fn as_compared(&self, typed: Typed, common: &Type) -> Result<Node, BindError> {
        let typed = self.coerce(typed, common)?;
        let conversion = match common {
            Type::Padded => Conversion::Strip,
            Type::Citext => Conversion::Fold,
            _ => return Ok(typed.node),
        };
        Ok(self.converted(typed, Some(conversion), common)?.node)
    }

    pub(super) fn compare(&self, at: usize, comparison: Comparison, left: Typed, right: Typed) -> Result<Node, BindError> {
        let (left, right) = self.meet(at, comparison, left, right)?;
        let constant = left.is_constant() && right.is_constant();
        let node = Node::Compare(comparison, Box::new(left), Box::new(right));
        Ok(self.fold(Typed::new(at, Type::Boolean, node), constant)?.node)
    }

    fn between(&mut self, at: usize, [value, low, high]: [&Term; 3], symmetric: bool, negated: bool) -> Result<Node, BindError> {
        let (value, low, high) = (self.term(value)?, self.term(low)?, self.term(high)?);
        let pair = |low: &Typed, high: &Typed| {
            let least = self.compare(at, Comparison::GreaterOrEqual, value.clone(), low.clone())?;
            Ok(Node::And(vec![least, self.compare(at, Comparison::LessOrEqual, value.clone(), high.clone())?]))
        };
        let one = pair(&low, &high)?;
        let node = if symmetric { Node::Or(vec![one, pair(&high, &low)?]) } else { one };
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    /// `value IN (list)`: constants are looked up, everything else is compared (`transformAExprIn`).
    fn within(&mut self, at: usize, value: &Term, list: &[Term], negated: bool) -> Result<Node, BindError> {
        let value = self.term(value)?;
        let mut constants = Vec::new();
        let mut terms = Vec::new();
        for item in list {
            let item = self.term(item)?;
            if item.node.is_constant() { constants.push(item) } else { terms.push(item) }
        }
        let mut choices = Vec::new();
        let element =
            if constants.len() > 1 { constants.iter().try_fold(value.ty.clone(), |ty, item| unified(&ty, &item.ty)) } else { None };
        match element {
            Some(element) => {
                let items = constants.into_iter().map(|item| self.coerce(item, &element)).collect::<Result<Vec<_>, _>>()?;
                choices.push(self.among(at, value.clone(), &element, items, false)?);
            }
            None => terms.extend(constants),
        }
        for term in terms {
            choices.push(self.compare(at, Comparison::Equal, value.clone(), term)?);
        }
        let found = match choices.pop() {
            Some(one) if choices.is_empty() => one,
            Some(last) => {
                choices.push(last);
                Node::Or(choices)
            }
            None => Node::Constant(Value::Boolean(false)),
        };
        Ok(if negated { Node::Not(Box::new(found)) } else { found })
    }

    /// `value = ANY (constants)`, or `<> ALL` of them.
    fn among(&self, at: usize, value: Typed, element: &Type, items: Vec<Typed>, negated: bool) -> Result<Node, BindError> {
        let sample = Typed::new(at, element.clone(), Node::Constant(Value::Null));
        let common = self.common(at, Comparison::Equal, &value, &sample)?;
        let value = self.as_compared(value, &common)?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match self.as_compared(item, &common)? {
                Node::Constant(value) => values.push(value),
                _ => return Err(mistake(at, "found a list whose items are not all literals", None)),
            }
        }
        let constant = value.is_constant();
        let node = Node::Among(Box::new(value), Set::new(values), negated);
        Ok(self.fold(Typed::new(at, Type::Boolean, node), constant)?.node)
    }

    fn any(&mut self, at: usize, value: &Term, test: Test, array: &Term, all: bool) -> Result<Node, BindError> {
        let value = self.term(value)?;
        let array = self.term(array)?;
        let value = if value.ty == Type::Unknown && array.ty == Type::Unknown { self.coerce(value, &Type::Text)? } else { value };
        let element = match &array.ty {
            Type::Array(element) if **element != Type::Unknown => (**element).clone(),
            // A literal, or an array of literals.
            Type::Array(_) | Type::Unknown => match (&value.ty, test) {
                (Type::Unknown, _) | (_, Test::Match(_)) => Type::Text,
                (ty, _) => ty.clone(),
            },
            other => return Err(mistake(array.at, format!("found the type {other} behind ANY or ALL, expected an array"), None)),
        };
        let array = self.coerce(array, &Type::Array(Box::new(element.clone())))?;
        let comparison = match test {
            Test::Compare(comparison) => comparison,
            Test::Match(how) => {
                let items = constants(&array).ok_or_else(|| mistake(array.at, "found patterns that are not all literals", None))?;
                let one = |item| self.matches(at, how, value.clone(), Typed::new(at, element.clone(), Node::Constant(item)), None);
                let nodes = items.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
                return Ok(if all { Node::And(nodes) } else { Node::Or(nodes) });
            }
        };
        let whole = matches!((comparison, all), (Comparison::Equal, false) | (Comparison::NotEqual, true));
        if let Some(items) = constants(&array).filter(|_| whole) {
            let items = items.into_iter().map(|item| Typed::new(at, element.clone(), Node::Constant(item))).collect();
            return self.among(at, value, &element, items, all);
        }
        let sample = Typed { bytes: array.bytes, ..Typed::new(at, element.clone(), Node::Constant(Value::Null)) };
        let common = self.common(at, comparison, &value, &sample)?;
        let value = self.as_compared(value, &common)?;
        let list = self.coerce(array, &Type::Array(Box::new(common.clone())))?;
        let each = match common {
            Type::Padded => Some(Conversion::Strip),
            Type::Citext => Some(Conversion::Fold),
            _ => None,
        };
        let list = match each {
            Some(each) => Node::Convert(Conversion::Each(Box::new(each)), Box::new(list.node)),
            None => list.node,
        };
        Ok(Node::Any(Box::new(value), comparison, Box::new(list), all))
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

    fn cast(&mut self, at: usize, inner: &Term, to: &TypeName) -> Result<Typed, BindError> {
        let typed = self.term(inner)?;
        let Some(ty) = Type::of_name(to) else { return named_cast(at, typed, to) };
        let typed = Typed { at: typed.at, ..self.explicit(typed, &ty)? };
        self.modified(at, typed, to)
    }

    /// A term as another type, where the server converts it when asked.
    pub(super) fn explicit(&mut self, typed: Typed, to: &Type) -> Result<Typed, BindError> {
        let typed = match (&typed.ty, &typed.node, to) {
            // An array in a cast to text is what the dump writes.
            (Type::Array(_), Node::Column(index, _), text) if text.is_text() => {
                let ty = Type::Opaque(typed.ty.to_string());
                Typed::new(typed.at, ty.clone(), Node::Column(*index, ty))
            }
            _ => typed,
        };
        if let (Type::Array(from), Type::Array(element)) = (&typed.ty, to) {
            if let Node::List(items) = &typed.node {
                let items = items.iter().map(|item| Ok(self.explicit(Typed::new(typed.at, (**from).clone(), item.clone()), element)?.node));
                let items = items.collect::<Result<Vec<_>, BindError>>()?;
                let constant = items.iter().all(Node::is_constant);
                return self.fold(Typed { bytes: typed.bytes, ..Typed::new(typed.at, to.clone(), Node::List(items)) }, constant);
            }
            if let (Some(Some(conversion)), None) = (asked(from, element), implied(from, element)) {
                return self.converted(typed, Some(Conversion::Each(Box::new(conversion))), to);
            }
        }
        if typed.ty == *to || typed.ty == Type::Unknown || implied(&typed.ty, to).is_some() || matches!(typed.ty, Type::Array(_)) {
            return self.coerce(typed, to);
        }
        let conversion = asked(&typed.ty, to).ok_or_else(|| unfit(&typed, to))?;
        self.converted(typed, conversion, to)
    }

    /// The length or precision of a cast.
    fn modified(&self, at: usize, typed: Typed, to: &TypeName) -> Result<Typed, BindError> {
        let conversion = match (&to.base, to.modifiers.as_slice()) {
            (_, []) => return Ok(typed),
            (BaseType::Varchar, [length]) => Conversion::Cut((*length).into()),
            (BaseType::Char, [length]) => Conversion::Pad((*length).into()),
            (BaseType::Numeric, [precision]) => Conversion::Fit((*precision).into(), 0),
            (BaseType::Numeric, [precision, scale]) => Conversion::Fit((*precision).into(), (*scale).into()),
            _ => {
                return Err(mistake(at, format!("found a cast to {} with a precision, expected one without", typed.ty), None));
            }
        };
        let conversion = if to.array { Conversion::Each(Box::new(conversion)) } else { conversion };
        let ty = typed.ty.clone();
        self.converted(typed, Some(conversion), &ty)
    }
}

/// The items of an array of constants.
fn constants(array: &Typed) -> Option<Vec<Value<'static>>> {
    match &array.node {
        Node::Constant(Value::List(items)) => Some(items.to_vec()),
        Node::List(items) => items.iter().map(|item| if let Node::Constant(value) = item { Some(value.clone()) } else { None }).collect(),
        _ => None,
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

/// A cast to a type of the dump.
fn named_cast(at: usize, typed: Typed, to: &TypeName) -> Result<Typed, BindError> {
    let BaseType::Named(name) = &to.base else { return Ok(typed) };
    match &typed.ty {
        // What it is compared with tells what it means.
        Type::Unknown => Ok(Typed { named: (!to.array).then(|| name.clone()), ..typed }),
        Type::Array(element) if to.array && (**element == Type::Unknown || element.is_named(name)) => Ok(typed),
        ty if ty.is_named(name) && !to.array => Ok(typed),
        ty => {
            let help = "of the dump's own types only literals can be made";
            Err(mistake(at, format!("found a cast of the type {ty} to {name}, expected one to a built-in type"), Some(help)))
        }
    }
}

fn unfit(typed: &Typed, to: &Type) -> BindError {
    if let Type::TextDomain(_) = typed.ty {
        return domain(typed.at, &typed.ty);
    }
    mistake(typed.at, format!("found the type {} where {to} is needed", typed.ty), Some("cast it: x::type"))
}

fn no_operator(at: usize, ty: &Type) -> BindError {
    let help = if *ty == Type::Json { "take a member of it, or cast it: x::jsonb" } else { "cast it to text: x::text" };
    mistake(at, format!("values of the type {ty} cannot be compared here, only tested for NULL"), Some(help))
}

fn domain(at: usize, ty: &Type) -> BindError {
    mistake(at, format!("the type {ty} is a domain, of which is not known whether it ignores case"), Some("cast it: x::text"))
}

/// What two types are compared as; `None` where the server has no such comparison.
fn compared(left: &Type, right: &Type) -> Option<Type> {
    let pair = (left, right);
    match pair {
        (Type::Unknown, Type::Unknown) => Some(Type::Text),
        (Type::Json | Type::TextDomain(_) | Type::Composite(_) | Type::Opaque(_), _) => None,
        (_, Type::Json | Type::TextDomain(_) | Type::Composite(_) | Type::Opaque(_)) => None,
        (Type::Unknown, other) | (other, Type::Unknown) => Some(other.clone()),
        (Type::Array(left), Type::Array(right)) if left == right || **left == Type::Unknown || **right == Type::Unknown => {
            Some(Type::Array(if **left == Type::Unknown { right.clone() } else { left.clone() }))
        }
        _ if left == right => Some(left.clone()),
        (Type::Integer(_), Type::Integer(_)) => Some(Type::Integer(64)),
        (Type::Float(_), other) | (other, Type::Float(_)) if other.is_number() => Some(Type::Float(64)),
        _ if left.is_number() && right.is_number() => Some(Type::Numeric),
        _ if left.is_text() && right.is_text() => Some(Type::Text),
        (Type::Date, Type::Timestamp) | (Type::Timestamp, Type::Date) => Some(Type::Timestamp),
        (Type::Date | Type::Timestamp, Type::TimestampTz) | (Type::TimestampTz, Type::Date | Type::Timestamp) => Some(Type::TimestampTz),
        (Type::Network { .. }, Type::Network { .. }) => Some(Type::Network { cidr: false }),
        _ => None,
    }
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

/// The conversion that happens without being asked for; within, none where the value is already one of the type.
fn implied(from: &Type, to: &Type) -> Option<Option<Conversion>> {
    match (from, to) {
        _ if from == to => Some(None),
        (Type::Integer(narrow), Type::Integer(wide)) if narrow < wide => Some(None),
        (Type::Integer(_), Type::Numeric) => Some(Some(Conversion::ToNumeric)),
        (Type::Integer(_) | Type::Numeric, Type::Float(bits)) => Some(Some(Conversion::ToFloat(*bits))),
        (Type::Float(32), Type::Float(64)) => Some(None),
        (Type::Padded, Type::Text) => Some(Some(Conversion::Strip)),
        (Type::Name | Type::Citext, Type::Text) | (Type::Text, Type::Padded) => Some(None),
        (Type::Date, Type::Timestamp) => Some(Some(Conversion::DayToTimestamp)),
        (Type::Date, Type::TimestampTz) => Some(Some(Conversion::DayToMoment)),
        (Type::Timestamp, Type::TimestampTz) => Some(Some(Conversion::TimestampToMoment)),
        (Type::Network { cidr: true }, Type::Network { cidr: false }) => Some(None),
        _ => None,
    }
}

/// The conversion that a cast asks for.
fn asked(from: &Type, to: &Type) -> Option<Option<Conversion>> {
    let then = |first, second| Some(Some(Conversion::Then(Box::new(first), Box::new(second))));
    if let Some(implied) = implied(from, to) {
        return Some(implied);
    }
    match (from, to) {
        (Type::Integer(_) | Type::Numeric | Type::Float(_), Type::Integer(bits)) => Some(Some(Conversion::ToInteger(*bits))),
        (Type::Float(32), Type::Numeric) => Some(Some(Conversion::RealToNumeric)),
        (Type::Float(_), Type::Numeric) => Some(Some(Conversion::ToNumeric)),
        (Type::Float(64), Type::Float(32)) => Some(Some(Conversion::ToFloat(32))),
        (Type::Boolean, Type::Integer(32)) => Some(Some(Conversion::ToInteger(32))),
        (Type::Integer(32), Type::Boolean) => Some(Some(Conversion::ToBoolean)),
        (Type::Timestamp, Type::Date) => Some(Some(Conversion::TimestampToDay)),
        (Type::TimestampTz, Type::Date) => Some(Some(Conversion::MomentToDay)),
        (Type::TimestampTz, Type::Timestamp) => Some(Some(Conversion::MomentToTimestamp)),
        (Type::Timestamp, Type::Time) => Some(Some(Conversion::TimestampToTime)),
        (Type::TimestampTz, Type::Time) => Some(Some(Conversion::MomentToTime)),
        (Type::Json, Type::Jsonb) => then(Conversion::Write(Type::Json), Conversion::Read(Type::Jsonb)),
        (Type::Jsonb, Type::Json) => Some(None),
        (Type::TextDomain(_), to) if to.is_text() => Some(None),
        (Type::Padded, to) if to.is_text() => Some(Some(Conversion::Strip)),
        (from, to) if from.is_text() && to.is_text() => Some(None),
        (Type::Array(_) | Type::Unknown, _) | (_, Type::Array(_)) => None,
        (Type::Padded, to) => then(Conversion::Strip, Conversion::Read(to.clone())),
        (from, to) if from.is_text() => Some(Some(Conversion::Read(to.clone()))),
        (from, to) if to.is_text() => Some(Some(Conversion::Write(from.clone()))),
        _ => None,
    }
}

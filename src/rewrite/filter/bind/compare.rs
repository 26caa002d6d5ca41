//! Comparisons: of what type both sides are compared, and the node that compares them.

use super::coerce::domain;
use super::{Binder, Typed, mistake, unified};
use crate::rewrite::filter::BindError;
use crate::rewrite::filter::convert::Conversion;
use crate::rewrite::filter::node::{Node, Set};
use crate::rewrite::filter::types::Type;
use crate::rewrite::filter::value::Value;
use crate::rules::expr::{Comparison, Term, Test};

impl Binder<'_> {
    /// Both sides of a comparison, as one type that has it.
    pub(in crate::rewrite::filter) fn meet(
        &self,
        at: usize,
        comparison: Comparison,
        left: Typed,
        right: Typed,
    ) -> Result<(Node, Node), BindError> {
        let common = self.common(at, comparison, &left, &right)?;
        Ok((self.as_compared(left, &common)?, self.as_compared(right, &common)?))
    }

    /// The type that two terms are compared as.
    pub(super) fn common(&self, at: usize, comparison: Comparison, left: &Typed, right: &Typed) -> Result<Type, BindError> {
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
    pub(super) fn as_compared(&self, typed: Typed, common: &Type) -> Result<Node, BindError> {
        let typed = self.coerce(typed, common)?;
        let conversion = match common {
            Type::Padded => Conversion::Strip,
            Type::Citext => Conversion::Fold,
            _ => return Ok(typed.node),
        };
        Ok(self.converted(typed, Some(conversion), common)?.node)
    }

    pub(in crate::rewrite::filter) fn compare(
        &self,
        at: usize,
        comparison: Comparison,
        left: Typed,
        right: Typed,
    ) -> Result<Node, BindError> {
        let (left, right) = self.meet(at, comparison, left, right)?;
        let constant = left.is_constant() && right.is_constant();
        let node = Node::Compare(comparison, Box::new(left), Box::new(right));
        Ok(self.fold(Typed::new(at, Type::Boolean, node), constant)?.node)
    }

    pub(super) fn between(&mut self, at: usize, [value, low, high]: [&Term; 3], symmetric: bool, negated: bool) -> Result<Node, BindError> {
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
    pub(super) fn within(&mut self, at: usize, value: &Term, list: &[Term], negated: bool) -> Result<Node, BindError> {
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
    pub(super) fn among(&self, at: usize, value: Typed, element: &Type, items: Vec<Typed>, negated: bool) -> Result<Node, BindError> {
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

    pub(super) fn any(&mut self, at: usize, value: &Term, test: Test, array: &Term, all: bool) -> Result<Node, BindError> {
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
}

/// The items of an array of constants.
pub(super) fn constants(array: &Typed) -> Option<Vec<Value<'static>>> {
    match &array.node {
        Node::Constant(Value::List(items)) => Some(items.to_vec()),
        Node::List(items) => items.iter().map(|item| if let Node::Constant(value) = item { Some(value.clone()) } else { None }).collect(),
        _ => None,
    }
}

pub(super) fn no_operator(at: usize, ty: &Type) -> BindError {
    let help = if *ty == Type::Json { "take a member of it, or cast it: x::jsonb" } else { "cast it to text: x::text" };
    mistake(at, format!("values of the type {ty} cannot be compared here, only tested for NULL"), Some(help))
}

/// What two types are compared as; `None` where the server has no such comparison.
pub(super) fn compared(left: &Type, right: &Type) -> Option<Type> {
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

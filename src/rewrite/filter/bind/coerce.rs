//! A term of one type as one of another: by a cast, or where the server converts without being asked.

use super::compare::no_operator;
use super::{Binder, Typed, mistake};
use crate::mask::Nothing;
use crate::name::nearest;
use crate::rewrite::filter::BindError;
use crate::rewrite::filter::convert::Conversion;
use crate::rewrite::filter::node::{Node, Row};
use crate::rewrite::filter::types::Type;
use crate::rewrite::filter::value::Value;
use crate::rules::expr::{BaseType, Term, TypeName};

impl Binder<'_> {
    /// A node of which all parts are known: its value is computed now where those are constants.
    pub(in crate::rewrite::filter) fn fold(&self, typed: Typed, constant: bool) -> Result<Typed, BindError> {
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
    pub(in crate::rewrite::filter) fn coerce(&self, typed: Typed, to: &Type) -> Result<Typed, BindError> {
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
    pub(super) fn converted(&self, typed: Typed, conversion: Option<Conversion>, to: &Type) -> Result<Typed, BindError> {
        let constant = typed.node.is_constant();
        let node = match conversion {
            Some(conversion) => Node::Convert(conversion, Box::new(typed.node)),
            None => typed.node,
        };
        let bytes = typed.bytes && to.is_text();
        self.fold(Typed { bytes, ..Typed::new(typed.at, to.clone(), node) }, constant)
    }

    pub(super) fn coerce_array(&self, typed: Typed, from: &Type, element: &Type) -> Result<Typed, BindError> {
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
    pub(super) fn literal(&self, typed: Typed, to: &Type) -> Result<Typed, BindError> {
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

    pub(super) fn cast(&mut self, at: usize, inner: &Term, to: &TypeName) -> Result<Typed, BindError> {
        let typed = self.term(inner)?;
        let Some(ty) = Type::of_name(to) else { return named_cast(at, typed, to) };
        let typed = Typed { at: typed.at, ..self.explicit(typed, &ty)? };
        self.modified(at, typed, to)
    }

    /// A term as another type, where the server converts it when asked.
    pub(in crate::rewrite::filter) fn explicit(&mut self, typed: Typed, to: &Type) -> Result<Typed, BindError> {
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
    pub(super) fn modified(&self, at: usize, typed: Typed, to: &TypeName) -> Result<Typed, BindError> {
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

/// A cast to a type of the dump.
pub(super) fn named_cast(at: usize, typed: Typed, to: &TypeName) -> Result<Typed, BindError> {
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

pub(super) fn unfit(typed: &Typed, to: &Type) -> BindError {
    if let Type::TextDomain(_) = typed.ty {
        return domain(typed.at, &typed.ty);
    }
    mistake(typed.at, format!("found the type {} where {to} is needed", typed.ty), Some("cast it: x::type"))
}

pub(super) fn domain(at: usize, ty: &Type) -> BindError {
    mistake(at, format!("the type {ty} is a domain, of which is not known whether it ignores case"), Some("cast it: x::text"))
}

/// The conversion that happens without being asked for; within, none where the value is already one of the type.
pub(super) fn implied(from: &Type, to: &Type) -> Option<Option<Conversion>> {
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
pub(super) fn asked(from: &Type, to: &Type) -> Option<Option<Conversion>> {
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

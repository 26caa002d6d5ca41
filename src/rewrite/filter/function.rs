//! Functions: which types each takes, and what it makes of them.

use super::BindError;
use super::bind::{Binder, Typed, mistake};
use super::clock;
use super::fields::Field;
use super::node::Node;
use super::ops::Op;
use super::types::Type;
use super::value::Value;
use crate::rules::expr::{Comparison, Function, Term};

impl Binder<'_> {
    pub(super) fn call(&mut self, at: usize, function: Function, arguments: &[Term]) -> Result<Typed, BindError> {
        let arguments = arguments.iter().map(|argument| self.term(argument)).collect::<Result<Vec<_>, _>>()?;
        match function {
            Function::Lower | Function::Upper => {
                let op = if function == Function::Lower { Op::Lower } else { Op::Upper };
                let arguments = self.texts(function, arguments)?;
                self.apply(at, Type::Text, op, arguments)
            }
            Function::Length => {
                let arguments = self.texts(function, arguments)?;
                self.apply(at, Type::Integer(32), Op::Length, arguments)
            }
            Function::OctetLength => {
                // The blanks of char(n) count here.
                let padded = arguments.iter().all(|argument| argument.ty == Type::Padded);
                let arguments = if padded { arguments } else { self.texts(function, arguments)? };
                self.apply(at, Type::Integer(32), Op::OctetLength, arguments)
            }
            Function::Trim | Function::TrimLeft | Function::TrimRight => {
                let op = Op::Trim(function != Function::TrimRight, function != Function::TrimLeft);
                let arguments = self.texts(function, arguments)?;
                self.apply(at, Type::Text, op, arguments)
            }
            Function::Substring => self.part(at, function, Op::Substring, arguments),
            Function::Left => self.part(at, function, Op::Left, arguments),
            Function::Right => self.part(at, function, Op::Right, arguments),
            Function::Coalesce => {
                let ty = self.result(at, "coalesce()", &arguments)?;
                let nodes = arguments.into_iter().map(|argument| Ok(self.coerce(argument, &ty)?.node));
                let nodes = nodes.collect::<Result<Vec<_>, BindError>>()?;
                Ok(Typed::new(at, ty, Node::Coalesce(nodes)))
            }
            Function::NullIf => self.null_if(at, arguments),
            Function::Abs | Function::Floor | Function::Ceil | Function::Round => self.rounding(at, function, arguments),
            Function::DateTrunc => self.date_trunc(at, arguments),
            Function::Extract => self.extract(at, arguments),
            Function::AtTimeZone => self.at_time_zone(at, arguments),
            Function::Now => Ok(self.now(at)),
            Function::CurrentDate => self.cast_now(at, &Type::Date),
            Function::LocalTimestamp => self.cast_now(at, &Type::Timestamp),
        }
    }

    fn texts(&self, function: Function, arguments: Vec<Typed>) -> Result<Vec<Typed>, BindError> {
        let what = format!("{}()", function.name());
        arguments.into_iter().map(|argument| self.as_text(argument, &what)).collect()
    }

    /// A part of a text: numbers behind it.
    fn part(&self, at: usize, function: Function, op: Op, arguments: Vec<Typed>) -> Result<Typed, BindError> {
        let what = format!("{}()", function.name());
        let mut typed = Vec::new();
        for (i, argument) in arguments.into_iter().enumerate() {
            typed.push(match (i, &argument.ty) {
                (0, _) => self.as_text(argument, &what)?,
                (_, Type::Integer(16 | 32) | Type::Unknown) => self.coerce(argument, &Type::Integer(32))?,
                (_, ty) => return Err(mistake(argument.at, format!("{what} counts with integers, found the type {ty}"), None)),
            });
        }
        self.apply(at, Type::Text, op, typed)
    }

    /// The one type of several arguments; text where all are literals.
    fn result(&self, at: usize, what: &str, arguments: &[Typed]) -> Result<Type, BindError> {
        match self.unify(at, what, arguments)? {
            Type::Unknown => Ok(Type::Text),
            ty => Ok(ty),
        }
    }

    fn null_if(&self, at: usize, arguments: Vec<Typed>) -> Result<Typed, BindError> {
        let mut arguments = arguments.into_iter();
        let (Some(left), Some(right)) = (arguments.next(), arguments.next()) else {
            return Err(mistake(at, "nullif() takes two arguments", None));
        };
        let result = if left.ty == Type::Unknown { self.coerce(left.clone(), &Type::Text)? } else { left.clone() };
        let (left, right) = self.meet(at, Comparison::Equal, left, right)?;
        Ok(Typed { node: Node::NullIf(Box::new([left, right, result.node])), at, ..result })
    }

    fn rounding(&self, at: usize, function: Function, arguments: Vec<Typed>) -> Result<Typed, BindError> {
        let places = arguments.len() > 1;
        let mut arguments = arguments.into_iter();
        let Some(number) = arguments.next() else { return Err(mistake(at, "a number is missing", None)) };
        let ty = match (&number.ty, function) {
            (Type::Integer(_) | Type::Numeric, _) if places => Type::Numeric,
            (Type::Integer(bits), Function::Abs) => Type::Integer(*bits),
            (Type::Float(32), Function::Abs) => Type::Float(32),
            (Type::Numeric, _) => Type::Numeric,
            (Type::Integer(_) | Type::Float(_), _) if !places => Type::Float(64),
            (ty, _) => {
                let expected = if places { "numeric" } else { "a number" };
                return Err(mistake(
                    at,
                    format!("{}() takes {expected}, found the type {ty}", function.name()),
                    Some("cast it: x::numeric"),
                ));
            }
        };
        let op = match (function, &ty) {
            (Function::Abs, Type::Integer(bits)) => Op::AbsInteger(*bits),
            (Function::Abs, Type::Numeric) => Op::AbsNumeric,
            (Function::Abs, _) => Op::AbsFloat,
            (Function::Floor, Type::Numeric) => Op::FloorNumeric,
            (Function::Floor, _) => Op::FloorFloat,
            (Function::Ceil, Type::Numeric) => Op::CeilNumeric,
            (Function::Ceil, _) => Op::CeilFloat,
            (_, Type::Numeric) => Op::RoundTo,
            _ => Op::RoundFloat,
        };
        let mut typed = vec![self.coerce(number, &ty)?];
        for places in arguments {
            typed.push(match places.ty {
                Type::Integer(16 | 32) | Type::Unknown => self.coerce(places, &Type::Integer(32))?,
                ty => return Err(mistake(places.at, format!("round() takes an integer of places, found the type {ty}"), None)),
            });
        }
        self.apply(at, ty, op, typed)
    }

    fn date_trunc(&self, at: usize, arguments: Vec<Typed>) -> Result<Typed, BindError> {
        let (field, time) = self.field(at, "date_trunc()", arguments)?;
        if !field.truncates() {
            return Err(wrong_field(at, "date_trunc()", Field::truncates));
        }
        match time.ty {
            Type::Timestamp => self.apply(at, Type::Timestamp, Op::TruncateTimestamp(field), vec![time]),
            // A date becomes a timestamp with time zone there.
            Type::TimestampTz | Type::Date => {
                let time = self.coerce(time, &Type::TimestampTz)?;
                self.apply(at, Type::TimestampTz, Op::TruncateMoment(field), vec![time])
            }
            ty => Err(mistake(at, format!("date_trunc() takes a date or timestamp, found the type {ty}"), None)),
        }
    }

    fn extract(&self, at: usize, arguments: Vec<Typed>) -> Result<Typed, BindError> {
        let (field, time) = self.field(at, "extract()", arguments)?;
        let (op, has): (Op, fn(Field) -> bool) = match time.ty {
            Type::Date => (Op::ExtractDay(field), Field::of_days),
            Type::Timestamp => (Op::ExtractTimestamp(field), |_| true),
            Type::TimestampTz => (Op::ExtractMoment(field), |_| true),
            Type::Interval => (Op::ExtractInterval(field), Field::of_intervals),
            ty => return Err(mistake(at, format!("extract() takes a date, timestamp or interval, found the type {ty}"), None)),
        };
        if has(field) { self.apply(at, Type::Numeric, op, vec![time]) } else { Err(wrong_field(at, "extract()", has)) }
    }

    /// A field by its name, and what it is a field of.
    fn field(&self, at: usize, what: &str, arguments: Vec<Typed>) -> Result<(Field, Typed), BindError> {
        let mut arguments = arguments.into_iter();
        let (name, Some(time)) = (arguments.next(), arguments.next()) else {
            return Err(mistake(at, format!("{what} takes a field and a time"), None));
        };
        let Some(Node::Constant(Value::Text(name))) = name.map(|name| name.node) else {
            return Err(mistake(at, format!("{what} has a field that is no literal"), None));
        };
        match Field::find(&String::from_utf8_lossy(&name)) {
            Some(field) => Ok((field, time)),
            None => Err(wrong_field(at, what, |_| true)),
        }
    }

    fn at_time_zone(&self, at: usize, arguments: Vec<Typed>) -> Result<Typed, BindError> {
        let mut arguments = arguments.into_iter();
        let (zone, Some(time)) = (arguments.next(), arguments.next()) else {
            return Err(mistake(at, "AT TIME ZONE takes a zone and a time", None));
        };
        let Some(Node::Constant(Value::Text(name))) = zone.map(|zone| zone.node) else {
            return Err(mistake(at, "found a time zone that is no literal", None));
        };
        let name = String::from_utf8_lossy(&name);
        let Some(zone) = clock::named(&name) else {
            return Err(mistake(at, format!("found the time zone {name:?}, expected UTC or one such as Europe/Paris"), None));
        };
        match time.ty {
            Type::Timestamp => self.apply(at, Type::TimestampTz, Op::MomentIn(zone), vec![time]),
            // A date, and a literal, become a timestamp with time zone there.
            Type::TimestampTz | Type::Date | Type::Unknown => {
                let time = self.coerce(time, &Type::TimestampTz)?;
                self.apply(at, Type::Timestamp, Op::LocalIn(zone), vec![time])
            }
            ty => Err(mistake(at, format!("AT TIME ZONE takes a date or timestamp, found the type {ty}"), None)),
        }
    }

    fn now(&self, at: usize) -> Typed {
        Typed::new(at, Type::TimestampTz, Node::Constant(Value::Moment(self.clock.now())))
    }

    fn cast_now(&mut self, at: usize, to: &Type) -> Result<Typed, BindError> {
        let now = self.now(at);
        self.explicit(now, to)
    }
}

fn wrong_field(at: usize, what: &str, has: impl Fn(Field) -> bool) -> BindError {
    let names: Vec<&str> = Field::names().filter(|name| Field::find(name).is_some_and(&has)).collect();
    mistake(at, format!("{what} has a field that is not known here, expected one of {}", names.join(", ")), None)
}

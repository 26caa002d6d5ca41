//! Operators other than comparisons: which types each takes, and what it makes of them.

use super::BindError;
use super::bind::{Binder, Typed, mistake};
use super::convert::Conversion;
use super::node::Node;
use super::ops::{Arithmetic, Op};
use super::types::Type;
use crate::rules::expr::Operator;

impl Binder<'_> {
    /// A function of typed arguments; computed at once where they are constants.
    pub(super) fn apply(&self, at: usize, ty: Type, op: Op, arguments: Vec<Typed>) -> Result<Typed, BindError> {
        let constant = arguments.iter().all(|argument| argument.node.is_constant());
        let bytes = ty.is_text() && arguments.iter().any(|argument| argument.bytes);
        let node = Node::Apply(op, arguments.into_iter().map(|argument| argument.node).collect());
        self.fold(Typed { bytes, ..Typed::new(at, ty, node) }, constant)
    }

    pub(super) fn operator(&self, at: usize, operator: Operator, left: Typed, right: Typed) -> Result<Typed, BindError> {
        match operator {
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulo => {
                self.arithmetic(at, operator, left, right)
            }
            Operator::Concat => self.concat(at, left, right),
            Operator::Member | Operator::MemberText | Operator::At | Operator::AtText => self.member(at, operator, left, right),
            Operator::HasKey | Operator::HasAnyKey | Operator::HasAllKeys => self.has_key(at, operator, left, right),
            Operator::Contains => self.contains(at, operator, left, right),
            Operator::ContainedIn => self.contains(at, operator, right, left),
            Operator::Overlaps => self.overlaps(at, left, right),
            Operator::Inside => self.inside(at, operator, left, right),
            Operator::InsideOrEqual => self.inside(at, operator, left, right),
            Operator::Around | Operator::AroundOrEqual => self.inside(at, operator, right, left),
        }
    }

    fn arithmetic(&self, at: usize, operator: Operator, left: Typed, right: Typed) -> Result<Typed, BindError> {
        let minus = operator == Operator::Subtract;
        // Nothing of the kind is added to a date.
        let known = |ty: &Type| *ty != Type::Unknown && (minus || *ty != Type::Date);
        // A literal is taken for what stands at the other side; but a literal that is added to a time is an interval.
        let (left, right) = match (&left.ty, &right.ty) {
            (Type::Timestamp | Type::TimestampTz, Type::Unknown) if !minus => (left, self.coerce(right, &Type::Interval)?),
            (Type::Unknown, Type::Timestamp | Type::TimestampTz) if !minus => (self.coerce(left, &Type::Interval)?, right),
            (ty, Type::Unknown) if known(ty) => {
                let ty = ty.clone();
                (left, self.coerce(right, &ty)?)
            }
            (Type::Unknown, ty) if known(ty) => {
                let ty = ty.clone();
                (self.coerce(left, &ty)?, right)
            }
            _ => (left, right),
        };
        if left.ty.is_number() && right.ty.is_number() {
            return self.calculation(at, operator, left, right);
        }
        let (add, both) = (operator == Operator::Add, matches!(operator, Operator::Add | Operator::Subtract));
        let unknown = no_such(at, operator, &left, &right);
        let timestamp = |op: Op, ty: Type, time: Typed, other: Typed| {
            let time = self.coerce(time, &ty)?;
            self.apply(at, ty, op, vec![time, other])
        };
        match (&left.ty, &right.ty) {
            (Type::Date, Type::Integer(_)) if both => self.apply(at, Type::Date, Op::MoveDay(minus), vec![left, right]),
            (Type::Integer(_), Type::Date) if add => self.apply(at, Type::Date, Op::MoveDay(false), vec![right, left]),
            (Type::Date, Type::Date) if minus => self.apply(at, Type::Integer(32), Op::DaysBetween, vec![left, right]),
            (Type::Date | Type::Timestamp, Type::Interval) if both => timestamp(Op::MoveTimestamp(minus), Type::Timestamp, left, right),
            (Type::Interval, Type::Date | Type::Timestamp) if add => timestamp(Op::MoveTimestamp(false), Type::Timestamp, right, left),
            (Type::TimestampTz, Type::Interval) if both => timestamp(Op::MoveMoment(minus), Type::TimestampTz, left, right),
            (Type::Interval, Type::TimestampTz) if add => timestamp(Op::MoveMoment(false), Type::TimestampTz, right, left),
            (Type::Interval, Type::Interval) if both => self.apply(at, Type::Interval, Op::AddInterval(minus), vec![left, right]),
            (Type::Date | Type::Timestamp | Type::TimestampTz, Type::Date | Type::Timestamp | Type::TimestampTz) if minus => {
                let zoned = left.ty == Type::TimestampTz || right.ty == Type::TimestampTz;
                let ty = if zoned { Type::TimestampTz } else { Type::Timestamp };
                let (left, right) = (self.coerce(left, &ty)?, self.coerce(right, &ty)?);
                self.apply(at, Type::Interval, Op::TimeBetween, vec![left, right])
            }
            _ => Err(unknown),
        }
    }

    fn calculation(&self, at: usize, operator: Operator, left: Typed, right: Typed) -> Result<Typed, BindError> {
        let arithmetic = match operator {
            Operator::Add => Arithmetic::Add,
            Operator::Subtract => Arithmetic::Subtract,
            Operator::Multiply => Arithmetic::Multiply,
            Operator::Divide => Arithmetic::Divide,
            _ => Arithmetic::Modulo,
        };
        let (ty, op) = match (&left.ty, &right.ty) {
            (Type::Integer(left), Type::Integer(right)) => {
                let bits = *left.max(right);
                (Type::Integer(bits), Op::Integer(arithmetic, bits))
            }
            (Type::Float(_), _) | (_, Type::Float(_)) if arithmetic == Arithmetic::Modulo => {
                return Err(no_such(at, operator, &left, &right));
            }
            (Type::Float(32), Type::Float(32)) => (Type::Float(32), Op::Float(arithmetic, 32)),
            (Type::Float(_), _) | (_, Type::Float(_)) => (Type::Float(64), Op::Float(arithmetic, 64)),
            _ => (Type::Numeric, Op::Numeric(arithmetic)),
        };
        let arguments = vec![self.coerce(left, &ty)?, self.coerce(right, &ty)?];
        self.apply(at, ty, op, arguments)
    }

    pub(super) fn negate(&self, at: usize, term: Typed) -> Result<Typed, BindError> {
        let op = match &term.ty {
            Type::Integer(bits) => Op::NegateInteger(*bits),
            Type::Numeric => Op::NegateNumeric,
            Type::Float(_) => Op::NegateFloat,
            Type::Interval => Op::NegateInterval,
            ty => return Err(mistake(at, format!("- stands before the type {ty}, expected a number or an interval"), None)),
        };
        let ty = term.ty.clone();
        self.apply(at, ty, op, vec![term])
    }

    /// `||` of text and anything: what is no text is cast to it.
    fn concat(&self, at: usize, left: Typed, right: Typed) -> Result<Typed, BindError> {
        let texts = [&left, &right].into_iter().any(|side| side.ty.is_text() || side.ty == Type::Unknown);
        let others = |side: &Typed| matches!(side.ty, Type::Array(_) | Type::Json | Type::Jsonb | Type::TextDomain(_) | Type::Composite(_));
        if !texts || others(&left) || others(&right) {
            return Err(no_such(at, Operator::Concat, &left, &right));
        }
        let text = |side: Typed| {
            if side.ty.is_text() || side.ty == Type::Unknown {
                return self.coerce(side, &Type::Text);
            }
            let constant = side.node.is_constant();
            let node = Node::Convert(Conversion::Write(side.ty.clone()), Box::new(side.node));
            self.fold(Typed::new(side.at, Type::Text, node), constant)
        };
        let arguments = vec![text(left)?, text(right)?];
        self.apply(at, Type::Text, Op::Concat, arguments)
    }

    fn member(&self, at: usize, operator: Operator, left: Typed, right: Typed) -> Result<Typed, BindError> {
        let as_text = matches!(operator, Operator::MemberText | Operator::AtText);
        if !matches!(left.ty, Type::Json | Type::Jsonb) {
            let message = format!("{} takes json or jsonb, found the type {}", operator.sign(), left.ty);
            return Err(mistake(left.at, message, Some("cast it: x::jsonb")));
        }
        let ty = if as_text { Type::Text } else { left.ty.clone() };
        if matches!(operator, Operator::At | Operator::AtText) {
            let path = self.coerce(right, &Type::Array(Box::new(Type::Text)))?;
            return self.apply(at, ty, Op::Path(as_text), vec![left, path]);
        }
        match right.ty {
            Type::Integer(16 | 32) => {
                let binary = left.ty == Type::Jsonb;
                self.apply(at, ty, Op::Element(as_text, binary), vec![left, right])
            }
            _ => {
                let key = self.as_text(right, operator.sign())?;
                self.apply(at, ty, Op::Member(as_text), vec![left, key])
            }
        }
    }

    fn has_key(&self, at: usize, operator: Operator, left: Typed, right: Typed) -> Result<Typed, BindError> {
        if left.ty != Type::Jsonb {
            let message = format!("{} takes jsonb, found the type {}", operator.sign(), left.ty);
            return Err(mistake(left.at, message, Some("cast it: x::jsonb")));
        }
        let keys = Type::Array(Box::new(Type::Text));
        let (op, right) = match operator {
            Operator::HasAnyKey => (Op::HasAnyKey, self.coerce(right, &keys)?),
            Operator::HasAllKeys => (Op::HasAllKeys, self.coerce(right, &keys)?),
            _ => (Op::HasKey, self.as_text(right, operator.sign())?),
        };
        self.apply(at, Type::Boolean, op, vec![left, right])
    }

    fn contains(&self, at: usize, operator: Operator, whole: Typed, part: Typed) -> Result<Typed, BindError> {
        let (whole, part) = self.alike(whole, part)?;
        match (&whole.ty, &part.ty) {
            (Type::Jsonb, Type::Jsonb) => self.apply(at, Type::Boolean, Op::HoldsJson, vec![whole, part]),
            (Type::Array(left), Type::Array(right)) if left == right && plain(left) => {
                self.apply(at, Type::Boolean, Op::HoldsList, vec![whole, part])
            }
            _ => Err(no_such(at, operator, &whole, &part)),
        }
    }

    fn overlaps(&self, at: usize, left: Typed, right: Typed) -> Result<Typed, BindError> {
        let (left, right) = self.alike(left, right)?;
        match (&left.ty, &right.ty) {
            (Type::Network { .. }, Type::Network { .. }) => self.apply(at, Type::Boolean, Op::NetworksMeet, vec![left, right]),
            (Type::Array(one), Type::Array(other)) if one == other && plain(one) => {
                self.apply(at, Type::Boolean, Op::ListsMeet, vec![left, right])
            }
            _ => Err(no_such(at, Operator::Overlaps, &left, &right)),
        }
    }

    fn inside(&self, at: usize, operator: Operator, inner: Typed, outer: Typed) -> Result<Typed, BindError> {
        let (inner, outer) = self.alike(inner, outer)?;
        let or_equal = matches!(operator, Operator::InsideOrEqual | Operator::AroundOrEqual);
        match (&inner.ty, &outer.ty) {
            (Type::Network { .. }, Type::Network { .. }) => self.apply(at, Type::Boolean, Op::Inside(or_equal), vec![inner, outer]),
            _ => Err(no_such(at, operator, &inner, &outer)),
        }
    }

    /// Both sides, a literal (or an array of literals) taken for what the other is; a network for an address.
    fn alike(&self, left: Typed, right: Typed) -> Result<(Typed, Typed), BindError> {
        let open = |ty: &Type| *ty == Type::Unknown || *ty == Type::Array(Box::new(Type::Unknown));
        let as_other = |ty: &Type| if let Type::Network { .. } = ty { Type::Network { cidr: false } } else { ty.clone() };
        match (open(&left.ty), open(&right.ty)) {
            (false, true) => {
                let ty = as_other(&left.ty);
                Ok((left, self.coerce(right, &ty)?))
            }
            (true, false) => {
                let ty = as_other(&right.ty);
                Ok((self.coerce(left, &ty)?, right))
            }
            _ => Ok((left, right)),
        }
    }
}

/// Whether elements of a type are equal exactly when their values are, as they are read.
fn plain(element: &Type) -> bool {
    !matches!(
        element,
        Type::Padded | Type::Citext | Type::Unknown | Type::Json | Type::Jsonb | Type::Composite(_) | Type::Opaque(_) | Type::TextDomain(_)
    )
}

fn no_such(at: usize, operator: Operator, left: &Typed, right: &Typed) -> BindError {
    let message = format!("found {} between the types {} and {}, which no condition can hold", operator.sign(), left.ty, right.ty);
    let help = match (&left.ty, &right.ty) {
        (Type::Boolean, Type::Boolean) if operator == Operator::Overlaps => Some("did you mean AND?"),
        (Type::Boolean, Type::Boolean) if operator == Operator::Concat => Some("did you mean OR?"),
        (Type::Date | Type::Unknown, Type::Date | Type::Unknown) => Some("an interval is written interval '6 months'"),
        _ => None,
    };
    mistake(at, message, help)
}

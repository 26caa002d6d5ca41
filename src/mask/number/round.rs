//! round: fewer digits, or multiples of a step.

use super::super::registry::{BuildError, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::column::Numbers;
use super::decimal::{Left, Units};

/// Rounds numbers.
#[derive(Debug)]
struct Round {
    step: Units,
    numbers: Numbers,
}

impl Mask for Round {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let Some(mut value) = self.numbers.read(cell.value)? else { return Ok(Masked::Same) };
        let (scale, negative) = (value.number.scale(), value.number.is_negative());
        if value.number.cut(self.step) == Left::Half {
            let lower = value.number.copy();
            value.number.add_away(self.step, negative);
            // At the end of a type there is only one way to go.
            if !self.numbers.takes(&value.number) {
                value.number = lower;
            }
        }
        // A number is not spelt out further than it was.
        value.number.trim(scale);
        Ok(self.numbers.write(value, out))
    }
}

/// `round`.
pub(super) fn round(request: &Request<'_>) -> Result<Bound, BuildError> {
    let numbers = Numbers::of(request, "rounds numbers")?;
    let step = match (request.integer("digits"), numbers.step(request, "to")?) {
        (Some(_), Some(_)) => {
            return Err(BuildError::of("to", "option \"to\": it stands beside \"digits\"", Some("give one of the two".into())));
        }
        (None, None) => return Err(request.misfit("neither \"digits\" nor \"to\" is given", "for example digits = 1, or to = 0.05")),
        (None, Some(step)) => step,
        (Some(digits), None) => {
            let power = u32::try_from(digits.abs()).unwrap_or(0);
            if digits >= 0 { Units { units: 1, scale: power as usize } } else { Units { units: 10u128.pow(power), scale: 0 } }
        }
    };
    // Steps as fine as the column itself leave every value as it is.
    let finest = |scale: i64| match usize::try_from(scale) {
        Ok(scale) => step.units == 1 && step.scale >= scale,
        Err(_) => step.units <= 10u128.pow(u32::try_from(-scale).unwrap_or(0).min(36)),
    };
    if numbers.scale().is_some_and(finest) {
        let option = if request.integer("digits").is_some() { "digits" } else { "to" };
        let message =
            format!("option {option:?}: values of {} have no more digits, so that nothing would change", request.target.type_name);
        return Err(BuildError::of(option, message, Some("round to fewer, or keep the column".into())));
    }
    let fingerprint = format!("round {step:?} {}", numbers.fingerprint());
    Ok(request.bound(Round { step, numbers }, Distinct::Lost, fingerprint))
}

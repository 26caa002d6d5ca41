//! geo: coordinates of somewhere else, within a distance. In one column or in two, as text, numbers, points and PostGIS
//! geometries.
//!
//! The seed gives distance and bearing: uniform in the disc (or the ring, with `min_km`), the same for latitude and
//! longitude of one seed. So two columns agree when they name one:
//!
//! ```toml
//! latitude  = { mask = "geo", km = 5, axis = "latitude", seed = "id" }
//! longitude = { mask = "geo", km = 5, axis = "longitude", latitude = "latitude", seed = "id" }
//! ```

mod ewkb;
mod sphere;
mod text;

use self::sphere::{Ring, Step};
use self::text::Number;
use crate::mask::fit::{Digits, Kind};
use crate::mask::key::DomainKey;
use crate::mask::registry::{BuildError, OptionDefinition, OptionKind, OptionValue, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Reading, Refusal, scratch};

/// The options of `geo`.
pub(super) const OPTIONS: &[OptionDefinition] = &[
    OptionDefinition {
        name: "axis",
        kind: OptionKind::Choice(&["latitude", "longitude"]),
        default: "both in one value",
        summary: "which coordinate the column holds; give both columns one seed, so that they move together",
    },
    OptionDefinition { name: "km", kind: OptionKind::Number, default: "required", summary: "how far at most" },
    OptionDefinition {
        name: "latitude",
        kind: OptionKind::Column,
        default: "none",
        summary: "the column of the latitude, which axis = \"longitude\" needs: a degree is shorter in the north",
    },
    OptionDefinition { name: "min_km", kind: OptionKind::Number, default: "0", summary: "how far at least" },
    OptionDefinition {
        name: "order",
        kind: OptionKind::Choice(&["lat_lon", "lon_lat"]),
        default: "lat_lon in text, lon_lat in points and geometries",
        summary: "which coordinate stands first",
    },
    OptionDefinition {
        name: "round",
        kind: OptionKind::Integer(0, 12),
        default: "as many as the original has, 4 at least",
        summary: "how many digits behind the point; fewer than the distance needs may leave a value as it was",
    },
];

/// Half the way round the earth, in kilometres: the farthest that anything can be moved.
const FARTHEST: f64 = 20_015.0;

/// How numbers are written.
#[derive(Clone, Copy, Debug)]
struct Style {
    round: Option<usize>,
    /// Of a numeric column.
    limit: Option<Digits>,
    /// The server writes floats without zeros at their end.
    float: bool,
}

impl Style {
    /// Appends a coordinate in the place of another, with `most` digits behind the point at most.
    fn pair(self, value: f64, original: &Number<'_>, most: usize, out: &mut Vec<u8>) {
        text::write(value, self.digits(original).min(most), self.float, out);
    }

    /// How many digits stand behind the point.
    fn digits(self, original: &Number<'_>) -> usize {
        self.round.unwrap_or_else(|| original.decimals().max(text::FEWEST))
    }

    /// Appends a coordinate in the place of another; whether a numeric column takes it.
    fn write(self, value: f64, original: &Number<'_>, out: &mut Vec<u8>) -> bool {
        let digits = self.digits(original);
        let Some(limit) = self.limit else {
            text::write(value, digits, self.float, out);
            return true;
        };
        let scale = usize::try_from(limit.scale).unwrap_or(0);
        let before = i32::from(limit.precision) - i32::from(limit.scale);
        text::write(value, digits.min(scale), false, out);
        // As the server does: a scale below none rounds the digits before the point.
        libm::fabs(value) + 0.5 * libm::pow(10.0, -f64::from(limit.scale)) < libm::pow(10.0, f64::from(before))
    }
}

/// Moves one coordinate, whose column holds no other.
#[derive(Debug)]
struct Axis {
    key: DomainKey,
    ring: Ring,
    style: Style,
    /// Longitude; then the latitude is the mask's first reading.
    longitude: bool,
}

const NO_COORDINATE: Refusal = Refusal { expected: "a coordinate in degrees" };

impl Mask for Axis {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let number = Number::whole(cell.value).ok_or(NO_COORDINATE)?;
        let step = Step::of(&self.key, cell.seed, self.ring);
        let moved = if self.longitude {
            let latitude = cell.around.read(0).and_then(Number::whole).map_or(0.0, |latitude| latitude.value);
            let latitude = if sphere::is_place(latitude, number.value) { latitude } else { 0.0 };
            if !sphere::is_place(0.0, number.value) {
                return Err(NO_COORDINATE);
            }
            let (_, moved) = step.from(latitude, number.value);
            let mark = out.len();
            if self.style.write(moved, &number, out) {
                return Ok(Masked::Value);
            }
            // A hundred degrees in a column that takes 99: the other way, which the latitude does not notice.
            out.truncate(mark);
            step.mirrored().from(latitude, number.value).1
        } else {
            if !sphere::is_place(number.value, 0.0) {
                return Err(NO_COORDINATE);
            }
            step.from(number.value, 0.0).0
        };
        if self.style.write(moved, &number, out) { Ok(Masked::Value) } else { Err(NO_COORDINATE) }
    }
}

/// Moves a pair of coordinates.
#[derive(Debug)]
struct Pair {
    key: DomainKey,
    ring: Ring,
    style: Style,
    lon_lat: bool,
    max: usize,
}

const NO_PAIR: Refusal = Refusal { expected: "two coordinates in degrees" };

impl Mask for Pair {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let [(before, first), (between, second)] = text::pair(cell.value).ok_or(NO_PAIR)?;
        let behind = cell.value.get(second.end..).unwrap_or_default();
        // WKT has x before y, whatever the column holds otherwise.
        let turned = self.lon_lat || before.iter().any(u8::is_ascii_alphabetic);
        let (lat, lon) = if turned { (second.value, first.value) } else { (first.value, second.value) };
        if !sphere::is_place(lat, lon) {
            return Err(NO_PAIR);
        }
        let (lat, lon) = Step::of(&self.key, cell.seed, self.ring).from(lat, lon);
        let (one, two) = if turned { (lon, lat) } else { (lat, lon) };
        let mark = out.len();
        // A short column gets as many digits as it takes: a minus or another digit before the point may be new.
        for most in (0..=text::MOST).rev() {
            out.extend_from_slice(before);
            self.style.pair(one, &first, most, out);
            out.extend_from_slice(between);
            self.style.pair(two, &second, most, out);
            out.extend_from_slice(behind);
            if out.len() - mark <= self.max {
                return Ok(Masked::Value);
            }
            out.truncate(mark);
        }
        Err(NO_PAIR)
    }
}

/// Moves a geometry.
#[derive(Debug)]
struct Geometry {
    key: DomainKey,
    ring: Ring,
    round: Option<i32>,
    geography: bool,
    lat_lon: bool,
}

impl Mask for Geometry {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        const REFUSAL: Refusal = Refusal { expected: "a geometry as hexadecimal EWKB" };
        let mut bytes = scratch::buffer();
        ewkb::unhex(cell.value, &mut bytes).ok_or(REFUSAL)?;
        let step = Step::of(&self.key, cell.seed, self.ring);
        let moving = ewkb::Moving { step, round: self.round, geography: self.geography, lat_lon: self.lat_lon };
        moving.all(&mut bytes).ok_or(REFUSAL)?;
        let upper = !cell.value.iter().any(u8::is_ascii_lowercase);
        ewkb::hex(&bytes, upper, out);
        Ok(Masked::Value)
    }
}

/// A number of kilometres.
fn kilometres(request: &Request<'_>, name: &str) -> Result<Option<f64>, BuildError> {
    let Some(value) = request.option(name) else { return Ok(None) };
    let number = value.to_text().and_then(|text| text.parse::<f64>().ok()).filter(|number| (0.0..=FARTHEST).contains(number));
    let found = || value.to_text().unwrap_or_default();
    number
        .map(Some)
        .ok_or_else(|| BuildError::of(name, format!("option {name:?}: expected a number from 0 to {FARTHEST}, found {}", found()), None))
}

/// How far things move.
fn ring(request: &Request<'_>) -> Result<Ring, BuildError> {
    let farthest = kilometres(request, "km")?.unwrap_or_default();
    let nearest = kilometres(request, "min_km")?.unwrap_or_default();
    if farthest <= 0.0 {
        return Err(BuildError::of("km", "option \"km\": expected more than 0", Some("for example km = 5".into())));
    }
    if nearest > farthest {
        let message = format!("option \"min_km\": {nearest} is more than km = {farthest}");
        return Err(BuildError::of("min_km", message, None));
    }
    Ok(Ring { nearest, farthest })
}

/// The column of the latitude, which only the longitude needs.
fn latitude<'a>(request: &'a Request<'_>, axis: &str) -> Result<Option<&'a str>, BuildError> {
    let column = request.text("latitude");
    match (axis, column) {
        ("longitude", None) => {
            let message = "option \"latitude\" is missing: how long a degree is depends on it";
            Err(request.misfit(message, "name the column: latitude = \"lat\""))
        }
        ("latitude", Some(_)) => {
            Err(BuildError::of("latitude", "option \"latitude\" stands with axis = \"longitude\" only", Some("leave it out".into())))
        }
        _ => Ok(column),
    }
}

/// `geo`.
pub(super) fn geo(request: &Request<'_>) -> Result<Bound, BuildError> {
    let ring = ring(request)?;
    let target = request.target;
    let key = request.key.clone();
    let round = request.integer("round").and_then(|digits| usize::try_from(digits).ok());
    let order = request.text("order");
    let told: Vec<String> =
        request.options.iter().map(|(name, value)| format!("{name}={}", OptionValue::to_text(value).unwrap_or_default())).collect();
    let fingerprint = format!("geo {} {}", request.domain, told.join(" "));
    let float = matches!(target.kind, Kind::Float(_));
    let limit = if let Kind::Numeric(limit) = target.kind { limit } else { None };
    let style = Style { round, limit, float };
    if let Some(axis) = request.text("axis") {
        if !float && !matches!(target.kind, Kind::Numeric(_)) {
            request.needs_text()?;
        }
        let latitude = latitude(request, axis)?;
        let fingerprint = format!("{fingerprint} {limit:?} {float}");
        let reads = latitude.map(|of| Reading { of: of.to_owned(), masked: false }).into_iter().collect();
        return Ok(request.bound(Axis { key, ring, style, longitude: axis == "longitude" }, Distinct::Lost, fingerprint).reading(reads));
    }
    match &target.kind {
        Kind::Float(_) | Kind::Numeric(_) => {
            let help = "name it: axis = \"latitude\" or axis = \"longitude\"";
            Err(request.misfit("the column holds one coordinate, and nothing says which one", help))
        }
        Kind::Geo => {
            let geography = target.type_name.contains("geography");
            let round = round.and_then(|digits| i32::try_from(digits).ok());
            let mask = Geometry { key, ring, round, geography, lat_lon: order == Some("lat_lon") };
            Ok(request.bound(mask, Distinct::Lost, fingerprint))
        }
        Kind::Other if is_point(&target.type_name) => {
            let mask = Pair { key, ring, style: Style { float: true, ..style }, lon_lat: order != Some("lat_lon"), max: usize::MAX };
            Ok(request.bound(mask, Distinct::Lost, fingerprint))
        }
        _ if target.is_text() => {
            request.needs_text()?;
            let mask = Pair { key, ring, style, lon_lat: order == Some("lon_lat"), max: request.max_chars() };
            Ok(request.bound(mask, Distinct::Lost, format!("{fingerprint} {}", request.max_chars().min(64))))
        }
        _ => Err(request.wrong_kind("moves coordinates")),
    }
}

/// PostgreSQL's own type for pairs.
fn is_point(type_name: &str) -> bool {
    type_name.rsplit('.').next() == Some("point")
}

#[cfg(test)]
mod tests;

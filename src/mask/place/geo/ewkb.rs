//! Geometries as PostGIS writes them: hexadecimal EWKB (PostGIS, doc/ZMSgeoms.txt), which is OGC's well-known binary with
//! flags for Z, M and the SRID in the type; the types of ISO 13249-3, which have Z and M in their numbers, are read as well.

use super::sphere::{self, Step};

/// Has a third coordinate.
const Z: u32 = 0x8000_0000;
/// Has a measure.
const M: u32 = 0x4000_0000;
/// Has a reference system.
const SRID: u32 = 0x2000_0000;

/// Geometries nest no deeper.
const DEEPEST: usize = 32;

/// Appends the bytes that hexadecimal digits stand for.
pub(super) fn unhex(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for pair in text.chunks_exact(2) {
        let [high, low] = pair else { return None };
        out.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(())
}

/// Appends bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8], upper: bool, out: &mut Vec<u8>) {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            out.push(digits.get(usize::from(half)).copied().unwrap_or(b'0'));
        }
    }
}

/// How a geometry is moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moving {
    pub(super) step: Step,
    pub(super) round: Option<i32>,
    pub(super) geography: bool,
    pub(super) lat_lon: bool,
}

/// By how much each vertex is moved.
#[derive(Clone, Copy, Debug)]
struct Vector {
    x: f64,
    y: f64,
    degrees: bool,
}

impl Moving {
    /// Moves all vertices by one vector, the one by which the first of them comes where the step leads. `None` where the
    /// bytes are no geometry; then they may have been changed in part.
    pub(super) fn all(self, bytes: &mut [u8]) -> Option<()> {
        let mut first = None;
        let srid = walk(bytes, &mut |x, y| {
            if first.is_none() && x.is_finite() && y.is_finite() {
                first = Some((x, y));
            }
            (x, y)
        })?;
        // No vertex: an empty geometry, or a point of NaN, which is how an empty point is written.
        let Some((x, y)) = first else { return Some(()) };
        let vector = self.vector(x, y, srid);
        walk(bytes, &mut |x, y| self.vertex(x, y, vector)).map(|_| ())
    }

    /// Degrees, where the reference system or the numbers say so, else metres on the plane.
    fn vector(self, x: f64, y: f64, srid: u32) -> Vector {
        let (lon, lat) = if self.lat_lon { (y, x) } else { (x, y) };
        // Geographic systems of EPSG have numbers from 4001 to 4999; few others have, whose numbers are larger.
        let geographic = self.geography || srid == 0 || (4001..=4999).contains(&srid);
        if geographic && sphere::is_place(lat, lon) {
            let (to_lat, to_lon) = self.step.from(lat, lon);
            let (east, north) = (to_lon - lon, to_lat - lat);
            let (x, y) = if self.lat_lon { (north, east) } else { (east, north) };
            return Vector { x, y, degrees: true };
        }
        let (east, north) = self.step.metres();
        // The map of the web stretches lengths by the secant of the latitude (EPSG 3857).
        let stretch = if srid == 3857 { libm::cosh((y / 6_378_137.0).clamp(-4.0, 4.0)) } else { 1.0 };
        Vector { x: east * stretch, y: north * stretch, degrees: false }
    }

    fn vertex(self, x: f64, y: f64, by: Vector) -> (f64, f64) {
        let (mut x, mut y) = (x + by.x, y + by.y);
        if by.degrees {
            let (lon, lat) = if self.lat_lon { (&mut y, &mut x) } else { (&mut x, &mut y) };
            *lon = sphere::wrap(*lon);
            *lat = lat.clamp(-90.0, 90.0);
        }
        match self.round {
            None => (x, y),
            Some(digits) => {
                let scale = libm::pow(10.0, f64::from(digits));
                (libm::round(x * scale) / scale, libm::round(y * scale) / scale)
            }
        }
    }
}

/// Reads bytes from the start on.
struct Reader<'a> {
    bytes: &'a mut [u8],
    at: usize,
    little: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let found = self.bytes.get(self.at..self.at.checked_add(N)?)?.try_into().ok()?;
        self.at += N;
        Some(found)
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.take()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn double(&mut self) -> Option<f64> {
        let bytes = self.take()?;
        Some(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    /// Puts a double in the place of one that begins at an index.
    fn put(&mut self, at: usize, value: f64) {
        let bytes = if self.little { value.to_le_bytes() } else { value.to_be_bytes() };
        if let Some(place) = self.bytes.get_mut(at..at + 8) {
            place.copy_from_slice(&bytes);
        }
    }
}

/// What a vertex becomes.
type Visit<'v> = dyn FnMut(f64, f64) -> (f64, f64) + 'v;

/// Visits each vertex of a geometry, which must end where the bytes do; gives its SRID, 0 where it has none.
fn walk(bytes: &mut [u8], visit: &mut Visit<'_>) -> Option<u32> {
    let mut reader = Reader { bytes, at: 0, little: true };
    let srid = geometry(&mut reader, visit, DEEPEST)?;
    (reader.at == reader.bytes.len()).then_some(srid)
}

fn geometry(reader: &mut Reader<'_>, visit: &mut Visit<'_>, depth: usize) -> Option<u32> {
    let depth = depth.checked_sub(1)?;
    reader.little = match reader.take::<1>()? {
        [0] => false,
        [1] => true,
        _ => return None,
    };
    let kind = reader.number()?;
    let srid = if kind & SRID != 0 { reader.number()? } else { 0 };
    let kind = kind & !SRID;
    let (plain, z, m) = match kind & 0x0FFF_FFFF {
        iso @ 1000..=3999 => (iso % 1000, matches!(iso / 1000, 1 | 3), matches!(iso / 1000, 2 | 3)),
        plain => (plain, kind & Z != 0, kind & M != 0),
    };
    let more = usize::from(z) + usize::from(m);
    match plain {
        1 => vertices(reader, visit, 1, more)?,
        // A line, an arc string.
        2 | 8 => {
            let count = reader.number()?;
            vertices(reader, visit, count, more)?;
        }
        // A polygon, a triangle: rings.
        3 | 17 => {
            for _ in 0..reader.number()? {
                let count = reader.number()?;
                vertices(reader, visit, count, more)?;
            }
        }
        // Collections of geometries, each with a head of its own.
        4..=7 | 9..=12 | 15 | 16 => {
            for _ in 0..reader.number()? {
                geometry(reader, visit, depth)?;
            }
        }
        _ => return None,
    }
    Some(srid)
}

/// Visits so many vertices, each with `more` coordinates behind x and y.
fn vertices(reader: &mut Reader<'_>, visit: &mut Visit<'_>, count: u32, more: usize) -> Option<()> {
    for _ in 0..count {
        let at = reader.at;
        let (x, y) = (reader.double()?, reader.double()?);
        let (to_x, to_y) = visit(x, y);
        reader.put(at, to_x);
        reader.put(at + 8, to_y);
        for _ in 0..more {
            reader.double()?;
        }
    }
    Some(())
}

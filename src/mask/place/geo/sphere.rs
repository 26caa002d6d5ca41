//! Steps on the sphere: from a place, so far, in that direction.
//!
//! The destination of a great circle, by spherical trigonometry; the earth as a sphere of its mean radius (IUGG), so distances
//! are off by half a percent at most. The functions are the crate `libm`'s, which gives the same bits on every machine.

use crate::mask::key::DomainKey;

/// The mean radius of the earth in kilometres (IUGG, R1).
pub(super) const RADIUS: f64 = 6371.0088;

/// How far things move, in kilometres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    pub(super) nearest: f64,
    pub(super) farthest: f64,
}

/// A distance in kilometres and a bearing in radians, clockwise from north.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    distance: f64,
    bearing: f64,
}

/// 64 bits as a number from 0 up to 1.
fn fraction(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

impl Step {
    /// That of a seed: uniform in the ring.
    pub(super) fn of(key: &DomainKey, seed: &[u8], ring: Ring) -> Step {
        let random = key.hash(seed);
        let (near, far) = (ring.nearest * ring.nearest, ring.farthest * ring.farthest);
        // Areas grow with the square of the distance. The fraction never is 0 here, so that something always moves.
        let distance = libm::sqrt(near + (1.0 - fraction(random.high)) * (far - near));
        Step { distance, bearing: fraction(random.low) * 2.0 * std::f64::consts::PI }
    }

    /// As far to the west as this one goes to the east.
    pub(super) fn mirrored(self) -> Step {
        Step { bearing: -self.bearing, ..self }
    }

    /// Where it leads from a latitude and longitude in degrees: again within 90 and 180 degrees.
    pub(super) fn from(self, lat: f64, lon: f64) -> (f64, f64) {
        let (phi, angle) = (lat.to_radians(), self.distance / RADIUS);
        let sine = libm::sin(phi) * libm::cos(angle) + libm::cos(phi) * libm::sin(angle) * libm::cos(self.bearing);
        let to = libm::asin(sine.clamp(-1.0, 1.0));
        let east = libm::sin(self.bearing) * libm::sin(angle) * libm::cos(phi);
        let turned = libm::atan2(east, libm::cos(angle) - libm::sin(phi) * sine);
        (to.to_degrees().clamp(-90.0, 90.0), wrap(lon + turned.to_degrees()))
    }

    /// Metres to the east and to the north, on a plane.
    pub(super) fn metres(self) -> (f64, f64) {
        let metres = self.distance * 1000.0;
        (metres * libm::sin(self.bearing), metres * libm::cos(self.bearing))
    }
}

/// A longitude within 180 degrees.
pub(super) fn wrap(lon: f64) -> f64 {
    if lon > 180.0 {
        lon - 360.0
    } else if lon < -180.0 {
        lon + 360.0
    } else {
        lon
    }
}

/// Whether these are degrees of a place on earth.
pub(super) fn is_place(lat: f64, lon: f64) -> bool {
    (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)
}

//! The network: ip, mac, url, domain_name, user_agent.

mod agent;
mod ip;
mod mac;
mod special;
mod web;

use super::registry::Definition;

pub use ip::{ip, is_address};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[ip::IP, agent::USER_AGENT, mac::MAC, web::DOMAIN_NAME, web::URL];

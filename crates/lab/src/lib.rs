//! A whole internet in memory: zones, servers with their faults, and an oracle that knows every right answer.
//!
//! One [`World`] serves three masters unchanged: [`SimNetwork`] under a paused clock for tests, the same under the real
//! clock for a walk on the lab, and [`serve`] with real sockets on loopback addresses for `dig`. The servers' replies
//! are computed by pure functions; only [`SimNetwork`] and [`serve`] wait.
//!
//! What it deliberately does not do: resolve. The [oracle](World::truth) reads zone data and asks nobody.
//!
//! ```
//! use lab::World;
//! use proto::{Question, Rcode, RrType};
//! let world = World::embedded();
//! let truth = world.truth(&Question::new("www.naver.com.".parse().unwrap(), RrType::A));
//! assert_eq!(truth.rcode, Rcode::NOERROR);
//! assert_eq!(truth.answer[0].addresses().next(), Some("12.123.123.123".parse().unwrap()));
//! ```

mod behaviour;
mod catalogue;
mod embedded;
mod error;
mod faults;
mod frames;
mod generated;
mod mapped;
mod museum;
mod network;
mod overrides;
mod questions;
mod random;
mod reach;
mod reply;
mod respond;
pub mod serve;
mod sign;
mod tamper;
mod truth;
mod world;
mod zone;

/// The trust anchor of the [embedded world](World::embedded): DS records of its root.
pub fn anchors() -> Vec<proto::Record> {
    World::embedded().anchors()
}

pub use behaviour::{
    Behaviour, CaseHabit, Conduct, CookieHabit, EdnsHabit, Forgery, Lie, NonTerminalHabit, Section, TcpHabit, UdpHabit,
};
pub use catalogue::Exhibit;
pub use error::LabError;
pub use faults::{Faults, Latency};
pub use generated::generated_question;
pub use mapped::{AddressMap, Mapped, MappedFlow};
pub use museum::{MuseumPiece, Standing, museum};
pub use network::{Sent, SimFlow, SimNetwork, Strangers, Uplink};
pub use overrides::{Change, Names, Override};
pub use random::{GoodServers, RandomFaults, RandomLie};
pub use reply::{FORGED_ADDRESS, Transport};
pub use sign::{DenialKind, DsAtParent, Flaw, KeyRoles, Nsec3, Signing, SigningAlgorithm};
pub use tamper::{Tampering, TamperingKind};
pub use truth::{Truth, TruthKind, TruthSecurity, Why};
pub use world::{Level, Server, World};
pub use zone::Zone;

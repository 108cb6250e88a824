//! Random worlds for the simulation test: the same seed gives the same world.

mod content;
mod faults;
mod signing;
mod tree;

use std::sync::Arc;

use transport::Entropy;

use crate::{Level, Server, World};

/// How much goes wrong in a random world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomFaults {
    /// Share of servers that give no usable answers, from 0 to 1.
    pub broken: f64,
    /// Share of servers that are odd in a way that a resolver can cope with, from 0 to 1.
    pub odd: f64,
    /// What is left.
    pub good: GoodServers,
}

/// Whether every zone can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoodServers {
    /// Every zone keeps a good server with an IPv4 address.
    OnePerZone,
    /// Perhaps not: the oracle says which questions have no answer.
    Perhaps,
}

impl RandomFaults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self { broken: 0.0, odd: 0.0, good: GoodServers::OnePerZone }
    }
}

impl Default for RandomFaults {
    fn default() -> Self {
        Self { broken: 0.3, odd: 0.3, good: GoodServers::OnePerZone }
    }
}

impl World {
    /// A random tree of zones, their servers and their faults.
    pub fn random(seed: u64, faults: RandomFaults) -> Arc<World> {
        let draw = Draw(Entropy::seeded(seed).stream("world"));
        let tree = tree::grow(&draw);
        let zones = content::zones(&tree, &draw);
        let mut servers: Vec<Server> = tree.hosts.iter().map(|host| tree.server(host)).collect();
        faults::strike(&tree, &mut servers, faults, &draw);
        Arc::new(World::new(zones, servers, Vec::new()).expect("random worlds are well-formed by construction"))
    }
}

/// Whether somebody lies in a signed random world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RandomLie {
    /// Nobody does.
    None,
    /// One zone's replies are tampered with in one way, see [`World::tampering`].
    One,
}

impl World {
    /// A random world in which most zones are signed and all servers work.
    pub fn random_signed(seed: u64, lie: RandomLie) -> Arc<World> {
        let draw = Draw(Entropy::seeded(seed).stream("world"));
        let tree = tree::grow(&draw);
        let zones = content::zones(&tree, &draw);
        // Streams of their own, so that the same seed has the same zones signed or unsigned, with or without a lie.
        let zones = signing::sign(zones, &Draw(Entropy::seeded(seed).stream("signing")));
        let mut servers: Vec<Server> = tree.hosts.iter().map(|host| tree.server(host)).collect();
        if lie == RandomLie::One {
            signing::lie(&tree, &zones, &mut servers, &Draw(Entropy::seeded(seed).stream("lie")));
        }
        Arc::new(World::new(zones, servers, Vec::new()).expect("random worlds are well-formed by construction"))
    }
}

/// Chance for the making of a world.
struct Draw(Entropy);

impl Draw {
    /// A number from `least` to `most`.
    fn between(&self, least: u32, most: u32) -> u32 {
        least + self.0.below(most - least + 1)
    }

    /// True in `percent` of cases.
    fn percent(&self, percent: u32) -> bool {
        self.0.below(100) < percent
    }

    /// True with this probability.
    fn chance(&self, probability: f64) -> bool {
        f64::from(self.0.below(1 << 24)) < probability * f64::from(1 << 24)
    }

    /// One of them, if there are any.
    fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.0.below(from.len() as u32) as usize)
    }
}

/// The level of a zone's servers by its depth in the tree.
fn level(depth: u32) -> Level {
    match depth {
        0 => Level::Root,
        1 => Level::Tld,
        _ => Level::Leaf,
    }
}

#[cfg(test)]
mod tests;

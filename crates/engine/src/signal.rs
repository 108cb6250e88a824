//! Which trust anchors are in use, told to the servers of their zones (RFC 8145 §5).
//!
//! The owner of a zone who changes its keys learns so how many resolvers know the new ones. Nobody waits for an answer, and
//! what comes is not kept: the question is the message.

use std::sync::Arc;
use std::time::Duration;

use dnssec::anchors::TrustAnchors;
use dnssec::keys::Voucher;
use dnssec::{Ds, Key};
use proto::{Name, Question, RrType};
use tokio::time::{Instant, timeout_at};
use tracing::debug;
use transport::Network;

use crate::Resolver;
use crate::budget::Budget;
use crate::trace::Trace;
use crate::work::Work;

/// How often it is told.
const EVERY: Duration = Duration::from_secs(86_400);
/// Tags told: more do not fit a label of 63 octets.
const MAX_TAGS: usize = 12;

impl<N: Network> Resolver<N> {
    /// Tells which anchors are in use, if that is wanted, a client has asked anything, and a day has passed since the last
    /// time.
    pub async fn signal_anchors(self: &Arc<Self>) {
        if !self.config.validation.signal_trust_anchors || !self.anchors.is_needed() {
            return;
        }
        if !self.anchors.take_turn_to_signal(self.env.clock.now(), EVERY) {
            return;
        }
        for question in signals(&self.anchors()) {
            let budget = Arc::new(Budget::new(self.config.limits, self.env.clock.now()));
            let work = Work::new(&question, budget, Trace::off());
            let deadline = Instant::from_std(work.budget.deadline());
            let told = timeout_at(deadline, Box::pin(self.iterate(&question, &work))).await;
            debug!("told which trust anchors are in use: {question}, answered: {}", matches!(told, Ok(Ok(_))));
        }
    }
}

/// The questions that tell it, one for each zone with anchors.
fn signals(anchors: &TrustAnchors) -> Vec<Question> {
    let name = |(zone, voucher): (&Name, &Voucher)| zone.prepend(label(voucher)?.as_bytes()).ok();
    anchors.zones().filter_map(name).map(|name| Question::new(name, RrType::NULL)).collect()
}

/// `_ta-` and the tags in hexadecimal, smallest first (RFC 8145 §5.1).
fn label(voucher: &Voucher) -> Option<String> {
    let by_ds = voucher.ds.iter().filter_map(|rdata| Some(Ds::read(rdata)?.key_tag));
    let by_key = voucher.dnskeys.iter().filter_map(|rdata| Some(Key::read(rdata)?.tag));
    let mut tags: Vec<u16> = by_ds.chain(by_key).collect();
    tags.sort_unstable();
    tags.dedup();
    let tags: Vec<String> = tags.iter().take(MAX_TAGS).map(|tag| format!("{tag:04x}")).collect();
    (!tags.is_empty()).then(|| format!("_ta-{}", tags.join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &str) -> Vec<String> {
        let mut anchors = TrustAnchors::none();
        anchors.add_text(lines).unwrap();
        signals(&anchors).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tags_are_told_in_hexadecimal_and_in_order_rfc8145_5_1() {
        let ds = |zone: &str, tag: u16| format!("{zone} IN DS {tag} 8 2 {}\n", "AB".repeat(32));
        assert_eq!(told(&ds(".", 17476)), ["_ta-4444. NULL"]);
        assert_eq!(told(&(ds(".", 38696) + &ds(".", 20326))), ["_ta-4f66-9728. NULL"]);
        assert_eq!(told(&(ds(".", 1) + &ds("example.", 255))), ["_ta-0001. NULL", "_ta-00ff.example. NULL"]);
        // The tag of a key is counted from its data; the same key named twice is told once.
        let key = "example. IN DNSKEY 257 3 13 AAAA\n";
        let tag = Key::read(&[1, 1, 3, 13, 0, 0, 0]).unwrap().tag;
        assert_eq!(told(&(key.to_owned() + &ds("example.", tag))), [format!("_ta-{tag:04x}.example. NULL")]);
        let many: String = (0..20).map(|tag| ds(".", tag)).collect();
        assert_eq!(told(&many)[0].find('.'), Some(63), "as many as fit a label");
        assert_eq!(signals(&TrustAnchors::none()), []);
    }
}

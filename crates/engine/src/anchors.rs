//! Today's trust anchors: those of the configuration, and what their zones have made of them since (RFC 5011).
//!
//! What decides is [`TrustPoint`]; here its questions are asked and its word is spread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use dnssec::anchors::TrustAnchors;
use dnssec::rollover::{Change, KeyState, TrustPoint, Unsound};
use proto::{Name, Question, RrType, Rrset, WallTime};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, error, info, warn};
use transport::Network;

use crate::Resolver;
use crate::budget::Budget;
use crate::classify::End;
use crate::config::Validation;
use crate::trace::Trace;
use crate::work::Work;

/// The anchors that count now, and the zones whose keys are followed.
#[derive(Debug)]
pub(crate) struct Anchors {
    today: RwLock<Arc<TrustAnchors>>,
    points: Mutex<BTreeMap<Name, TrustPoint>>,
    /// Rises with every change of what is worth keeping.
    version: watch::Sender<u64>,
    /// Whether any client has asked anything. Until then nothing is asked on behalf of the anchors.
    needed: AtomicBool,
    /// When the zones were last told which of their keys are in use.
    signalled: Mutex<Option<std::time::Instant>>,
}

impl Anchors {
    /// Those of the configuration.
    pub(crate) fn configured(validation: &Validation, now: WallTime) -> Self {
        let zones = validation.anchors.zones().filter(|_| validation.rfc5011);
        let point = |zone: &Name, voucher| TrustPoint::begin(zone.clone(), voucher, validation.policy, now);
        let points = zones.map(|(zone, voucher)| (zone.clone(), point(zone, voucher.clone())));
        Self {
            today: RwLock::new(Arc::new(validation.anchors.clone())),
            points: Mutex::new(points.collect()),
            version: watch::Sender::new(0),
            needed: AtomicBool::new(false),
            signalled: Mutex::default(),
        }
    }

    /// A client has asked something.
    pub(crate) fn note_question(&self) {
        self.needed.store(true, Ordering::Relaxed);
    }

    /// Whether any client has asked anything.
    pub(crate) fn is_needed(&self) -> bool {
        self.needed.load(Ordering::Relaxed)
    }

    /// Whether it is time to tell again which keys are in use; then that counts as done, whatever comes of it.
    pub(crate) fn take_turn_to_signal(&self, now: std::time::Instant, every: std::time::Duration) -> bool {
        let mut last = self.signalled.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= every);
        if due {
            *last = Some(now);
        }
        due
    }

    fn points(&self) -> std::sync::MutexGuard<'_, BTreeMap<Name, TrustPoint>> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn today(&self) -> Arc<TrustAnchors> {
        self.today.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes what the trust point says the anchors of its zone; true if that changed them.
    fn spread(&self, point: &TrustPoint) -> bool {
        let mut today = self.today.write().unwrap_or_else(PoisonError::into_inner);
        let anchors = point.anchors();
        if today.of(&point.zone) == anchors.as_ref() {
            return false;
        }
        let mut changed = TrustAnchors::clone(&today);
        match anchors {
            Some(voucher) => changed.set(point.zone.clone(), voucher),
            None => {
                error!("every trust anchor of {} is revoked: it counts as unsigned (RFC 5011 section 5)", point.zone);
                changed.remove(&point.zone);
            }
        }
        *today = Arc::new(changed);
        true
    }
}

impl<N: Network> Resolver<N> {
    /// The anchors that count now.
    pub(crate) fn anchors(&self) -> Arc<TrustAnchors> {
        self.anchors.today()
    }

    /// What is known of the zones whose keys are followed, to be kept over a restart. Empty if none are.
    pub fn trust_points(&self) -> Vec<TrustPoint> {
        self.anchors.points().values().cloned().collect()
    }

    /// A receiver that is told of every change of [`trust_points`](Self::trust_points).
    pub fn watch_trust_points(&self) -> watch::Receiver<u64> {
        self.anchors.version.subscribe()
    }

    /// Goes on from what was kept. Zones without a configured anchor are left out; where the state is not sound, the
    /// configured anchors stay, and the reason is returned.
    pub fn restore_trust_points(&self, kept: Vec<TrustPoint>) -> Vec<Unsound> {
        let (now, validation) = (self.env.clock.wall(), &self.config.validation);
        let mut refused = Vec::new();
        let mut points = self.anchors.points();
        for point in kept {
            let zone = point.zone.clone();
            let Some(configured) = validation.anchors.of(&zone).filter(|_| points.contains_key(&zone)) else {
                debug!("the keys of {zone} are not followed any more: it has no configured anchor");
                continue;
            };
            match TrustPoint::resume(point, configured.clone(), validation.policy, now) {
                Ok(point) => {
                    self.spread_anchors(&point);
                    self.trust.clear();
                    points.insert(zone, point);
                }
                Err(unsound) => refused.push(unsound),
            }
        }
        refused
    }

    /// Answers may tell of the anchors (RFC 8509), so none that was kept stays right when they change.
    fn spread_anchors(&self, point: &TrustPoint) {
        if self.anchors.spread(point) {
            self.cache.shake();
        }
    }

    /// Shows a DNSKEY set that a server has just given to the trust point of its zone, if there is one.
    pub(crate) fn show_keys(&self, dnskeys: &Rrset) {
        let mut points = self.anchors.points();
        let Some(point) = points.get_mut(&dnskeys.name) else { return };
        let before = point.clone();
        let changes = point.saw(dnskeys, self.env.clock.wall(), self.config.validation.policy);
        changes.iter().for_each(|change| tell(&point.zone, change));
        self.spread_anchors(point);
        // One anchor more takes nothing away from what was found out; a key that takes the place of its DS even less.
        if changes.iter().any(|change| matches!(change.to, Some(KeyState::Revoked { .. }))) {
            self.trust.clear();
        }
        if *point != before {
            self.anchors.version.send_modify(|version| *version += 1);
        }
    }

    /// Asks the zones for their keys whose time has come (RFC 5011 §2.3), once a client has asked anything at all.
    pub async fn refresh_anchors(self: &Arc<Self>) {
        if !self.anchors.is_needed() {
            return;
        }
        let now = self.env.clock.wall();
        let due: Vec<Name> =
            self.anchors.points().values().filter(|point| point.due(now)).map(|point| point.zone.clone()).collect();
        for zone in due {
            self.look_at_keys(&zone).await;
            let now = self.env.clock.wall();
            let mut points = self.anchors.points();
            if let Some(point) = points.get_mut(&zone).filter(|point| point.due(now)) {
                warn!("the keys of {zone} could not be looked at; its trust anchors stay as they are");
                point.failed(now);
                self.anchors.version.send_modify(|version| *version += 1);
            }
        }
    }

    async fn look_at_keys(self: &Arc<Self>, zone: &Name) {
        let question = Question::new(zone.clone(), RrType::DNSKEY);
        let budget = Arc::new(Budget::new(self.config.limits, self.env.clock.now()));
        let work = Work::new(&question, budget, Trace::off());
        let deadline = Instant::from_std(work.budget.deadline());
        let fetched = timeout_at(deadline, Box::pin(self.iterate(&question, &work))).await;
        if let Ok(Ok(fetched)) = fetched
            && let End::Data(set) = &fetched.answered.end
        {
            self.show_keys(set);
        }
    }
}

fn tell(zone: &Name, change: &Change) {
    let tag = change.tag;
    match &change.to {
        Some(KeyState::AddPend { hold_down, .. }) => {
            info!("{zone} has a new key {tag}; it becomes a trust anchor in {} days", hold_down / 86_400);
        }
        Some(KeyState::Valid) => info!("key {tag} of {zone} is a trust anchor"),
        Some(KeyState::Missing) => warn!("trust anchor {tag} of {zone} is not published any more; it still counts"),
        Some(KeyState::Revoked { .. }) => warn!("key {tag} of {zone} is revoked and no trust anchor any more"),
        Some(KeyState::Removed) => info!("the revoked key {tag} of {zone} is gone for good"),
        None => warn!("key {tag} of {zone} left before it could become a trust anchor"),
    }
}

use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

use engine::Recursion;
use proto::{Question, RrType};
use tokio::sync::Semaphore;

use crate::testing::{tcp, udp};

fn limits() -> QuestionLimits {
    QuestionLimits {
        in_flight: 6,
        in_flight_per_domain: 4,
        waiting_per_client: 5,
        datagrams_per_question: 3,
        datagrams_per_question_and_client: 2,
        ..QuestionLimits::default()
    }
}

fn asked(name: &str) -> ClientQuestion {
    ClientQuestion::new(Question::new(name.parse().unwrap(), RrType::A))
}

/// Work that ends when the gate opens, and counts how often it began.
struct Work {
    gate: Arc<Semaphore>,
    began: Arc<AtomicU32>,
}

impl Work {
    fn new() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), began: Arc::default() }
    }

    fn begin(&self) -> impl Future<Output = Answer> + Send + 'static {
        let (gate, began) = (self.gate.clone(), self.began.clone());
        began.fetch_add(1, Ordering::Relaxed);
        async move {
            gate.acquire().await.unwrap().forget();
            Answer::empty(Rcode::NXDOMAIN)
        }
    }

    fn open(&self) {
        self.gate.add_permits(1000);
    }

    fn began(&self) -> u32 {
        self.began.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn identical_questions_are_asked_once_rfc5452_5() {
    let (questions, work) = (Questions::new(limits()), Work::new());
    let join = |question: ClientQuestion| questions.join(&question, tcp("192.0.2.1"), || work.begin()).unwrap();
    let first = join(asked("www.example."));
    let other_case = join(asked("WWW.Example."));
    assert_eq!((first.joined, other_case.joined, work.began()), (Joined::Began, Joined::Joined, 1));
    let differ = ClientQuestion { recursion: Recursion::CacheOnly, ..asked("www.example.") };
    assert_eq!(join(differ).joined, Joined::Began, "RD and CD belong to the question");
    work.open();
    assert_eq!(first.answer().await.unwrap().rcode, Rcode::NXDOMAIN);
    assert_eq!(other_case.answer().await.unwrap().rcode, Rcode::NXDOMAIN);
}

#[tokio::test]
async fn enough_clients_wait_for_one_question_dnsbomb() {
    let (questions, work) = (Questions::new(limits()), Work::new());
    let join = |client| questions.join(&asked("a.example."), client, || work.begin());
    let one = join(udp("192.0.2.1")).unwrap();
    let two = join(udp("192.0.2.1")).unwrap();
    assert_eq!(join(udp("192.0.2.1")).unwrap_err(), Full::Question, "the share of one address");
    let three = join(udp("192.0.2.2")).unwrap();
    assert_eq!(join(udp("192.0.2.3")).unwrap_err(), Full::Question, "the share of all");
    let over_tcp = join(tcp("192.0.2.3")).unwrap();
    work.open();
    for waiter in [one, two, three, over_tcp] {
        assert_eq!(waiter.answer().await.unwrap().rcode, Rcode::NXDOMAIN);
    }
}

#[tokio::test]
async fn one_client_leaves_places_to_others() {
    let (questions, work) = (Questions::new(limits()), Work::new());
    let join = |name: &str, client| questions.join(&asked(name), client, || work.begin());
    let mut held: Vec<_> = (0..5).map(|n| join(&format!("a.{n}."), udp("2001:db8::1")).unwrap()).collect();
    assert_eq!(join("a.6.", udp("2001:db8::2")).unwrap_err(), Full::Client, "the same /64");
    assert_eq!(join("a.0.", tcp("2001:db8::1")).unwrap_err(), Full::Client);
    held.push(join("a.6.", udp("2001:db8:1::1")).unwrap());
    assert_eq!(join("a.7.", udp("2001:db8:1::1")).unwrap_err(), Full::All);
    work.open();
    for waiter in held {
        waiter.answer().await.unwrap();
    }
    assert!(questions.state().by_client.is_empty());
    assert!(join("a.7.", udp("2001:db8::1")).is_ok(), "the places are free again");
}

#[tokio::test]
async fn a_dead_domain_leaves_places_to_others() {
    let (questions, work) = (Questions::new(limits()), Work::new());
    let join = |name: &str, client| questions.join(&asked(name), client, || work.begin());
    let held: Vec<_> = (0..4).map(|n| join(&format!("{n}.x.dead.com."), udp("192.0.2.1")).unwrap()).collect();
    assert_eq!(join("4.X.DEAD.com.", udp("192.0.2.2")).unwrap_err(), Full::Domain);
    let good = join("www.live.com.", udp("192.0.2.2")).unwrap();
    work.open();
    for waiter in held.into_iter().chain([good]) {
        waiter.answer().await.unwrap();
    }
    assert!(questions.state().by_domain.is_empty());
}

#[tokio::test]
async fn work_goes_on_when_all_have_left() {
    let (questions, work) = (Questions::new(limits()), Work::new());
    let finished = Arc::new(Semaphore::new(0));
    let told = finished.clone();
    let task = work.begin();
    let waiter = questions.join(&asked("a."), udp("192.0.2.1"), || async move {
        let answer = task.await;
        told.add_permits(1);
        answer
    });
    drop(waiter);
    assert_eq!(questions.in_flight(), 1);
    work.open();
    finished.acquire().await.unwrap().forget();
}

#[tokio::test]
async fn a_panic_is_told_to_those_who_wait_and_frees_the_place() {
    let questions = Questions::new(limits());
    let waiter = questions.join(&asked("a."), udp("192.0.2.1"), || async { panic!("on purpose") }).unwrap();
    assert_eq!(waiter.answer().await.unwrap_err(), Panicked);
    assert_eq!(questions.in_flight(), 0);
    assert!(questions.state().by_client.is_empty() && questions.state().by_domain.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_leave_nothing_behind() {
    let questions = Questions::new(QuestionLimits::default());
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..4000_u32 {
        let questions = questions.clone();
        tasks.spawn(async move {
            let client = tcp(&format!("192.0.2.{}", number % 5));
            let work = || async {
                tokio::task::yield_now().await;
                Answer::empty(Rcode::NOERROR)
            };
            let waiter = questions.join(&asked(&format!("{}.example.", number % 7)), client, work).unwrap();
            assert_eq!(waiter.answer().await.unwrap().rcode, Rcode::NOERROR);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let state = questions.state();
    assert!(state.in_flight.is_empty() && state.by_client.is_empty() && state.by_domain.is_empty());
}

#[test]
fn a_zone_and_its_registered_domain_have_shares_of_their_own() {
    for (asked, zone, registered) in [
        ("f1.dead.example.com.", "dead.example.com.", "example.com."),
        ("random.example.com.", "example.com.", "example.com."),
        ("a.b.c.example.com.", "c.example.com.", "example.com."),
        ("example.com.", "example.com.", "example.com."),
        ("com.", "com.", "com."),
        ("4.3.2.1.in-addr.arpa.", "3.2.1.in-addr.arpa.", "2.1.in-addr.arpa."),
    ] {
        let question = proto::Question::new(asked.parse().unwrap(), proto::RrType::A);
        let found = domains(&ClientQuestion::new(question)).map(|(name, _)| name.to_string());
        assert_eq!(found, [zone, registered], "{asked}");
    }
}

//! The allowance for signature checks and hashes, when it is spent (KeyTrap, NSEC3 exhaustion).

use crate::bench::*;
use lab::{Faults, Signing, SigningAlgorithm, World};
use proto::{Rcode, Security};

/// `test.` with NSEC3 and, on the same server and so without a referral, an unsigned zone so many labels below it that each
/// question for its data needs two hashes for every label: one for the denial of DS, one for what that says of a cut.
fn deep_unsigned_zone(labels: usize) -> (std::sync::Arc<World>, String) {
    let above: String = (1..labels).rev().map(|number| format!("l{number}.")).collect();
    let apex = format!("d.{above}test.");
    // An alias made from a wildcard costs one hash more, so that the allowance ends between the two of a label.
    let of_test = format!("{apex} NS ns1.{apex}\nns1.{apex} A 192.0.2.2\n*.w.test. 300 CNAME www.{apex}\n");
    let of_apex = format!("www.{apex} 300 A 198.51.100.7\nmail.{apex} 300 A 198.51.100.8\n");
    let zones: [(&str, &[&str], &str); 3] =
        [ROOT, ("test.", &["192.0.2.2"], &of_test), (&apex, &["192.0.2.2"], &of_apex)];
    let world = signed_world(&zones, |zone| {
        let how = Signing::with(SigningAlgorithm::Ed25519);
        (zone == "." || zone == "test.").then(|| if zone == "." { how } else { how.nsec3(&[], 0) })
    });
    (world, apex)
}

#[tokio::test(start_paused = true)]
async fn a_spent_allowance_fails_its_question_and_says_nothing_of_the_zone_to_the_next() {
    let mut failed = 0;
    for labels in 28..=34 {
        let (world, apex) = deep_unsigned_zone(labels);
        for ask in ["any.w.test.".to_owned(), format!("www.{apex}")] {
            // What gaps already shown say of the labels would cost the question nothing.
            let bench =
                Bench::new(world.clone(), Faults::default(), 1, |config| config.validation.aggressive_nsec = false);
            let answer = bench.ask(&ask).await;
            if answer.rcode == SERVFAIL {
                failed += 1;
                assert_eq!(ede(&answer), [6], "{ask}: {answer:?}");
                assert!(answer.extended_errors[0].text.ends_with("needs too many NSEC3 hashes"), "{ask}: {answer:?}");
            } else {
                assert_eq!((answer.rcode, answer.security), (Rcode::NOERROR, Security::Insecure), "{ask}");
            }
            // What the first question found out is known; the rest the next one can afford.
            let next = bench.ask(&format!("mail.{apex}")).await;
            assert_eq!((next.rcode, next.security), (Rcode::NOERROR, Security::Insecure), "after {ask}: {next:?}");
        }
    }
    assert!((4..14).contains(&failed), "{failed} questions needed more than there is");
}

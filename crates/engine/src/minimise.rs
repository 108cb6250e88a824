//! QNAME minimisation (RFC 9156): how much of the name the next server learns.

use proto::{Name, Question, RrType};

use crate::config::Minimisation;

/// Steps with less than the full name (RFC 9156 §2.3, MAX_MINIMISE_COUNT).
const MAX_STEPS: usize = 10;
/// Of these the first add one label each (RFC 9156 §2.3, MINIMISE_ONE_LAB).
const SINGLE_LABEL_STEPS: usize = 4;

/// How far the name has been revealed on the way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revealed {
    labels: usize,
    steps: usize,
    minimising: bool,
    strict: bool,
    /// What is asked about names on the way.
    probe: RrType,
}

impl Revealed {
    /// Nothing below the zone `cut` has been revealed.
    pub(crate) fn start(mode: Minimisation, cut: &Name) -> Self {
        // RFC 9156 §2.1: A hides the type and troubles servers the least.
        Self {
            labels: cut.label_count(),
            steps: 0,
            minimising: mode != Minimisation::Off,
            strict: mode == Minimisation::Strict,
            probe: RrType::A,
        }
    }

    /// The question to ask the servers of `cut`, and whether it is the whole one.
    pub(crate) fn next(&mut self, question: &Question, cut: &Name) -> Ask {
        let all = question.name.label_count();
        let known = self.labels.max(cut.label_count());
        if !self.minimising || self.steps >= MAX_STEPS {
            return self.whole(question);
        }
        let left = all.saturating_sub(known);
        let add = if self.steps < SINGLE_LABEL_STEPS { 1 } else { left.div_ceil(MAX_STEPS - self.steps) };
        if add >= left {
            // The real type as soon as the full name is reached.
            return self.whole(question);
        }
        self.steps += 1;
        self.labels = known + add;
        Ask { question: Question::new(question.name.suffix(self.labels), self.probe), whole: false }
    }

    /// A server could not cope with `ask`: the same name is asked for NS, as older resolvers do (RFC 7816 §2), and from then
    /// on; if that was in vain too, the next question is the whole one (RFC 9156 §2.3). False if there is no other way.
    pub(crate) fn fall_back(&mut self, ask: &Ask) -> bool {
        if self.probe == RrType::A {
            self.probe = RrType::NS;
            self.labels = ask.question.name.label_count() - 1;
            return true;
        }
        self.reveal_all();
        !self.strict
    }

    /// Gives up hiding: the next question is the whole one.
    pub(crate) fn reveal_all(&mut self) {
        self.minimising = false;
    }

    fn whole(&mut self, question: &Question) -> Ask {
        self.labels = question.name.label_count();
        Ask { question: question.clone(), whole: true }
    }
}

/// What to ask next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The question.
    pub question: Question,
    /// True if it is the client's question itself.
    pub whole: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(mode: Minimisation, name: &str) -> Vec<String> {
        let question = Question::new(name.parse().unwrap(), RrType::MX);
        let mut revealed = Revealed::start(mode, &Name::root());
        let mut asked = Vec::new();
        loop {
            let ask = revealed.next(&question, &Name::root());
            asked.push(ask.question.to_string());
            if ask.whole {
                return asked;
            }
        }
    }

    #[test]
    fn one_label_more_at_each_step_rfc9156_2() {
        assert_eq!(
            steps(Minimisation::Relaxed, "www.example.com."),
            ["com. A", "example.com. A", "www.example.com. MX"]
        );
        assert_eq!(steps(Minimisation::Off, "www.example.com."), ["www.example.com. MX"]);
        assert_eq!(steps(Minimisation::Strict, "com."), ["com. MX"]);
        assert_eq!(steps(Minimisation::Relaxed, "."), [". MX"]);
    }

    #[test]
    fn at_most_ten_steps_rfc9156_2_3() {
        let name = "a.".repeat(60);
        let asked = steps(Minimisation::Relaxed, &name);
        assert_eq!(asked.len(), 10, "{asked:?}");
        let labels: Vec<usize> = asked.iter().map(|text| text.matches('.').count()).collect();
        assert_eq!(labels[..4], [1, 2, 3, 4], "the first four are single labels");
        assert_eq!(labels[9], 60);
    }

    #[test]
    fn servers_that_cannot_cope_are_asked_for_ns_and_then_for_all_rfc9156_2_3() {
        let question = Question::new("www.example.com.".parse().unwrap(), RrType::MX);
        let root = Name::root();
        for (mode, last) in [(Minimisation::Relaxed, true), (Minimisation::Strict, false)] {
            let mut revealed = Revealed::start(mode, &root);
            let first = revealed.next(&question, &root);
            assert!(revealed.fall_back(&first));
            let second = revealed.next(&question, &root);
            assert_eq!(second.question.to_string(), "com. NS");
            let deeper = revealed.next(&question, &root);
            assert_eq!(deeper.question.to_string(), "example.com. NS", "that is remembered for the names below");
            assert_eq!(revealed.fall_back(&deeper), last, "{mode:?}");
            assert!(revealed.next(&question, &root).whole);
        }
    }

    #[test]
    fn a_deeper_cut_counts_as_revealed() {
        let question = Question::new("www.example.com.".parse().unwrap(), RrType::A);
        let cut = "example.com.".parse().unwrap();
        let mut revealed = Revealed::start(Minimisation::Relaxed, &Name::root());
        assert!(revealed.next(&question, &cut).whole);
    }
}

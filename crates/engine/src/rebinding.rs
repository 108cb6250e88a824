//! Taking private addresses out of answers about public names (DNS rebinding). Pure.

use std::net::IpAddr;

use proto::{Ede, EdeCode, Question, RrType, Rrset, Security};

use crate::Answer;
use crate::config::RebindingFilter;

/// Removes private addresses, wherever in the alias chain they stand; the name asked for decides, not the one that has
/// them, because it is the one that a browser trusts.
pub(crate) fn filter(answer: &mut Answer, question: &Question, rules: &RebindingFilter) {
    let exempt = rules.private_domains.iter().any(|domain| question.name.is_at_or_below(domain));
    if rules.private_addresses.is_empty() || exempt {
        return;
    }
    let mut removed = 0;
    for set in &mut answer.answer {
        if !matches!(set.rtype, RrType::A | RrType::AAAA) {
            continue;
        }
        let before = set.rdatas.len();
        let public =
            |field: &&[u8]| proto::rdata::address(set.rtype, field).is_none_or(|address| !is_private(address, rules));
        let kept: Vec<&[u8]> = set.rdatas.iter().filter(public).collect();
        if kept.len() < before {
            removed += before - kept.len();
            *set = Rrset::new(set.name.clone(), set.rtype, set.ttl, kept);
        }
    }
    if removed > 0 {
        answer.answer.retain(|set| !set.rdatas.is_empty());
        // What is left is not what anybody has signed, and needs no proof (RFC 4035 §3.2.3).
        answer.security = Security::Unchecked;
        answer.authority.retain(|set| !matches!(set.rtype, RrType::NSEC | RrType::NSEC3));
        let text = format!("{removed} private addresses were taken out (resolver.private-addresses)");
        answer.extended_errors.push(Ede::new(EdeCode::FILTERED, text));
    }
}

fn is_private(address: IpAddr, rules: &RebindingFilter) -> bool {
    let mapped = match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map(IpAddr::V4),
        IpAddr::V4(_) => None,
    };
    let either = [Some(address), mapped];
    either.into_iter().flatten().any(|address| rules.private_addresses.iter().any(|prefix| prefix.contains(&address)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::{Rcode, rdata};

    fn filtered(asked: &str, addresses: &[&str]) -> (Vec<String>, bool) {
        let rules = RebindingFilter {
            private_addresses: ["10.0.0.0/8", "fc00::/7"].map(|prefix| prefix.parse().unwrap()).to_vec(),
            private_domains: vec!["corp.example.".parse().unwrap()],
        };
        let question = Question::new(asked.parse().unwrap(), RrType::A);
        let alias: proto::Name = "elsewhere.example.".parse().unwrap();
        let mut answer = Answer::empty(Rcode::NOERROR);
        answer.answer.push(Rrset::new(question.name.clone(), RrType::CNAME, 60, [alias.wire()]));
        let fields: Vec<_> = addresses.iter().map(|text| rdata::from_address(text.parse().unwrap())).collect();
        answer.answer.push(Rrset::new(alias, fields[0].0, 60, fields.iter().map(|(_, data)| data.as_slice())));
        answer.security = Security::Secure;
        filter(&mut answer, &question, &rules);
        assert_eq!(
            answer.security == Security::Secure,
            answer.extended_errors.is_empty(),
            "no AD for what we have changed"
        );
        let left = answer.answer.iter().flat_map(Rrset::addresses).map(|address| address.to_string());
        (left.collect(), !answer.extended_errors.is_empty())
    }

    #[test]
    fn private_addresses_of_public_names_are_removed_behind_aliases_and_in_mixed_sets() {
        assert_eq!(filtered("evil.example.", &["192.0.2.1", "10.1.2.3"]), (vec!["192.0.2.1".to_owned()], true));
        assert_eq!(filtered("evil.example.", &["10.1.2.3"]), (vec![], true));
        assert_eq!(filtered("evil.example.", &["fd00::1", "::ffff:10.0.0.1"]), (vec![], true));
        assert_eq!(filtered("fine.example.", &["192.0.2.1"]), (vec!["192.0.2.1".to_owned()], false));
        assert_eq!(filtered("www.corp.example.", &["10.1.2.3"]), (vec!["10.1.2.3".to_owned()], false));
    }
}

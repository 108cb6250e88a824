//! Hosts files: an address and its names on each line (RFC 952 in today's form, hosts(5)). Pure.

use std::net::IpAddr;

use proto::{Name, NameError, Record, rdata};

/// TTL of what a hosts file says, in seconds.
const TTL: u32 = 3600;

/// A line that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostsError {
    /// Its first word.
    #[error("line {line}: `{word}` is no address")]
    Address {
        /// Where, counted from 1.
        line: usize,
        /// What stands there.
        word: String,
    },
    /// One of the others.
    #[error("line {line}: `{word}` is no name: {why}")]
    Name {
        /// Where, counted from 1.
        line: usize,
        /// What stands there.
        word: String,
        /// Why.
        why: NameError,
    },
}

/// The address records of a hosts file, in its order.
///
/// # Errors
/// When a line is not understood.
pub fn parse(text: &str) -> Result<Vec<Record>, HostsError> {
    let mut records = Vec::new();
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        let mut words = content.split('#').next().unwrap_or_default().split_whitespace();
        let Some(word) = words.next() else { continue };
        // An interface behind a link-local address ("fe80::1%lo0") means nothing to a client.
        let address = word.split('%').next().unwrap_or(word);
        let address: IpAddr = address.parse().map_err(|_| HostsError::Address { line, word: word.to_owned() })?;
        for word in words {
            let name: Name = word.parse().map_err(|why| HostsError::Name { line, word: word.to_owned(), why })?;
            let (rtype, data) = rdata::from_address(address);
            records.push(Record::new(name, rtype, TTL, data));
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_line_has_its_address() {
        let text =
            "# comment\n192.0.2.1  printer printer.example. # here\n\n2001:db8::1\tprinter\nfe80::1%lo0 localhost\n";
        let records: Vec<String> = parse(text).unwrap().iter().map(Record::to_string).collect();
        assert_eq!(
            records,
            [
                "printer. 3600 IN A 192.0.2.1",
                "printer.example. 3600 IN A 192.0.2.1",
                "printer. 3600 IN AAAA 2001:db8::1",
                "localhost. 3600 IN AAAA fe80::1",
            ]
        );
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        assert_eq!(parse("\nhere there").unwrap_err().to_string(), "line 2: `here` is no address");
        assert!(parse("192.0.2.1 a..b").unwrap_err().to_string().starts_with("line 1: `a..b` is no name"));
    }
}

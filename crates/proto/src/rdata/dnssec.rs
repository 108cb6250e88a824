//! The records of DNSSEC in presentation form (RFC 4034, RFC 5155 §3.3, RFC 7344), and what makes them well-formed.
//!
//! Data that no validator would accept is well-formed all the same if its fields can be told apart: what it is worth is
//! for the validator to say.

use data_encoding::{BASE32HEX_NOPAD, BASE64, HEXUPPER};

use crate::{Name, RrType};

/// Numbers and mnemonics of algorithms (RFC 4034 appendix A.1 and its successors).
const ALGORITHMS: [(u8, &str); 14] = [
    (1, "RSAMD5"),
    (2, "DH"),
    (3, "DSA"),
    (5, "RSASHA1"),
    (6, "DSA-NSEC3-SHA1"),
    (7, "RSASHA1-NSEC3-SHA1"),
    (7, "NSEC3RSASHA1"),
    (8, "RSASHA256"),
    (10, "RSASHA512"),
    (12, "ECC-GOST"),
    (13, "ECDSAP256SHA256"),
    (14, "ECDSAP384SHA384"),
    (15, "ED25519"),
    (16, "ED448"),
];

/// The mnemonic of an algorithm number.
pub fn algorithm_mnemonic(number: u8) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(known, _)| *known == number).map(|(_, mnemonic)| *mnemonic)
}

/// Whether the type is read and written here.
pub(crate) fn is_ours(rtype: RrType) -> bool {
    matches!(rtype.0, 25 | 43 | 46 | 47 | 48 | 50 | 51 | 59 | 60 | 32_769)
}

/// Whether the fields can be told apart.
pub(crate) fn is_well_formed(rtype: RrType, rdata: &[u8]) -> bool {
    match rtype.0 {
        25 | 43 | 48 | 59 | 60 | 32_769 => rdata.len() >= 4,
        46 => Name::read(rdata.get(18..).unwrap_or_default(), 0).is_ok(),
        47 => Name::read(rdata, 0).is_ok_and(|(_, used)| types(&rdata[used..]).is_some()),
        50 => nsec3_parts(rdata).is_some_and(|(_, _, bitmap)| types(bitmap).is_some()),
        51 => rdata.len() >= 5 && rdata.len() == 5 + usize::from(rdata[4]),
        _ => false,
    }
}

/// Salt, next hash and bitmap.
fn nsec3_parts(rdata: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (salt_length, rest) = rdata.get(4..)?.split_first()?;
    let (salt, rest) = rest.split_at_checked(usize::from(*salt_length))?;
    let (hash_length, rest) = rest.split_first()?;
    let (hash, bitmap) = rest.split_at_checked(usize::from(*hash_length))?;
    Some((salt, hash, bitmap))
}

/// The types of a bitmap in order (RFC 4034 §4.1.2); `None` if its windows do not fill it.
fn types(mut bitmap: &[u8]) -> Option<Vec<RrType>> {
    let mut out = Vec::new();
    while !bitmap.is_empty() {
        let [window, length, rest @ ..] = bitmap else { return None };
        let (bits, rest) = rest.split_at_checked(usize::from(*length))?;
        if bits.len() > 32 {
            return None;
        }
        let set = (0..bits.len() * 8).filter(|bit| bits[bit / 8] & (0x80 >> (bit % 8)) != 0);
        out.extend(set.map(|bit| RrType(u16::from_be_bytes([*window, bit as u8]))));
        bitmap = rest;
    }
    Some(out)
}

/// The bitmap of some types.
pub fn bitmap(types: impl IntoIterator<Item = RrType>) -> Vec<u8> {
    let mut numbers: Vec<u16> = types.into_iter().map(|rtype| rtype.0).collect();
    numbers.sort_unstable();
    let mut out = Vec::new();
    for window in numbers.chunk_by(|a, b| a >> 8 == b >> 8) {
        let last = usize::from(window[window.len() - 1] & 0xFF);
        let mut bits = vec![0_u8; last / 8 + 1];
        for number in window {
            bits[usize::from(number & 0xFF) / 8] |= 0x80 >> (number % 8);
        }
        out.extend([(window[0] >> 8) as u8, bits.len() as u8]);
        out.extend(bits);
    }
    out
}

/// Presentation form; `None` if the data is malformed.
pub(crate) fn present(rtype: RrType, rdata: &[u8]) -> Option<String> {
    if !is_well_formed(rtype, rdata) {
        return None;
    }
    let u16_at = |at: usize| u16::from_be_bytes([rdata[at], rdata[at + 1]]);
    let u32_at = |at: usize| u32::from_be_bytes([rdata[at], rdata[at + 1], rdata[at + 2], rdata[at + 3]]);
    let text = match rtype.0 {
        43 | 59 | 32_769 => format!("{} {} {} {}", u16_at(0), rdata[2], rdata[3], HEXUPPER.encode(&rdata[4..])),
        25 | 48 | 60 => format!("{} {} {} {}", u16_at(0), rdata[2], rdata[3], BASE64.encode(&rdata[4..])),
        46 => {
            let (signer, used) = Name::read(&rdata[18..], 0).ok()?;
            format!(
                "{} {} {} {} {} {} {} {signer} {}",
                RrType(u16_at(0)),
                rdata[2],
                rdata[3],
                u32_at(4),
                Time(u32_at(8)),
                Time(u32_at(12)),
                u16_at(16),
                BASE64.encode(&rdata[18 + used..])
            )
        }
        47 => {
            let (next, used) = Name::read(rdata, 0).ok()?;
            format!("{next}{}", present_types(&rdata[used..])?)
        }
        50 => {
            let (salt, hash, bitmap) = nsec3_parts(rdata)?;
            let hash = BASE32HEX_NOPAD.encode(hash);
            format!("{} {} {} {} {hash}{}", rdata[0], rdata[1], u16_at(2), present_salt(salt), present_types(bitmap)?)
        }
        51 => format!("{} {} {} {}", rdata[0], rdata[1], u16_at(2), present_salt(&rdata[5..])),
        _ => return None,
    };
    Some(text.trim_end().to_owned())
}

fn present_types(bitmap: &[u8]) -> Option<String> {
    Some(types(bitmap)?.iter().map(|rtype| format!(" {rtype}")).collect())
}

fn present_salt(salt: &[u8]) -> String {
    if salt.is_empty() { "-".to_owned() } else { HEXUPPER.encode(salt) }
}

/// Reads the words of presentation form; `name` makes names absolute.
pub(crate) fn parse(
    rtype: RrType,
    words: &[&str],
    name: impl Fn(&str) -> Result<Name, String>,
) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match (rtype.0, words) {
        (43 | 59 | 32_769, [tag, algorithm, digest_type, digest @ ..]) => {
            out.extend_from_slice(&number::<u16>(tag)?.to_be_bytes());
            out.extend([algorithm_number(algorithm)?, number(digest_type)?]);
            out.extend(hexadecimal(&digest.concat())?);
        }
        (25 | 48 | 60, [flags, protocol, algorithm, key @ ..]) => {
            out.extend_from_slice(&number::<u16>(flags)?.to_be_bytes());
            out.extend([number(protocol)?, algorithm_number(algorithm)?]);
            out.extend(base64(&key.concat())?);
        }
        (46, [covers, algorithm, labels, ttl, expiration, inception, tag, signer, signature @ ..]) => {
            let covers: RrType = covers.parse().map_err(|error| format!("{covers}: {error}"))?;
            out.extend_from_slice(&covers.0.to_be_bytes());
            out.extend([algorithm_number(algorithm)?, number(labels)?]);
            out.extend_from_slice(&number::<u32>(ttl)?.to_be_bytes());
            out.extend_from_slice(&time(expiration)?.to_be_bytes());
            out.extend_from_slice(&time(inception)?.to_be_bytes());
            out.extend_from_slice(&number::<u16>(tag)?.to_be_bytes());
            out.extend_from_slice(name(signer)?.wire());
            out.extend(base64(&signature.concat())?);
        }
        (47, [next, types @ ..]) => {
            out.extend_from_slice(name(next)?.wire());
            out.extend(parse_types(types)?);
        }
        (50, [algorithm, flags, iterations, salt, next, types @ ..]) => {
            out.extend(hash_parameters(algorithm, flags, iterations, salt)?);
            let hash = BASE32HEX_NOPAD.decode(next.to_ascii_uppercase().as_bytes());
            let hash = hash.map_err(|_| format!("{next} is no base32 with extended hex alphabet"))?;
            out.push(u8::try_from(hash.len()).map_err(|_| "the hash is too long")?);
            out.extend(hash);
            out.extend(parse_types(types)?);
        }
        (51, [algorithm, flags, iterations, salt]) => {
            out.extend(hash_parameters(algorithm, flags, iterations, salt)?);
        }
        _ => return Err("fields are missing".to_owned()),
    }
    Ok(out)
}

fn hash_parameters(algorithm: &str, flags: &str, iterations: &str, salt: &str) -> Result<Vec<u8>, String> {
    let mut out = vec![number(algorithm)?, number(flags)?];
    out.extend_from_slice(&number::<u16>(iterations)?.to_be_bytes());
    let salt = if salt == "-" { vec![] } else { hexadecimal(salt)? };
    out.push(u8::try_from(salt.len()).map_err(|_| "the salt is too long")?);
    out.extend(salt);
    Ok(out)
}

fn parse_types(words: &[&str]) -> Result<Vec<u8>, String> {
    let types: Result<Vec<RrType>, String> =
        words.iter().map(|word| word.parse().map_err(|error| format!("{word}: {error}"))).collect();
    Ok(bitmap(types?))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number that fits"))
}

fn algorithm_number(text: &str) -> Result<u8, String> {
    let named = ALGORITHMS.iter().find(|(_, mnemonic)| mnemonic.eq_ignore_ascii_case(text));
    named.map_or_else(|| number(text), |(number, _)| Ok(*number))
}

fn hexadecimal(text: &str) -> Result<Vec<u8>, String> {
    HEXUPPER.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| format!("{text} is not hexadecimal"))
}

fn base64(text: &str) -> Result<Vec<u8>, String> {
    BASE64.decode(text.as_bytes()).map_err(|_| format!("{text} is no base64"))
}

/// A moment, in seconds since 1970, that is written in the form `YYYYMMDDHHmmSS` (RFC 4034 §3.2); [`time`] reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub u32);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, second) = (self.0 / 86_400, self.0 % 86_400);
        let (year, month, day) = date(days);
        write!(f, "{year:04}{month:02}{day:02}{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60)
    }
}

/// Year, month and day of a number of days since 1970, by counting years of 365 or 366 days.
fn date(mut days: u32) -> (u32, u32, u32) {
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

fn is_leap_year(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u32) -> u32 {
    if is_leap_year(year) { 366 } else { 365 }
}

fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds since 1970, or a date of 14 digits; beyond 2106 it wraps around, as the field does.
pub fn time(text: &str) -> Result<u32, String> {
    if text.len() != 14 {
        return number(text);
    }
    let wrong = || format!("{text} is no time of the form YYYYMMDDHHmmSS");
    let part = |from: usize, to: usize| -> Result<u32, String> {
        let digits = text.get(from..to).filter(|part| part.bytes().all(|octet| octet.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).ok_or_else(wrong)
    };
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let sound = (1..=12).contains(&month) && hour < 24 && minute < 60 && second < 61 && year >= 1970;
    if !sound || !(1..=days_of_month(year, month)).contains(&day) {
        return Err(wrong());
    }
    let days = (1970..year).map(days_of_year).sum::<u32>()
        + (1..month).map(|month| days_of_month(year, month)).sum::<u32>()
        + (day - 1);
    let seconds = u64::from(days) * 86_400 + u64::from(hour * 3600 + minute * 60 + second);
    Ok(seconds as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(rtype: u16, text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let rdata = parse(RrType(rtype), &words, |name| name.parse().map_err(|_| String::new())).unwrap();
        present(RrType(rtype), &rdata).unwrap()
    }

    #[test]
    fn presentation_forms_are_read_and_written_rfc4034() {
        for (rtype, text) in [
            (43, "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"),
            (48, "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8no"),
            (46, "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip"),
            (47, "host.example.com. A MX RRSIG NSEC TYPE1234"),
            (50, "1 1 12 AABBCCDD 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S A RRSIG"),
            (50, "1 0 0 - 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S"),
            (51, "1 0 12 AABBCCDD"),
            (51, "1 0 0 -"),
        ] {
            assert_eq!(there_and_back(rtype, text), text);
        }
        assert_eq!(there_and_back(48, "256 3 RSASHA1 AQPS Kmyn"), "256 3 5 AQPSKmyn");
    }

    #[test]
    fn times_are_dates_or_seconds_rfc4034_3_2() {
        for (text, seconds) in [
            ("19700101000000", 0),
            ("20040229235959", 1_078_099_199),
            ("20261121094000", 1_795_254_000),
            ("1795254000", 1_795_254_000),
        ] {
            assert_eq!(time(text), Ok(seconds));
            assert!(text.len() != 14 || Time(seconds).to_string() == text);
        }
        for text in ["20230229000000", "20231301000000", "2023010100000x", "", "20230100000000"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn malformed_data_has_no_presentation_form() {
        for (rtype, rdata) in [(43, &[1, 2, 3][..]), (46, &[0; 18]), (47, &[0, 0]), (50, &[1, 0, 0, 0, 5]), (51, &[1])]
        {
            assert_eq!(present(RrType(rtype), rdata), None);
        }
    }

    #[test]
    fn a_signature_may_be_missing_and_a_digest_short() {
        assert_eq!(there_and_back(43, "1 13 2 00"), "1 13 2 00");
        let text = "A 13 1 60 20300101000000 20200101000000 1 example.";
        assert_eq!(there_and_back(46, text), text);
    }
}

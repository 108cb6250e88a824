//! Names, records, messages: the vocabulary of DNS (RFC 9499) in wire form.
//!
//! What it is for: every other crate speaks in these types. Names and record data stay in uncompressed wire form from
//! the packet to the cache, so that nothing is converted on the way. hickory-proto reads and writes typed record data,
//! zone files and (elsewhere) DNSSEC material; this crate is the only place that chooses its version and features.
//!
//! What it deliberately does not do: wait, read a clock, draw random numbers, or decide anything.
//!
//! ```
//! use proto::{Name, Question, RrType};
//! let question = Question::new("www.example.com.".parse::<Name>().unwrap(), RrType::AAAA);
//! assert_eq!(question.to_string(), "www.example.com. AAAA");
//! ```

mod edns;
mod message;
mod name;
pub mod rdata;
mod rrset;
mod rrtype;
mod serialise;
mod time;
mod writer;
pub mod zonefile;

pub use edns::{Ede, EdeCode, Edns, MAX_OPTIONS, OptionCode};
pub use hickory_proto as hickory;
pub use message::{Flags, HEADER_OCTETS, Message, QuestionEntry, Wire, WireError};
pub use name::{Labels, MAX_NAME_OCTETS, Name, NameError};
pub use rrset::{Question, Rank, Rdatas, Record, Rrset, Security, effective_ttl};
pub use rrtype::{Class, Opcode, Rcode, RrType, UnknownRrType};
pub use time::WallTime;

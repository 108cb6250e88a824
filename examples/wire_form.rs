//! Why messages are our own type (docs/adr/0004): what one broken record costs, and how long reading takes.
//!
//! The times mean something in a release build only: `cargo run --release --example wire_form`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use proto::hickory::op::Message as HickoryMessage;
use proto::{Flags, Message, Name, Question, Record, RrType, Rrset, rdata};
use transport::Clock;

/// Times each message is read.
const ROUNDS: u32 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    // Record data of a wrong length: an address of three octets among good ones.
    let mut broken = referral()?;
    let owner: Name = "a.gtld-servers.net.".parse()?;
    broken.additional.push(Record::new(owner, RrType::A, 3600, &[192, 0, 2][..]));
    let octets = broken.to_wire();
    let ours = Message::parse(&octets)?;
    let (good, bad): (Vec<_>, Vec<_>) =
        ours.additional.iter().partition(|record| rdata::check(record.rtype, &record.rdata).is_ok());
    println!("a referral with a broken address:");
    println!("  proto          {} good records beside {} broken one", ours.authority.len() + good.len(), bad.len());
    match HickoryMessage::from_vec(&octets) {
        Ok(_) => println!("  hickory-proto  reads it"),
        Err(error) => println!("  hickory-proto  refuses the message: {error}"),
    }

    let octets = referral()?.to_wire();
    println!(
        "reading a referral of {} octets, mean of {ROUNDS} (optimised: {}):",
        octets.len(),
        !cfg!(debug_assertions)
    );
    let read = time(|| Message::parse(black_box(&octets)).is_ok());
    println!("  proto          {read:?}");
    let grouped =
        time(|| Message::parse(black_box(&octets)).is_ok_and(|read| Rrset::group(&read.additional).len() > 1));
    println!("  with RRsets    {grouped:?}, ready for the cache");
    let hickory = time(|| HickoryMessage::from_vec(black_box(&octets)).is_ok());
    println!("  hickory-proto  {hickory:?}");
    Ok(())
}

/// The referral of a root server to a zone with thirteen servers, IPv4 and IPv6.
fn referral() -> Result<Message, Box<dyn Error>> {
    let mut message = Message::query(1, Question::new("www.example.com.".parse()?, RrType::A));
    message.flags.set(Flags::QR, true);
    for (number, letter) in ('a'..='m').enumerate() {
        let server: Name = format!("{letter}.gtld-servers.net.").parse()?;
        message.authority.push(Record::new("com.".parse()?, RrType::NS, 172_800, server.wire()));
        message.additional.push(Record::new(server.clone(), RrType::A, 172_800, &[192, 0, 2, number as u8][..]));
        let ipv6 = std::net::Ipv6Addr::new(0x2001, 0xdb8, number as u16, 0, 0, 0, 0, 0x30).octets();
        message.additional.push(Record::new(server, RrType::AAAA, 172_800, &ipv6[..]));
    }
    Ok(message)
}

fn time(read: impl Fn() -> bool) -> Duration {
    let clock = Clock::system();
    let began = clock.now();
    for _ in 0..ROUNDS {
        assert!(read(), "the message is sound");
    }
    (clock.now() - began) / ROUNDS
}

//! Addresses that can be bound and addresses that cannot.

use std::net::SocketAddr;

use server::{BindError, ListenBy, Server, ServerConfig};
use socket2::{Domain, Socket, Type};

fn config(listen: &[&str], listen_by: ListenBy) -> ServerConfig {
    let listen = listen.iter().map(|address| address.parse().unwrap()).collect();
    ServerConfig { listen, listen_by, threads: 2, ..ServerConfig::default() }
}

fn bind(listen: &[&str], listen_by: ListenBy) -> Result<Vec<SocketAddr>, BindError> {
    Server::bind(config(listen, listen_by)).map(|bound| bound.addresses().to_vec())
}

#[test]
fn a_taken_port_is_told_with_its_holder_and_the_way_out() {
    let first = Server::bind(config(&["127.0.0.1:0"], ListenBy::User)).unwrap();
    let address = first.addresses()[0].to_string();
    let error = bind(&[&address], ListenBy::User).unwrap_err();
    let BindError::InUse { holder: Some(holder), .. } = &error else { panic!("{error}") };
    assert_eq!(holder.pid, std::process::id());
    let text = error.to_string();
    let next = SocketAddr::new(first.addresses()[0].ip(), first.addresses()[0].port() + 1);
    assert!(text.contains(&format!("--listen {next}")), "{text}");
    assert!(text.contains(&format!("stop process {holder}")), "{text}");
    assert!(bind(&[&address], ListenBy::Default).is_err(), "the default is no excuse for silence");
    drop(first);
    assert!(bind(&[&address], ListenBy::User).is_ok());
}

#[test]
fn a_port_that_would_be_shared_silently_counts_as_taken() {
    let other = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    other.set_reuse_port(true).unwrap();
    other.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = other.local_addr().unwrap().as_socket().unwrap().to_string();
    assert!(matches!(bind(&[&address], ListenBy::User), Err(BindError::InUse { .. })));
}

#[test]
fn a_missing_ipv6_address_is_an_error_only_if_it_was_asked_for() {
    let both = ["127.0.0.1:0", "[2001:db8::53]:0"];
    let bound = Server::bind(config(&both, ListenBy::Default)).unwrap();
    assert_eq!((bound.addresses().len(), bound.skipped().len()), (1, 1));
    assert!(bound.skipped()[0].to_string().contains("2001:db8::53"));
    assert!(matches!(bind(&both, ListenBy::User), Err(BindError::NoSuchAddress { .. })));
    assert!(matches!(bind(&["[2001:db8::53]:0"], ListenBy::Default), Err(BindError::NoSuchAddress { .. })));
    assert!(matches!(bind(&["127.0.0.1:0", "192.0.2.1:0"], ListenBy::Default), Err(BindError::NoSuchAddress { .. })));
    assert!(matches!(bind(&[], ListenBy::User), Err(BindError::NoAddress)));
}

#[test]
fn exactly_the_address_given_is_bound() {
    let first = bind(&["127.0.0.1:0"], ListenBy::User).unwrap()[0];
    let held = Server::bind(config(&[&first.to_string()], ListenBy::User)).unwrap();
    let neighbour = format!("127.0.0.2:{}", first.port());
    assert!(bind(&[&neighbour], ListenBy::User).is_ok(), "another server may have the port of another address");
    assert_eq!(held.to_string(), format!("listening on {first} (udp, tcp)"));
    let twice = [first.to_string(), first.to_string()];
    drop(held);
    assert_eq!(bind(&[&twice[0], &twice[1]], ListenBy::User).unwrap().len(), 1, "the same address twice is one");
}

use super::*;

use proto::Message;

use crate::testing::{Bench, query, udp};

/// A client and the front of a server that nobody runs: whatever comes, comes from a look.
async fn client_and_front(bench: &Bench) -> (std::net::UdpSocket, Front<lab::SimNetwork>) {
    let bind = || std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let (server, client) = (bind(), bind());
    client.connect(server.local_addr().unwrap()).unwrap();
    client.set_nonblocking(true).unwrap();
    server.set_nonblocking(true).unwrap();
    let (busy, _) = tokio::sync::mpsc::channel(1);
    LOOKED.set(None);
    (client, Front::new(vec![Served::new(server).unwrap()], bench.service.clone(), busy))
}

/// The identifier of the reply that is there, if one is; loopback needs no time.
fn received(client: &std::net::UdpSocket) -> Option<u16> {
    let mut octets = [0; 512];
    let length = client.recv(&mut octets).ok()?;
    Some(Message::parse(&octets[..length]).unwrap().id)
}

#[tokio::test(start_paused = true)]
async fn walks_look_for_questions_but_not_all_the_time() {
    let bench = Bench::new(|_| ());
    for id in [1, 2] {
        bench.service.handle(&query(id, "www.naver.com. A"), udp("127.0.0.1")).await.unwrap();
    }
    let (client, front) = client_and_front(&bench).await;
    for id in [3, 4] {
        client.send(&query(id, "www.naver.com. A")).unwrap();
    }
    assert_eq!(received(&client), None);
    front.look();
    assert_eq!([received(&client), received(&client), received(&client)], [Some(3), Some(4), None]);
    client.send(&query(5, "localhost. A")).unwrap();
    front.look();
    assert_eq!(received(&client), None, "it has looked just now");
    tokio::time::advance(LOOK_EVERY).await;
    front.look();
    assert_eq!(received(&client), Some(5), "what is known is answered too");
}

#[tokio::test(start_paused = true)]
async fn a_walk_that_a_look_begins_goes_on_as_a_task() {
    let bench = Bench::new(|_| ());
    let (client, front) = client_and_front(&bench).await;
    client.send(&query(6, "www.naver.com. A")).unwrap();
    front.look();
    assert_eq!((received(&client), bench.stats.walks.value()), (None, 1));
    while bench.stats.replies.value() == 0 {
        tokio::time::advance(Duration::from_millis(10)).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(received(&client), Some(6));
}

#[tokio::test(start_paused = true)]
async fn walks_call_what_is_to_be_done_between_their_steps() {
    let bench = Bench::new(|_| ());
    let calls = Arc::new(crate::stats::Counter::default());
    let count = calls.clone();
    bench.service.between_steps(Arc::new(move || count.increment()));
    bench.service.handle(&query(1, "www.naver.com. A"), udp("127.0.0.1")).await.unwrap();
    assert!(calls.value() > 10, "{} steps", calls.value());
}

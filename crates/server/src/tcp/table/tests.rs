use super::*;

fn limits() -> TcpLimits {
    TcpLimits { connections: 4, connections_per_client: 3, ..TcpLimits::default() }
}

fn table() -> Arc<Connections> {
    Connections::new(limits(), Arc::default())
}

fn client(address: &str) -> ClientKey {
    ClientKey::of(address.parse().unwrap())
}

async fn is_evicted(ticket: &Ticket) -> bool {
    tokio::time::timeout(Duration::from_millis(1), ticket.evicted()).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn the_longest_idle_connection_makes_room_rfc7766_6_2_2() {
    let table = table();
    let old = table.admit(client("192.0.2.1")).unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    let young = table.admit(client("192.0.2.1")).unwrap();
    let others: Vec<_> = (0..2).map(|_| table.admit(client("192.0.2.2")).unwrap()).collect();
    let fresh = table.admit(client("192.0.2.3")).unwrap();
    assert!(is_evicted(&old).await);
    for kept in others.iter().chain([&young, &fresh]) {
        assert!(!is_evicted(kept).await);
    }
    drop(old);
    assert_eq!(table.state().open.len(), 4, "an evicted place is not freed twice");
    assert_eq!((table.stats.connections.value(), table.stats.connections_evicted.value()), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_at_its_share_pays_with_its_own_rfc7766_6_2_2() {
    let table = table();
    let other = table.admit(client("2001:db8::1")).unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    let own: Vec<_> = (0..3).map(|_| table.admit(client("192.0.2.1")).unwrap()).collect();
    let fresh = table.admit(client("192.0.2.1")).unwrap();
    assert!(is_evicted(&own[0]).await);
    assert!(!is_evicted(&other).await && !is_evicted(&fresh).await);
}

#[tokio::test(start_paused = true)]
async fn working_connections_stay_and_stuck_ones_go_after_idle_ones() {
    let table = table();
    let now = table.now();
    let [working, stuck, idle, also_working] =
        ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"].map(|address| table.admit(client(address)).unwrap());
    working.set(Doing::Working(now));
    also_working.set(Doing::Working(now));
    stuck.set(Doing::Writing(now));
    idle.set(Doing::Idle(now + Duration::from_secs(5)));
    let first = table.admit(client("192.0.2.5")).unwrap();
    assert!(is_evicted(&idle).await && !is_evicted(&stuck).await);
    first.set(Doing::Working(now));
    let second = table.admit(client("192.0.2.6")).unwrap();
    assert!(is_evicted(&stuck).await);
    second.set(Doing::Working(now));
    assert!(table.admit(client("192.0.2.7")).is_none(), "nobody can be spared");
    assert_eq!(table.stats.connections_refused.value(), 1);
    assert!(!is_evicted(&working).await);
    tokio::time::advance(HANGING).await;
    let third = table.admit(client("192.0.2.8")).unwrap();
    assert!(is_evicted(&working).await, "what hangs on a dead zone gives way to a fresh connection");
    assert!(!is_evicted(&third).await);
}

#[test]
fn idle_time_shrinks_when_it_gets_crowded_rfc7766_6_2_3() {
    let limits = TcpLimits { connections: 100, ..TcpLimits::default() };
    let seconds = |open| idle(open, &limits).as_secs_f64();
    for (open, expected) in [(0, 10.0), (50, 10.0), (75, 5.5), (100, 1.0), (200, 1.0)] {
        assert!((seconds(open) - expected).abs() < 1e-6, "{open}: {}", seconds(open));
    }
}

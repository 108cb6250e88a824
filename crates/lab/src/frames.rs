//! The server's side of DNS over TCP (RFC 7766): length-prefixed messages, pipelined, each answered when it is due.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep_until;
use transport::Clock;

/// Questions of one connection that wait for their answers; no more are read then (threats: pipelining).
const MAX_PIPELINED: usize = 100;

/// Octets read at once.
const READ_OCTETS: usize = 4096;

/// What to do about one query of a connection.
pub(crate) enum Verdict {
    /// Answer after this time.
    Answer(Vec<u8>, Duration),
    /// Answer octet by octet, each after this time.
    Drip(Vec<u8>, Duration),
    /// Say nothing.
    Ignore,
    /// Close the connection.
    Close,
}

/// Serves one connection until the peer closes it, or says nothing for `idle`.
pub(crate) async fn serve_connection<S>(
    mut stream: S,
    clock: &Clock,
    idle: Duration,
    mut decide: impl FnMut(&[u8]) -> Verdict,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut input = Vec::new();
    let mut due: BTreeMap<(Instant, u64), Vec<u8>> = BTreeMap::new();
    let mut number = 0;
    let mut open = true;
    loop {
        let first = due.keys().next().copied();
        if !open && first.is_none() {
            return Ok(());
        }
        let until = first.map_or_else(|| clock.now() + idle, |(at, _)| at);
        input.reserve(READ_OCTETS);
        tokio::select! {
            biased;
            () = sleep_until(until.into()) => {
                let Some(octets) = first.and_then(|key| due.remove(&key)) else { return Ok(()) };
                stream.write_all(&octets).await?;
            }
            read = stream.read_buf(&mut input), if open && due.len() < MAX_PIPELINED => {
                open = read? > 0;
                while let Some(query) = take_frame(&mut input) {
                    match decide(&query) {
                        Verdict::Answer(reply, after) => {
                            number += 1;
                            due.insert((clock.now() + after, number), frame(&reply));
                        }
                        Verdict::Drip(reply, pause) => {
                            let mut at = clock.now();
                            for octet in frame(&reply) {
                                number += 1;
                                at += pause;
                                due.insert((at, number), vec![octet]);
                            }
                        }
                        Verdict::Ignore => {}
                        Verdict::Close => return Ok(()),
                    }
                }
            }
        }
    }
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], &message[..usize::from(length)]].concat()
}

/// Takes the first whole message out of what has been read (RFC 1035 §4.2.2).
fn take_frame(input: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = usize::from(u16::from_be_bytes(*input.first_chunk::<2>()?));
    if input.len() < 2 + length {
        return None;
    }
    let message = input[2..2 + length].to_vec();
    input.drain(..2 + length);
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_whole_and_in_order_rfc1035_4_2_2() {
        let mut input = [frame(b"one"), frame(b""), frame(b"two")].concat();
        let cut = input.split_off(9);
        assert_eq!(take_frame(&mut input), Some(b"one".to_vec()));
        assert_eq!(take_frame(&mut input), Some(vec![]));
        assert_eq!(take_frame(&mut input), None);
        input.extend(cut);
        assert_eq!(take_frame(&mut input), Some(b"two".to_vec()));
    }

    #[tokio::test(start_paused = true)]
    async fn pipelined_questions_are_answered_out_of_order_rfc7766_6_2_1_1() {
        let (mut client, server) = tokio::io::duplex(1024);
        let task = tokio::spawn(async move {
            let delay = |query: &[u8]| Duration::from_millis(u64::from(query[0]));
            let decide = |query: &[u8]| Verdict::Answer(query.to_vec(), delay(query));
            serve_connection(server, &Clock::system(), Duration::from_secs(5), decide).await
        });
        client.write_all(&[frame(&[90]), frame(&[10])].concat()).await.unwrap();
        let mut replies = [0; 6];
        client.read_exact(&mut replies).await.unwrap();
        assert_eq!(replies, [0, 1, 10, 0, 1, 90]);
        drop(client);
        task.await.unwrap().unwrap();
    }
}

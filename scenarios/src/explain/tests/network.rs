//! Messages that may be lost, links that are full, windows that grow, and answers that trickle.

use super::{explained, said, users};

fn told(body: &str, check: &str) -> Vec<String> {
    said(&explained(body), check).iter().map(|warning| warning.message.clone()).collect()
}

/// 10/s, and ten workers that ask a store.
fn asking(call: &str, faults: &str) -> String {
    format!(
        "services:
  web: {{workers: 10, zones: [north], steps: [{{call: {{to: store, {call}}}}}]}}
  store: {{workers: 10, zones: [south], service_time: 10ms}}
zones: {{names: [north, south]}}
faults: {{{faults}}}
{}",
        users("10/s", "to: web")
    )
}

#[test]
fn a_lost_message_without_a_timeout_is_told() {
    let said = |call: &str, faults: &str| told(&asking(call, faults), "lost_for_ever");
    // 5 % each way: 9.75 % of 10/s hit one of ten workers each: 10.3 s.
    let [message] = &said("network: {loss: 5%}", "")[..] else { panic!("one warning") };
    assert!(message.contains("9.75 % of the calls of `web` to `store` lose a message"), "{message}");
    assert!(message.contains("all 10 of them within 10.3 s"), "{message}");
    let loss = "drops: {at: 10s, for: 5s, loss: {to: store, direction: back, ratio: 20%}}";
    let [message] = &said("network: {latency: 1ms}", loss)[..] else { panic!("one warning") };
    assert!(message.contains("20 % of") && message.contains("while `drops` lasts"), "{message}");
    assert!(message.contains("within 5 s"), "{message}");
    for well in [
        "network: {loss: 5%}, timeouts: {attempt: 1s}",
        "network: {loss: 5%}, timeouts: {total: 1s}",
        "network: {loss: 5%}, timeouts: {idle: 1s}",
        "network: {loss: 5%, transport: tcp}",
        "network: {loss: 5%}, until: accepted",
        "network: {latency: 1ms}",
    ] {
        assert!(said(well, "").is_empty(), "{well}");
    }
    let other = "drops: {at: 10s, for: 5s, loss: {to: web, ratio: 20%}}";
    let [message] = &said("network: {latency: 1ms}", other)[..] else { panic!("one warning") };
    assert!(
        message.contains("`users` to `web`") && message.contains("those users wait for ever"),
        "{message}"
    );
    // What is told here is not told twice.
    assert_eq!(told(&asking("network: {loss: 5%}", ""), "no_timeout").len(), 0);
    assert_eq!(told(&asking("network: {latency: 1ms}", ""), "no_timeout").len(), 1);
}

#[test]
fn a_partition_without_a_timeout_is_told() {
    let said = |fault: &str| {
        told(
            &asking("network: {latency: 1ms}", &format!("cut: {{at: 10s, for: 5s, {fault}}}")),
            "lost_for_ever",
        )
    };
    assert_eq!(said("partition: {to: store}").len(), 1);
    assert_eq!(said("partition: {to: store, mode: reject}").len(), 0, "a refusal is heard");
    assert_eq!(said("partition: {zones: [north, south]}").len(), 1);
    assert_eq!(said("partition: {zones: [north]}").len(), 1);
    let [message] = &said("partition: {to: store}")[..] else { panic!("one warning") };
    assert!(message.contains("100 % of the calls") && message.contains("within 1 s"), "{message}");
}

#[test]
fn a_full_link_is_told() {
    let said = |bandwidth: &str, more: &str| {
        told(
            &format!(
                "links: {{wire: {{bandwidth: {bandwidth}{more}}}}}
services: {{api: {{workers: 99, endpoints: {{list: {{request_size: 1000B, response_size: {{uniform: {{min: 0B, max: 20000B}}}}, steps: [compute: 1ms]}}}}}}}}
{}",
                users("100/s", "to: api/list, network: {link: wire}")
            ),
            "full_link",
        )
    };
    // 100/s of 10 000 bytes: 8 Mbit/s back, .8 Mbit/s there.
    assert!(said("10100kbit/s", "").is_empty());
    let [message] = &said("9Mbit/s", "")[..] else { panic!("one warning") };
    assert!(message.contains("answers over `wire` are 8 Mbit/s") && message.contains("88.9 %"), "{message}");
    let [message] = &said("4Mbit/s", "")[..] else { panic!("one warning") };
    assert!(message.contains("200 %") && message.contains("grows"), "{message}");
    // Seven packets of 1460 bytes: 280 bytes of headers each.
    let [message] = &said("10100kbit/s", ", mtu: 1500B")[..] else { panic!("one warning") };
    assert!(message.contains("8.22 Mbit/s"), "{message}");
}

#[test]
fn rounds_of_slow_start_are_told() {
    let said = |size: &str, network: &str| {
        told(
            &format!(
                "links: {{wire: {{bandwidth: 1Gbit/s}}, narrow: {{bandwidth: 100kbit/s}}}}
services: {{api: {{workers: 9, service_time: 1ms}}}}
{}",
                users(
                    "1/s",
                    &format!("to: api, response_size: {size}, network: {{latency: 40ms, {network}}}")
                )
            ),
            "slow_start",
        )
    };
    // 102 kB are three windows: 14.6, 29.2, 58.4.
    let [message] = &said("102000B", "transport: tcp")[..] else { panic!("one warning") };
    assert!(message.contains("102 kB takes 3 rounds of TCP, 80 ms each"), "{message}");
    assert!(message.contains("slow start alone costs 160 ms"), "{message}");
    let [message] = &said("102000B", "transport: tcp, link: wire")[..] else { panic!("one warning") };
    assert!(message.contains("the path holds 10000 kB"), "{message}");
    assert!(said("14600B", "transport: tcp").is_empty(), "it fits the first window");
    assert!(said("102000B", "transport: tcp, link: narrow").is_empty(), "the path holds one kilobyte");
    assert!(said("102000B", "transport: {tcp: {initial_cwnd: 100}}").is_empty());
    assert!(said("102000B", "link: wire").is_empty(), "there is no window");
}

#[test]
fn silence_alone_bounds_no_trickle() {
    let said = |timeouts: &str| told(&asking(&format!("timeouts: {timeouts}"), ""), "trickle").len();
    assert_eq!(said("{idle: 1s}"), 1);
    assert_eq!(
        [said("{idle: 1s, attempt: 2s}"), said("{idle: 1s, total: 2s}"), said("{attempt: 1s}")],
        [0, 0, 0]
    );
    assert_eq!(told(&asking("timeouts: {idle: 1s}", ""), "no_timeout").len(), 0, "it bounds silence");
}

//! Every kind of mistake is told in the right words at the right place.

use super::super::{Source, overlay_from_path, parse, parse_bytes};
use super::{BASE, all_told, model, source, told};

/// [`BASE`] with one line replaced.
fn with_line(line: usize, text: &str) -> String {
    let lines = BASE.lines().enumerate().map(|(index, old)| if index + 1 == line { text } else { old });
    lines.collect::<Vec<_>>().join("\n")
}

fn help(texts: &[&str]) -> Vec<String> {
    model(texts).problems.into_iter().map(|problem| problem.help.unwrap_or_default()).collect()
}

#[test]
fn probe() {
    let lines: &[(usize, &str)] = &[
        (4, "    workrs: 10"),
        (4, "    workers: ten"),
        (4, "    workers: -1"),
        (4, "    workers: 5000000000"),
        (4, "    workers: 10.0"),
        (4, "    workers: 1e3"),
        (4, "    workers: 1_000"),
        (4, "    workers: 010"),
        (4, "    workers: \"10\""),
        (4, "    workers:"),
        (4, "    workers: [1]"),
        (4, "    workers: {a: 1}"),
        (4, "    keep_alive: false"),
        (4, "    workers: 1\n    keep_alive: yes"),
        (5, "    service_time: 10m"),
        (5, "    service_time: {exponental: {mean: 10ms}}"),
        (5, "    service_time: {exponential: {mean: 10}}"),
        (5, "    service_time: {exponential: {median: 10ms}}"),
        (5, "    service_time: {exponential: {}}"),
        (5, "    service_time: {exponential: }"),
        (5, "    service_time: exponential"),
        (5, "    service_time: {uniform: {min: 1ms, maxi: 2ms}}"),
        (5, "    service_time: {uniform: {min: 1ms}}"),
        (5, "    service_time: {}"),
        (5, "    service_time: [10ms]"),
        (6, "    queue: lfo"),
        (6, "    queue: {none: {}}"),
        (6, "    queue: {fifo: {capacity: 1}, lifo: {capacity: 1}}"),
        (6, "    queue: {fifo: {}, capacity: 3}"),
        (6, "    queue: {kind: fifo, capacity: 3}"),
        (6, "    queue: {fifo: {capacity: some}}"),
        (6, "    queue: {fifo: {capacity: [1]}}"),
        (6, "    queue: {fifo: {capacity: 1, drop_share: 50%}}"),
        (6, "    queue: {fifo: {capacity: 1, drop_share: nan}}"),
        (7, "    retry:"),
        (7, "    retry: {immediate: {max_attempts: 300}}"),
        (9, "  brownout:"),
        (9, "  brownout: none"),
        (9, "  - {at: 60s, service: api}"),
        (11, "  {between: [1, 2]}"),
        (11, "  - {between: [2, 1]}"),
        (11, "  - {between: [2, 1, 3]}"),
        (11, "  - {between: 2}"),
        (12, "run: {horizon: [], seeds: 70000, offset: -3000000000}"),
        (12, "run: {horizon:300s}"),
        (2, "services:\n  web: {workers: 0, service_time: {}}\n  db: {}"),
    ];
    for (line, text) in lines {
        let text = with_line(*line, text);
        let reading = model(&[&text]);
        println!("{:?}", text.lines().nth(line - 1).unwrap());
        for p in &reading.problems { println!("     {} | {}", told(p), p.help.clone().unwrap_or_default()); }
        if reading.value.is_none() { println!("     NO VALUE"); }
    }
    for upper in ["services: {api: {wrkers: 1}}", "services: {api: {workers: x}}", "services: {web: {workers: 1}}", "faults: {brownut: none}", "faults: {x: none, y: {at: 1s, service: api}}",
       "expect: {append: 3}", "expect: {add: []}", "expect: 3", "services: {api: {retry: {imediate: {}}}}","services: {api: {queue: {lifo: {}}}}", "services: {api: none}", "run: none", "services:", "{}", "[]", "services: {api: {queue: {fifo: 3}}}", "~"] {
        let reading = model(&[BASE, upper]);
        println!("{upper:?}");
        for p in &reading.problems { println!("     {} | {} [{}]", told(p), p.help.clone().unwrap_or_default(), p.path); }
        if reading.value.is_none() { println!("     NO VALUE"); }
    }
    for text in ["", "# c\n\n", "\u{feff}", "a: 1\n\tb: 2\n", "a:\n \tb: 1\n", "\ta: 1", "a: |\n  x\n  \ty\n", "a: {x: 1,\n\ty: 2}", "a: 1\na: 2\n", "a: {b: 1, b: 2}", "a: 1\n---\nb: 1\n", "a: &x 1", "a: *x", "a: !t 1", "<<: {a: 1}", "? [a]\n: 1\n", ": 1", "a: 1\n b: 2\n", "a:\n  b: 1\n c: 2\n", "a: b: c", "a: \"x\n", "a: \"x\nb: 1\n", "a: 'it's'", "a: [1, 2\nb: 3\n", "a: {b: 1\n", "a: ]", "a: {b: 1}}\n", "a: [1}\n", "a\nb: 1\n", "a: 1\nfoo\nb: 2", "- a\nb: 1\n", "a: @x", "a: - b", "a: \"\\q\"", "a: 1\u{0}b: 2", "a: 1\rb: 2", "é: [ü, \t@x]", "%FOO\n---\na: 1", "a: {b, c}\nd: [a,,b]", "a: 'x\n\n\nb: 1", "a: %x", "a: |x\n  t\n", "k: a #x\n  b: 1\n", "a:\n- b\n c\n- d: 1\n   e: 2\n"] {
        println!("{text:?}");
        match parse(&source("x", text)) { Ok(_) => println!("     fine"), Err(p) => println!("     {} | {}", told(&p), p.help.unwrap_or_default()) }
    }
    for n in [63, 64,65,200,300, 5000] { let t = format!("{}1{}", "[".repeat(n), "]".repeat(n)); match parse(&source("x", &t)) { Ok(_) => println!("{n} ok"), Err(p) => println!("{n} {}", told(&p)) }
      let t = (0..n).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>(); match parse(&source("x", &t)) { Ok(_) => println!("{n} ok"), Err(p) => println!("{n} {}", told(&p)) } }
    for (p, v) in [("services.api.workers","x"), ("services.api.queue", "{lifo: {capacty: 3}}"), ("services..x", "3"), ("services.api.queue", "[3"), ("a.b", ""), ("services.api.wrk", "3"), ("faults.x", "none")] {
        let s = Source { name: "--set".into(), text: format!("{p}={v}") };
        match overlay_from_path(&s, p, v) { Err(e) => println!("{} {}", s.text, told(&e)), Ok(node) => {
            let base = super::tree(BASE);
            let layers = [super::Layer::base(0, &base), super::Layer::base(1, &node)];
            println!("{} {:?}", s.text, all_told(&super::read::<super::Model>(&layers).problems)); } }
    }
    let (s, r) = parse_bytes("x", b"a: \xc3\xa9\nb: \xff1\n"); let p = r.unwrap_err(); println!("{} {:?}", told(&p), s.text);
    println!("{}", super::super::render(&[s], &[p], false));
    println!("{}", help(&["a"]).len());
}

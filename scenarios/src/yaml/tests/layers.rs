//! Layers combine by the kind of place.

use serde::Deserialize;

use super::super::{
    Layer, Problem, nearest_origin, node_at, origin, origin_key, overlay_from_path, read, tidy,
};
use super::*;

#[test]
fn one_layer_is_read_as_it_is() {
    let model = good(&[BASE]);
    assert_eq!(model.title, "no", "a text stays a text");
    let api = &model.services["api"];
    assert_eq!(api.workers, 10);
    assert_eq!(api.service_time, Time::Exponential(Exponential { mean: Duration(10) }));
    assert_eq!(api.queue, Queue::Fifo(Capacity { capacity: Size::Of(100), drop_share: 0.5 }));
    assert_eq!(model.run.map(|run| run.seeds), Some(30));
}

#[test]
fn single_values_are_replaced_and_struct_fields_merge() {
    let model = good(&[BASE, "services: {api: {workers: 3}}", "services: {api: {workers: 4}}\ntitle: top"]);
    assert_eq!((model.title.as_str(), model.services["api"].workers), ("top", 4));
    assert_eq!(model.services["api"].retry, Some(Retry::Immediate(Immediate { max_attempts: 3 })));
}

#[test]
fn map_entries_are_added_changed_and_removed() {
    let added = good(&[BASE, "faults: {crash: {at: 1s, service: api}, brownout: {at: 2s}}"]);
    assert_eq!(added.faults.len(), 2);
    assert_eq!(added.faults["brownout"], Fault { at: Duration(2000), service: "api".into() });
    assert!(good(&[BASE, "faults: {brownout: none}"]).faults.is_empty());
}

#[test]
fn an_entry_removed_and_set_again_is_new() {
    let upper = ["faults: {brownout: none}", "faults: {brownout: {at: 5s, service: db}}"];
    let model = good(&[BASE, upper[0], upper[1]]);
    assert_eq!(model.faults["brownout"], Fault { at: Duration(5000), service: "db".into() });
    // What was removed does not shine through.
    let reading = super::model(&[BASE, upper[0], "faults: {brownout: {at: 5s}}"]);
    assert_eq!(all_told(&reading.problems), ["2@1:10 `faults.brownout` lacks `service`"]);
}

#[test]
fn a_quoted_none_is_no_removal() {
    let reading = model(&[BASE, "faults: {brownout: \"none\"}"]);
    assert_eq!(
        all_told(&reading.problems),
        ["1@1:20 expected a mapping with `at` and `service`, found the text \"none\""]
    );
}

#[test]
fn a_list_is_replaced_or_extended() {
    assert!(good(&[BASE, "expect: []"]).expect.is_empty());
    let two = good(&[BASE, "expect: {append: [{between: [1, 2]}]}", "expect: {append: [{between: [3, 4]}]}"]);
    assert_eq!(two.expect.iter().map(|e| e.between.0).collect::<Vec<_>>(), [0.1, 1.0, 3.0]);
    let replaced = good(&[BASE, "expect: [{between: [1, 2]}]", "expect: {append: [{between: [3, 4]}]}"]);
    assert_eq!(replaced.expect.len(), 2);
    let onto_nothing = good(&["title: x\nservices: {}", "expect: {append: [{between: [3, 4]}]}"]);
    assert_eq!(onto_nothing.expect.len(), 1);
}

#[test]
fn the_same_kind_merges_and_another_kind_replaces() {
    let same = good(&[BASE, "services: {api: {queue: {fifo: {capacity: unlimited}}}}"]);
    assert_eq!(
        same.services["api"].queue,
        Queue::Fifo(Capacity { capacity: Size::Unlimited, drop_share: 0.5 })
    );
    let other = good(&[BASE, "services: {api: {queue: {lifo: {capacity: 7}}}}"]);
    assert_eq!(other.services["api"].queue, Queue::Lifo(Capacity { capacity: Size::Of(7), drop_share: 0.0 }));
    let word = good(&[BASE, "services: {api: {queue: none, retry: none}}"]);
    assert_eq!(
        (&word.services["api"].queue, &word.services["api"].retry),
        (&Queue::None, &None),
        "`none` is a word of the queue; it takes away what may be left out"
    );
}

#[test]
fn a_kind_replaced_in_between_does_not_shine_through() {
    let back = "services: {api: {queue: {fifo: {capacity: 7}}}}";
    let model = good(&[BASE, "services: {api: {queue: none}}", back]);
    assert_eq!(model.services["api"].queue, Queue::Fifo(Capacity { capacity: Size::Of(7), drop_share: 0.0 }));
}

#[test]
fn a_plain_text_and_a_kind_share_a_place() {
    let time = |texts: &[&str]| good(texts).services.remove("api").map(|api| api.service_time);
    let fixed = "services: {api: {service_time: 25ms}}";
    let drawn = "services: {api: {service_time: {uniform: {min: 1ms, max: 2ms}}}}";
    assert_eq!(time(&[BASE, fixed]), Some(Time::Fixed(Duration(25))));
    let uniform = Time::Uniform { min: Duration(1), max: Duration(2) };
    assert_eq!(time(&[BASE, fixed, drawn]), Some(uniform));
    let half = model(&[BASE, fixed, "services: {api: {service_time: {exponential: {}}}}"]);
    assert_eq!(all_told(&half.problems), ["2@1:33 `services.api.service_time.exponential` lacks `mean`"]);
}

#[test]
fn a_misspelt_word_beside_plain_texts_is_recognised() {
    let reading = model(&[BASE, "services: {api: {service_time: exponentail}}"]);
    assert_eq!(all_told(&reading.problems), ["1@1:32 `exponentail` is not a duration"]);
    assert_eq!(reading.problems[0].help.as_deref(), Some("did you mean `exponential`?"));
}

#[test]
fn an_untyped_value_merges_as_maps() {
    let low = tree("a: {x: 1, y: -2, z: 0.5}\nb: [1, true]\nc: \"1\"\nd: text");
    let up = tree("a: {y: 3, x: none}\nb: {append: [2]}");
    let value = read::<serde_json::Value>(&[Layer::base(0, &low), Layer::base(1, &up)]).value;
    let expected = serde_json::json!({"a": {"y": 3, "z": 0.5}, "b": [1, true, 2], "c": "1", "d": "text"});
    assert_eq!(value, Some(expected));
}

#[test]
fn numbers_and_words_are_keys() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Keyed {
        by_number: BTreeMap<u32, String>,
        by_text: BTreeMap<String, i64>,
    }
    let tree = tree("by_number: {3: x, 20: y}\nby_text: {true: 1, GET /cart: 2}");
    let keyed = read::<Keyed>(&[Layer::base(0, &tree)]).value.expect("a value");
    assert_eq!(keyed.by_number.keys().copied().collect::<Vec<_>>(), [3, 20]);
    assert_eq!(keyed.by_text["GET /cart"], 2);
    assert!(node_at(&tree, &super::super::join("by_text", "GET /cart")).is_some());
}

#[test]
fn set_arguments_are_layers() {
    let set = |text: &str| {
        let source = source("--set", text);
        let (path, value) = text.split_once('=').expect("an argument");
        let overlay = overlay_from_path(&source, path, value).expect("a well-formed argument");
        let base = tree(BASE);
        read::<Model>(&[Layer::base(0, &base), Layer::base(1, &overlay)])
    };
    let api =
        |text: &str| set(text).value.and_then(|mut model| model.services.remove("api")).expect("the service");
    assert_eq!(api("services.api.workers=3").workers, 3);
    assert_eq!(api("services.api.queue=none").queue, Queue::None);
    let lifo = Queue::Lifo(Capacity { capacity: Size::Of(3), drop_share: 0.0 });
    assert_eq!(api("services.api.queue={lifo: {capacity: 3}}").queue, lifo);
    assert_eq!(api("services.api.queue.lifo.capacity=3").queue, lifo);
    let told = |text: &str| all_told(&set(text).problems);
    assert_eq!(told("services.api.workers=x"), ["1@1:22 expected a whole number, found `x`"]);
    assert_eq!(told("services.api.queue={lifo: {capacty: 3}}"), ["1@1:28 unknown key `capacty`"]);
    assert_eq!(told("faults.x=none"), ["1@1:8 there is no `x` to remove"]);
}

#[test]
fn a_variant_is_a_layer_within_its_own_file() {
    let text = format!(
        "{BASE}variants:\n  one:\n    services: {{api: {{workers: 1, wokers: 2}}}}\n  two: {{run: {{seeds: x}}}}\n"
    );
    let tree = tree(&text.replace("horizon: 300s", "horizon: soon"));
    let base = Layer::base(0, &tree);
    let mut problems = read::<Model>(std::slice::from_ref(&base)).problems;
    for name in ["one", "two"] {
        let variant =
            Layer::within(0, &tree, &super::super::join("variants", name)).expect("the variant is there");
        problems.extend(read::<Model>(&[base.clone(), variant]).problems);
    }
    assert_eq!(problems.len(), 5, "the base's problem is found three times");
    tidy(&mut problems);
    assert_eq!(
        all_told(&problems),
        [
            "12:16 `soon` is not a duration",
            "15:34 unknown key `wokers`",
            "16:22 expected a whole number, found `x`"
        ]
    );
    assert_eq!(problems[1].path, "variants/one/services/api/wokers");
}

#[test]
fn origins_are_found_in_the_uppermost_layer() {
    let (base, upper) =
        (tree(BASE), tree("services: {api: {workers: 3}}\nexpect: {append: [{between: [3, 4]}]}"));
    let layers = [Layer::base(0, &base), Layer::base(1, &upper)];
    let at = |found: Option<(usize, crate::yaml::Span)>| {
        found.map(|(layer, span)| (layer, span.line, span.column))
    };
    assert_eq!(at(origin(&layers, "services/api/workers")), Some((1, 1, 27)));
    assert_eq!(at(origin_key(&layers, "services/api/workers")), Some((1, 1, 18)));
    assert_eq!(at(origin(&layers, "services/api/queue/fifo/capacity")), Some((0, 6, 30)));
    assert_eq!(at(origin(&layers, "expect/0/between/1")), Some((0, 11, 21)));
    assert_eq!(at(origin(&layers, "expect/1/between/1")), Some((1, 2, 33)));
    assert_eq!(at(origin(&layers, "services/api/keep_alive")), None);
    assert_eq!(at(nearest_origin(&layers, "services/api/keep_alive")), Some((1, 1, 12)));
    assert_eq!(at(nearest_origin(&layers, "nowhere")), Some((1, 1, 1)));
    let problem = Problem::at(&layers, "run/seeds", "too few").with_help("take more");
    assert_eq!((told(&problem).as_str(), problem.path.as_str()), ("12:29 too few", "run/seeds"));
}

#[test]
fn a_plain_word_is_a_kind_with_its_defaults() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Queue {
        Lifo(Line),
        Slots(Vec<u32>),
    }
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Line {
        #[serde(default)]
        capacity: u32,
    }
    let line = |capacity| Some(std::collections::BTreeMap::from([("queue", Queue::Lifo(Line { capacity }))]));
    let read_queue = |texts: &[&str]| {
        let trees: Vec<_> = texts.iter().map(|text| tree(text)).collect();
        let layers: Vec<_> = trees.iter().enumerate().map(|(index, tree)| Layer::base(index, tree)).collect();
        let reading = read::<std::collections::BTreeMap<String, Queue>>(&layers);
        let value = reading.value.map(|map| map.into_values().map(|queue| ("queue", queue)).collect());
        (value, reading.problems)
    };
    assert_eq!(read_queue(&["queue: lifo"]), (line(0), vec![]));
    assert_eq!(read_queue(&["queue: {lifo: {capacity: 3}}", "queue: lifo"]), (line(0), vec![]));
    assert_eq!(read_queue(&["queue: lifo", "queue: {lifo: {capacity: 4}}"]), (line(4), vec![]));
    let (_, problems) = read_queue(&["queue: slots"]);
    assert_eq!(told(&problems[0]), "1:8 expected a list, found a mapping");
    assert_eq!(problems[0].help.as_deref(), Some("write the list behind the word: `{word: [...]}`"));
}

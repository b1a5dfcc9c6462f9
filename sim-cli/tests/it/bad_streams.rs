//! Mistakes in runs of losses, answers in pieces, connections that end, and patience with silence.

use crate::mistakes::mistakes;

/// All of these without a mistake.
const STREAMS: &str = include_str!("../fixtures/streams.yaml");

mistakes! {
    STREAMS;
    a_fate_for_ever: "correlation_ratio: 80%" => "correlation_ratio: 1";
    a_fate_for_ever_by_a_trigger: "correlation_ratio: 90%" => "correlation_ratio: 100%";
    runs_of_nothing: "loss: 2%, correlation_ratio: 80%" => "correlation_ratio: 80%";
    netems_word_for_runs: "correlation_ratio: 90%" => "correlation: 90%";
    silence_of_no_time: "idle: 500ms" => "idle: 0s";
    silence_without_a_unit: "idle: 500ms" => "idle: 500";
    pieces_of_nothing: "size: 4KiB" => "size: 0B";
    pieces_at_once: "delay: 200ms" => "delay: 0s";
    pieces_of_what_has_no_size: "slice: {from: web, to: store" => "slice: {from: users, to: web";
    pieces_of_nobodys_answers: "slice: {from: web, to: store, " => "slice: {";
    pieces_between_strangers: "slice: {from: web, to: store" => "slice: {from: users, to: store";
    toxiproxys_word_for_pieces: "slice: {from: web, to: store, size: 4KiB" => "slicer: {from: web, to: store, average_size: 4KiB";
    an_end_before_the_first_byte: "bytes: 32KiB" => "bytes: 0B";
    an_end_of_what_has_no_size: "direction: back, bytes" => "direction: there, bytes";
    bytes_without_a_unit: "bytes: 32KiB" => "bytes: 32000";
}

//! Do numbers that are derived instead of drawn in sequence look independent? Every way in which two
//! draws of a run can be neighbours is tested here as a pair.
//!
//! All seeds are fixed, so no test flickers. Bounds are 4 standard deviations unless a line says
//! otherwise: a pair of truly independent numbers would fail one line in 16 000.

use super::*;
use crate::math;

const N: u64 = 200_000;
const PURPOSES: [Purpose; 20] = [
    Purpose::ServiceTime,
    Purpose::Backoff,
    Purpose::Error,
    Purpose::Client,
    Purpose::Instance,
    Purpose::Thinning,
    Purpose::Admission,
    Purpose::Branch,
    Purpose::Hang,
    Purpose::WayThere,
    Purpose::WayBack,
    Purpose::WayOfCancel,
    Purpose::Key,
    Purpose::Tenant,
    Purpose::ThinkTime,
    Purpose::BootTime,
    Purpose::TtlJitter,
    Purpose::EarlyRefresh,
    Purpose::HotKey,
    Purpose::LimitProbe,
];

fn request(index: u64) -> Luck {
    Luck::of_request(Seed(1), 0, index)
}

fn first_try(index: u64) -> Luck {
    request(index).call(0, 0, 0).attempt(1)
}

/// The first draw of a luck.
fn bits(luck: Luck) -> u64 {
    luck.draws(Purpose::ServiceTime).bits()
}

/// The k-th draw of one purpose, from 0.
fn nth(luck: Luck, k: usize) -> u64 {
    let mut draws = luck.draws(Purpose::ServiceTime);
    (0..k).for_each(|_| {
        draws.bits();
    });
    draws.bits()
}

/// A way to be neighbours, and the two draws for the i-th specimen of it.
type Pair = (&'static str, fn(u64) -> (u64, u64));

const PAIRS: [Pair; 27] = [
    ("requests i, i+1", |i| (bits(request(i)), bits(request(i + 1)))),
    ("requests i, i+2", |i| (bits(request(i)), bits(request(i + 2)))),
    ("requests i, i+1024", |i| (bits(request(i)), bits(request(i + 1024)))),
    ("first tries of requests i, i+1", |i| (bits(first_try(i)), bits(first_try(i + 1)))),
    ("seeds 1, 2", |i| (bits(request(i)), bits(Luck::of_request(Seed(2), 0, i)))),
    ("seeds i, i+1", |i| (bits(Luck::of_request(Seed(i), 0, 0)), bits(Luck::of_request(Seed(i + 1), 0, 0)))),
    ("seed and request swapped", |i| {
        let (high, low) = (i / 500, i % 500);
        (
            bits(Luck::of_request(Seed(high), 0, low + 1_000)),
            bits(Luck::of_request(Seed(low + 1_000), 0, high)),
        )
    }),
    ("sources 0, 1", |i| (bits(request(i)), bits(Luck::of_request(Seed(1), 1, i)))),
    ("source and request swapped", |i| {
        let (high, low) = (i / 500, i % 500);
        let of = |source: u64, index| bits(Luck::of_request(Seed(1), source as u32, index));
        (of(high, low + 1_000), of(low + 1_000, high))
    }),
    ("request, its call", |i| (bits(request(i)), bits(request(i).call(0, 0, 0)))),
    ("call, its first attempt", |i| (bits(request(i).call(0, 0, 0)), bits(first_try(i)))),
    ("request, its first attempt", |i| (bits(request(i)), bits(first_try(i)))),
    ("edges 0, 1", |i| (bits(request(i).call(0, 0, 0)), bits(request(i).call(1, 0, 0)))),
    ("edges i, i+1 of one request", |i| {
        (bits(request(0).call(i as u32, 0, 0)), bits(request(0).call(i as u32 + 1, 0, 0)))
    }),
    ("edge and position swapped", |i| (bits(request(i).call(2, 1, 0)), bits(request(i).call(1, 2, 0)))),
    ("positions 0, 1", |i| (bits(request(i).call(0, 0, 0)), bits(request(i).call(0, 1, 0)))),
    ("positions i, i+1 of one request", |i| {
        (bits(request(0).call(0, i as u32, 0)), bits(request(0).call(0, i as u32 + 1, 0)))
    }),
    ("repetitions 0, 1", |i| (bits(request(i).call(0, 0, 0)), bits(request(i).call(0, 0, 1)))),
    ("repetitions i, i+1 of one request", |i| {
        (bits(request(0).call(0, 0, i as u32)), bits(request(0).call(0, 0, i as u32 + 1)))
    }),
    ("position 1, repetition 1", |i| (bits(request(i).call(0, 1, 0)), bits(request(i).call(0, 0, 1)))),
    ("attempts 1, 2", |i| (bits(first_try(i)), bits(request(i).call(0, 0, 0).attempt(2)))),
    ("attempts 2, 3", |i| {
        let call = request(i).call(0, 0, 0);
        (bits(call.attempt(2)), bits(call.attempt(3)))
    }),
    ("second tries of two layers", |i| {
        let upper = request(i).call(0, 0, 0).attempt(2);
        (bits(upper), bits(upper.call(1, 0, 0).attempt(2)))
    }),
    ("the same inner try under two outer tries", |i| {
        let outer = request(i).call(0, 0, 0);
        let inner = |attempt| bits(outer.attempt(attempt).call(1, 0, 0).attempt(1));
        (inner(1), inner(2))
    }),
    ("draws 0, 1", |i| (nth(first_try(i), 0), nth(first_try(i), 1))),
    ("draws 1, 2", |i| (nth(first_try(i), 1), nth(first_try(i), 2))),
    ("draws 2, 3", |i| (nth(first_try(i), 2), nth(first_try(i), 3))),
];

/// `bits` as a number of mean 0 and variance 1.
fn centred(bits: u64) -> f64 {
    (open_unit(bits) - 0.5) * math::sqrt(12.0)
}

/// Correlation of two streams of N numbers of mean 0 and variance 1 has the standard error 1/sqrt(N):
/// the bound is 4/sqrt(N) = 0.0089. Low bits are tested too (as reversed numbers): the ziggurat takes
/// its layer from them.
fn assert_uncorrelated(name: &str, pair: impl Fn(u64) -> (u64, u64)) {
    let mut sums = [0.0; 4];
    for i in 0..N {
        let (a, b) = pair(i);
        let (a, a_low) = (centred(a), centred(a.reverse_bits()));
        let (b, b_low) = (centred(b), centred(b.reverse_bits()));
        for (sum, product) in sums.iter_mut().zip([a * b, a * b_low, a_low * b, a_low * b_low]) {
            *sum += product;
        }
    }
    for sum in sums {
        let correlation = sum / N as f64;
        assert!(correlation.abs() < 4.0 / math::sqrt(N as f64), "{name}: correlation {correlation}");
    }
}

/// Chi-square of counts against equal shares: mean df, variance 2 df; two-sided bound of 4 standard
/// deviations, because what is too even is no chance either.
fn assert_even(name: &str, counts: &[u32]) {
    let total: u32 = counts.iter().sum();
    let expected = f64::from(total) / counts.len() as f64;
    assert!(expected >= 100.0, "{name}: too few per cell for the normal approximation");
    let square = |count: &u32| (f64::from(*count) - expected) * (f64::from(*count) - expected);
    let chi_square = counts.iter().map(square).sum::<f64>() / expected;
    let df = (counts.len() - 1) as f64;
    let bound = 4.0 * math::sqrt(2.0 * df);
    assert!((chi_square - df).abs() < bound, "{name}: chi-square {chi_square}, wanted {df} +- {bound}");
}

/// 16 x 16 cells by the four highest bits of both, by the four lowest, and crossed: df = 255,
/// accepted from 165 to 345.
fn assert_jointly_even(name: &str, pair: impl Fn(u64) -> (u64, u64)) {
    let mut cells = [[0u32; 256]; 4];
    for i in 0..N {
        let (a, b) = pair(i);
        let (a_high, a_low, b_high, b_low) = (a >> 60, a & 15, b >> 60, b & 15);
        for (cells, (row, column)) in
            cells.iter_mut().zip([(a_high, b_high), (a_high, b_low), (a_low, b_high), (a_low, b_low)])
        {
            cells[(row * 16 + column) as usize] += 1;
        }
    }
    for cells in &cells {
        assert_even(name, cells);
    }
}

#[test]
fn neighbours_are_uncorrelated() {
    for (name, pair) in PAIRS {
        assert_uncorrelated(name, pair);
    }
}

#[test]
fn neighbours_fill_the_plane_evenly() {
    for (name, pair) in PAIRS {
        assert_jointly_even(name, pair);
    }
}

#[test]
fn purposes_are_independent_of_each_other() {
    for (k, first) in PURPOSES.into_iter().enumerate() {
        for second in PURPOSES.into_iter().skip(k + 1) {
            let name = format!("{first:?}, {second:?}");
            let pair = |i| (first_try(i).draws(first).bits(), first_try(i).draws(second).bits());
            assert_uncorrelated(&name, pair);
            assert_jointly_even(&name, pair);
        }
    }
}

/// 1000 cells, N = 10^6: df = 999, bound 179.
#[test]
fn every_purpose_is_uniform() {
    for purpose in PURPOSES {
        let (mut high, mut low) = (vec![0u32; 1_000], vec![0u32; 1_000]);
        for i in 0..1_000_000 {
            let mut draws = first_try(i).draws(purpose);
            let bits = draws.bits();
            high[below(bits, 1_000) as usize] += 1;
            low[below(bits.reverse_bits(), 1_000) as usize] += 1;
        }
        assert_even(&format!("{purpose:?}, high bits"), &high);
        assert_even(&format!("{purpose:?}, low bits"), &low);
    }
}

/// Serial correlation over requests in order of arrival: lags 1 to 64, each within 4/sqrt(N).
#[test]
fn requests_in_a_row_show_no_rhythm() {
    let row: Vec<f64> = (0..N + 64).map(|i| centred(bits(first_try(i)))).collect();
    for lag in 1..=64 {
        let correlation =
            row.iter().zip(&row[lag..]).take(N as usize).map(|(a, b)| a * b).sum::<f64>() / N as f64;
        assert!(correlation.abs() < 4.0 / math::sqrt(N as f64), "lag {lag}: {correlation}");
    }
}

/// A fan-out of 100 has 100 different draws: the largest of 100 uniform numbers has mean 100/101 and
/// standard deviation sqrt(100 / (101^2 102)) = 0.0098; 20 000 fan-outs, bound 4 standard errors.
#[test]
fn the_slowest_of_a_fan_out_is_as_slow_as_chance_says() {
    let fan_outs = 20_000;
    let mut sum = 0.0;
    for i in 0..fan_outs {
        let leaf = |leaf| request(i).call(leaf, leaf, 0).attempt(1).draws(Purpose::ServiceTime).unit();
        sum += (0..100).map(leaf).fold(0.0, f64::max);
    }
    let mean = sum / fan_outs as f64;
    let standard_error = math::sqrt(100.0 / (101.0 * 101.0 * 102.0) / fan_outs as f64);
    assert!((mean - 100.0 / 101.0).abs() < 4.0 * standard_error, "mean {mean}");
}

/// Flipping any input bit flips every output bit in half of the cases: 128 x 64 shares of 40 000
/// cases. A flip of a low bit of a counter meets each pair from both sides, so only half of the cases
/// count: standard error 0.0035, bound 5 of them (the largest of 8192 is about 3.9).
fn assert_avalanche(name: &str, input: fn(u64) -> (u64, u64)) {
    let cases = 40_000;
    let bound = 5.0 * 0.5 / math::sqrt(cases as f64 / 2.0);
    for flipped in 0..128 {
        let (key_flip, position_flip) =
            if flipped < 64 { (1 << flipped, 0) } else { (0, 1 << (flipped - 64)) };
        let mut flips = [0u32; 64];
        for case in 0..cases {
            let (key, position) = input(case);
            let difference = mix(key, position) ^ mix(key ^ key_flip, position ^ position_flip);
            for (bit, count) in flips.iter_mut().enumerate() {
                *count += (difference >> bit & 1) as u32;
            }
        }
        for (bit, count) in flips.into_iter().enumerate() {
            let share = f64::from(count) / cases as f64;
            assert!((share - 0.5).abs() < bound, "{name}: input bit {flipped}, output bit {bit}: {share}");
        }
    }
}

#[test]
fn every_input_bit_moves_every_output_bit() {
    assert_avalanche("mixed keys, counting positions", |case| (mix(0xfeed, case), case));
    assert_avalanche("counting keys, position 1", |case| (case, 1));
    assert_avalanche("one key, counting positions", |case| (mix(1, 1), case));
}

/// Among n = 10^6 numbers of 64 bits a collision has probability n^2 / 2^65 = 3 in 10^8.
#[test]
fn no_two_lucks_of_a_run_are_the_same() {
    let mut lucks = Vec::with_capacity(1_000_000);
    for source in 0..2 {
        for index in 0..5_000 {
            let request = Luck::of_request(Seed(1), source, index);
            lucks.push(request.0);
            for edge in 0..3 {
                for (position, repetition) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)] {
                    let call = request.call(edge, position, repetition);
                    lucks.push(call.0);
                    lucks.extend((1..=4).map(|attempt| call.attempt(attempt).0));
                    lucks.push(call.draws(Purpose::Backoff).key);
                }
            }
        }
    }
    let made = lucks.len();
    assert!(made > 1_000_000);
    lucks.sort_unstable();
    lucks.dedup();
    assert_eq!(lucks.len(), made);
}

/// Derivations must not meet from two sides, as "attempt 2, purpose 1" and "attempt 1, purpose 2" would
/// if they were added up. 1.2 million draws: probability of a collision by chance 4 in 10^8.
#[test]
fn no_two_draws_of_a_run_are_the_same() {
    let mut taken = Vec::with_capacity(1_200_000);
    let mut take = |luck: Luck| {
        for purpose in PURPOSES {
            let mut draws = luck.draws(purpose);
            taken.extend((0..3).map(|_| draws.bits()));
        }
    };
    for source in 0..2 {
        for index in 0..1_000 {
            let request = Luck::of_request(Seed(1), source, index);
            take(request);
            for (edge, position, repetition) in (0..8).map(|k| (k & 1, k >> 1 & 1, k >> 2)) {
                let call = request.call(edge, position, repetition);
                take(call);
                (1..=3).for_each(|attempt| take(call.attempt(attempt)));
            }
        }
    }
    let made = taken.len();
    assert!(made > 1_000_000);
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), made);
}

#[test]
fn draws_of_one_purpose_do_not_move_those_of_another() {
    let luck = first_try(17);
    let wanted = bits(luck);
    let mut backoff = luck.draws(Purpose::Backoff);
    (0..10).for_each(|_| {
        backoff.bits();
    });
    assert_eq!(bits(luck), wanted);
}

#[test]
fn draws_of_one_purpose_follow_each_other() {
    let mut draws = first_try(17).draws(Purpose::ServiceTime);
    let row: Vec<u64> = (0..100).map(|_| draws.bits()).collect();
    assert_eq!(row[7], nth(first_try(17), 7));
    let mut distinct = row.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), row.len());
}

/// 7 instances, N = 700 000: df = 6 is too small for a normal bound, so each share is held within 4
/// standard errors instead.
#[test]
fn choices_below_a_bound_are_uniform() {
    let mut counts = [0u32; 7];
    for i in 0..700_000 {
        counts[first_try(i).draws(Purpose::Instance).below(7) as usize] += 1;
    }
    let bound = 4.0 * math::sqrt(700_000.0 / 7.0 * (6.0 / 7.0));
    assert!(counts.iter().all(|count| (f64::from(*count) - 1e5).abs() < bound), "{counts:?}");
}

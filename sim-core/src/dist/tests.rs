//! Laws against their own formulas, twice: the formulas against each other by integration, and the
//! draws against the formulas.

use super::*;
use crate::luck::{Luck, Purpose};
use crate::math;
use crate::streams::Seed;
use crate::units::{Count, Factor, Probability};

const fn ms(n: u64) -> SimDuration {
    SimDuration::from_millis(n)
}

fn cv(x: f64) -> CoefficientOfVariation {
    CoefficientOfVariation::new(x)
}

fn empirical(points: &[(f64, u64)]) -> Distribution {
    let quantiles = points.iter().map(|(p, n)| Quantile { p: Probability::new(*p), value: ms(*n) }).collect();
    Distribution::Empirical(Empirical { quantiles })
}

fn bimodal(fast: u64, slow: u64, slow_ratio: f64) -> Distribution {
    Distribution::Bimodal(Bimodal {
        fast: ms(fast),
        slow: ms(slow),
        slow_ratio: Probability::new(slow_ratio),
    })
}

fn pareto(shape: f64) -> Distribution {
    Distribution::Pareto(Pareto { min: ms(1_000), shape: Factor::new(shape) })
}

fn weibull(shape: f64) -> Distribution {
    Distribution::Weibull(Weibull { scale: ms(1_000), shape: Factor::new(shape) })
}

fn erlang(shape: u32, mean: u64) -> Distribution {
    Distribution::Erlang(Erlang { shape: Count::new(shape), mean: ms(mean) })
}

fn hyperexponential(cv2: f64) -> Distribution {
    Distribution::Hyperexponential(Hyperexponential { mean: ms(1_000), cv2: Factor::new(cv2) })
}

fn exponential(mean: u64) -> Distribution {
    Distribution::Exponential(Exponential { mean: ms(mean) })
}

fn uniform(min: u64, max: u64) -> Distribution {
    Distribution::Uniform(Uniform { min: ms(min), max: ms(max) })
}

fn normal(mean: u64, sd: u64) -> Distribution {
    Distribution::Normal(Normal { mean: ms(mean), sd: ms(sd) })
}

fn folded_normal(mean: u64, sd: u64) -> Distribution {
    Distribution::FoldedNormal(FoldedNormal { mean: ms(mean), sd: ms(sd) })
}

fn lognormal(mean: u64, x: f64) -> Distribution {
    Distribution::LogNormal(LogNormal::of_mean(ms(mean), cv(x)))
}

/// Laws with a continuous distribution function and a finite fourth moment.
fn smooth_laws() -> Vec<Distribution> {
    vec![
        uniform(200, 1_800),
        exponential(1_000),
        erlang(2, 1_000),
        erlang(100, 1_000),
        hyperexponential(4.0),
        hyperexponential(30.0),
        normal(1_000, 200),
        folded_normal(1_000, 900),
        folded_normal(0, 1_000),
        lognormal(1_000, 0.5),
        lognormal(1_000, 1.0),
        Distribution::LogNormal(LogNormal::of_quantiles(ms(800), ms(6_000))),
        weibull(0.7),
        weibull(3.0),
        pareto(9.0),
        empirical(&[(0.0, 100), (0.5, 500), (0.9, 1_000), (1.0, 8_000)]),
    ]
}

/// The first duration of each of `n` requests, in seconds.
fn sample(law: &Distribution, n: u64) -> Vec<f64> {
    law.check().expect("the laws of the tests are valid");
    let sampler = law.sampler();
    let draw = |request| {
        let mut draws = Luck::of_request(Seed(7), 0, request).draws(Purpose::ServiceTime);
        sampler.sample(&mut draws).as_secs_f64()
    };
    (0..n).map(draw).collect()
}

/// n = 10^6. Mean: 4 standard errors sd/sqrt(n), which are below 3 % of it. Variance: 4 standard
/// errors sqrt((m4 - m2^2)/n) with the sample's own central moments. Shares below the theoretical
/// quantiles: 4 sqrt(p(1-p)/n), that is 0.0012 to 0.002.
#[test]
fn draws_have_the_mean_variance_and_quantiles_of_theory() {
    let n = 1_000_000;
    for law in smooth_laws() {
        let draws = sample(&law, n);
        let count = n as f64;
        let (mean, cv2) = (law.mean_secs().unwrap(), law.cv2().unwrap());
        let variance = cv2 * mean * mean;

        let observed = draws.iter().sum::<f64>() / count;
        let tolerance = 4.0 * math::sqrt(variance / count);
        assert!(tolerance < 0.03 * mean, "{law:?}: the test cannot fail");
        assert!(
            (observed - mean).abs() < tolerance,
            "{law:?}: mean {observed}, wanted {mean} +- {tolerance}"
        );

        let squares = draws.iter().map(|x| (x - observed) * (x - observed));
        let m2 = squares.clone().sum::<f64>() / count;
        let m4 = squares.map(|square| square * square).sum::<f64>() / count;
        let tolerance = 4.0 * math::sqrt((m4 - m2 * m2) / count);
        assert!(
            (m2 - variance).abs() < tolerance,
            "{law:?}: variance {m2}, wanted {variance} +- {tolerance}"
        );

        for p in [0.1, 0.5, 0.9, 0.99] {
            let quantile = law.quantile_secs(p);
            let share = draws.iter().filter(|x| **x <= quantile).count() as f64 / count;
            let tolerance = 4.0 * math::sqrt(p * (1.0 - p) / count);
            assert!((share - p).abs() < tolerance, "{law:?}: P(X <= {quantile}) = {share}, wanted {p}");
        }
    }
}

/// Mean and second moment are integrals of the quantile function; midpoint rule with 20 000 steps,
/// which misses up to 2 % of the second moment in the last step of the laws above.
#[test]
fn mean_and_cv2_agree_with_the_quantiles() {
    let steps = 20_000;
    for law in smooth_laws() {
        let (mut first, mut second) = (0.0, 0.0);
        for step in 0..steps {
            let x = law.quantile_secs((f64::from(step) + 0.5) / f64::from(steps));
            first += x / f64::from(steps);
            second += x * x / f64::from(steps);
        }
        let mean = law.mean_secs().unwrap();
        assert!((first / mean - 1.0).abs() < 1e-3, "{law:?}: mean {mean}, integral {first}");
        let mean_square = mean * mean * (1.0 + law.cv2().unwrap());
        assert!(
            (second / mean_square - 1.0).abs() < 2e-2,
            "{law:?}: E[X^2] {mean_square}, integral {second}"
        );
    }
}

#[test]
fn known_values_hold() {
    let near = |value: f64, wanted: f64| {
        assert!((value - wanted).abs() < 1e-6 * wanted.max(1.0), "{value}, {wanted}");
    };
    near(exponential(1_000).quantile_secs(0.5), std::f64::consts::LN_2);
    near(exponential(1_000).quantile_secs(0.99), 4.605_170_186);
    // Median of a gamma law of shape 2 and scale 1: 1.678347.
    near(erlang(2, 2_000).quantile_secs(0.5), 1.678_346_99);
    // Chi-square with 20 degrees of freedom, 99 %: 37.566 = twice the quantile of gamma(10).
    near(erlang(10, 20_000).quantile_secs(0.99), 37.566_234_79);
    near(weibull(2.0).mean_secs().unwrap(), 0.886_226_925);
    near(weibull(0.5).cv2().unwrap(), 5.0);
    near(pareto(2.5).mean_secs().unwrap(), 5.0 / 3.0);
    near(pareto(2.5).cv2().unwrap(), 0.8);
    near(pareto(2.0).quantile_secs(0.99), 10.0);
    near(folded_normal(0, 1_000).mean_secs().unwrap(), 0.797_884_561);
    near(normal(1_000, 200).quantile_secs(0.99), 1.465_269_575);
    // A normal law cut at its own centre: E = sd / sqrt(2 pi), E[X^2] = sd^2 / 2.
    near(normal(0, 1_000).mean_secs().unwrap(), 0.398_942_280);
    near(normal(0, 1_000).cv2().unwrap(), std::f64::consts::PI - 1.0);
    // validation.md: lognormal of mean 1 has sigma^2 = ln(1 + cv2), mu = -sigma^2/2.
    near(lognormal(1_000, 2.0).quantile_secs(0.5), 1.0 / math::sqrt(5.0));
    near(lognormal(1_000, 2.0).cv2().unwrap(), 4.0);
    let law = Distribution::LogNormal(LogNormal::of_quantiles(ms(8), ms(60)));
    near(law.quantile_secs(0.5), 0.008);
    near(law.quantile_secs(0.99), 0.06);
    // SRE book, chapter 22: mean 5.095 s.
    near(bimodal(100, 100_000, 0.05).mean_secs().unwrap(), 5.095);
    near(bimodal(100, 100_000, 0.05).quantile_secs(0.95), 0.1);
    near(bimodal(100, 100_000, 0.05).quantile_secs(0.951), 100.0);
    near(uniform(0, 1_000).cv2().unwrap(), 1.0 / 3.0);
    near(hyperexponential(4.0).mean_secs().unwrap(), 1.0);
}

/// Tails without a fourth moment are judged by their quantiles alone: n = 10^6, 4 sqrt(p(1-p)/n).
#[test]
fn heavy_tails_have_their_quantiles() {
    for law in
        [pareto(0.5), pareto(1.0), pareto(1.5), weibull(0.3), lognormal(1_000, 10.0), normal(500, 1_000)]
    {
        let draws = sample(&law, 1_000_000);
        for p in [0.1, 0.5, 0.9, 0.99, 0.999] {
            let quantile = law.quantile_secs(p);
            let share = draws.iter().filter(|x| **x <= quantile).count() as f64 / 1e6;
            // What is cut at zero lies on one point, which holds the share P(N < -0.5) = .309.
            let wanted = if law == normal(500, 1_000) { p.max(0.308_537_5) } else { p };
            let tolerance = 4.0 * math::sqrt(wanted * (1.0 - wanted) / 1e6);
            assert!((share - wanted).abs() < tolerance, "{law:?}: {share} below the {p} quantile");
        }
    }
    assert_eq!((pareto(1.0).mean_secs(), pareto(1.0).cv2()), (None, None));
    assert_eq!((pareto(2.0).mean_secs(), pareto(2.0).cv2()), (Some(2.0), None));
}

/// n = 10^6, 4 sqrt(.05 .95 / n) = 0.0009.
#[test]
fn bimodal_is_slow_as_often_as_it_says() {
    let draws = sample(&bimodal(100, 100_000, 0.05), 1_000_000);
    let slow = draws.iter().filter(|x| **x == 100.0).count() as f64 / 1e6;
    assert!((slow - 0.05).abs() < 0.000_9, "slow share {slow}");
    assert!(draws.iter().all(|x| *x == 0.1 || *x == 100.0));
}

#[test]
fn laws_without_spread_are_constants() {
    let constants = [
        Distribution::Text(ms(10)),
        Distribution::Constant(Constant { value: ms(10) }),
        uniform(10, 10),
        normal(10, 0),
        folded_normal(10, 0),
        lognormal(10, 0.0),
        Distribution::LogNormal(LogNormal::of_quantiles(ms(10), ms(10))),
        bimodal(10, 99, 0.0),
        bimodal(1, 10, 1.0),
        empirical(&[(0.0, 10), (1.0, 10)]),
    ];
    for law in constants {
        assert_eq!(law.constant(), Some(ms(10)), "{law:?}");
        assert_eq!(law.cv2(), Some(0.0), "{law:?}");
        assert!((law.mean_secs().unwrap() - 0.01).abs() < 1e-15, "{law:?}");
        assert!((law.quantile_secs(0.99) - 0.01).abs() < 1e-15, "{law:?}");
        let mut draws = Luck::of_request(Seed(1), 0, 0).draws(Purpose::ServiceTime);
        assert_eq!(law.sampler().sample(&mut draws), ms(10), "{law:?}");
    }
    for law in [exponential(0), erlang(3, 0)] {
        assert_eq!((law.constant(), law.cv2()), (Some(SimDuration::ZERO), Some(0.0)), "{law:?}");
    }
    for law in smooth_laws() {
        assert_eq!(law.constant(), None, "{law:?}");
    }
}

#[test]
fn laws_that_are_exponential_draw_the_same_numbers() {
    for law in [erlang(1, 1_000), hyperexponential(1.0), weibull(1.0)] {
        assert_eq!(law.sampler(), exponential(1_000).sampler(), "{law:?}");
    }
}

#[test]
fn draws_beyond_the_longest_span_are_cut() {
    let law = Distribution::Pareto(Pareto { min: SimDuration::MAX, shape: Factor::new(0.1) });
    assert_eq!(sample(&law, 1)[0], SimDuration::MAX.as_secs_f64());
}

#[test]
fn a_wrong_setting_is_one_sentence() {
    let message = |law: Distribution| law.check().unwrap_err();
    assert_eq!(message(uniform(20, 10)), "`min` (20ms) must not be longer than `max` (10ms)");
    assert_eq!(message(bimodal(20, 10, 0.1)), "`fast` (20ms) must not be longer than `slow` (10ms)");
    assert_eq!(message(erlang(1_001, 10)), "`shape` must be at most 1000, found 1001");
    assert_eq!(
        message(hyperexponential(0.5)),
        "`cv2` must be at least 1, found 0.5; use `erlang` for what is steadier than exponential"
    );
    assert_eq!(message(weibull(0.05)), "`shape` must lie between 0.1 and 100, found 0.05");
    assert_eq!(message(pareto(0.05)), "`shape` must lie between 0.1 and 1000, found 0.05");
    let pair = "give either `p50` and `p99`, or `mean` and `cv`: each pair determines the law";
    assert_eq!(message(Distribution::LogNormal(LogNormal::default())), pair);
    let mixed = LogNormal { p50: Some(ms(1)), cv: Some(cv(1.0)), ..LogNormal::default() };
    assert_eq!(message(Distribution::LogNormal(mixed)), pair);
    let turned = LogNormal::of_quantiles(ms(2), ms(1));
    assert_eq!(message(Distribution::LogNormal(turned)), "`p99` (1ms) must not be shorter than `p50` (2ms)");
    assert_eq!(message(lognormal(0, 1.0)), "`mean` must be above zero: a log-normal duration is");
    assert_eq!(message(empirical(&[(0.0, 1)])), "`quantiles` must have 2 to 1000 points, found 1");
    assert_eq!(
        message(empirical(&[(0.0, 1), (0.9, 2)])),
        "`quantiles` must begin at p 0 and end at p 1, found 0 and 0.9"
    );
    assert_eq!(
        message(empirical(&[(0.0, 1), (0.5, 2), (0.5, 3), (1.0, 4)])),
        "`p` must rise from point to point, found 0.5 after 0.5"
    );
    assert_eq!(
        message(empirical(&[(0.0, 1), (0.5, 3), (1.0, 2)])),
        "`value` must not fall from point to point, found 2ms after 3ms"
    );
}

#[test]
fn files_say_what_they_said() {
    for text in [
        r#"{"constant":{"value":"10ms"}}"#,
        r#"{"uniform":{"min":"0s","max":"10ms"}}"#,
        r#"{"exponential":{"mean":"10ms"}}"#,
        r#"{"erlang":{"shape":"3","mean":"10ms"}}"#,
        r#"{"hyperexponential":{"mean":"10ms","cv2":"4"}}"#,
        r#"{"normal":{"mean":"10ms","sd":"2ms"}}"#,
        r#"{"folded_normal":{"mean":"10ms","sd":"2ms"}}"#,
        r#"{"lognormal":{"p50":"8ms","p99":"60ms"}}"#,
        r#"{"lognormal":{"mean":"8ms","cv":"0.5"}}"#,
        r#"{"weibull":{"scale":"10ms","shape":"0.7"}}"#,
        r#"{"pareto":{"min":"10ms","shape":"1.5"}}"#,
        r#"{"bimodal":{"fast":"100ms","slow":"1m40s","slow_ratio":"0.05"}}"#,
        r#"{"empirical":{"quantiles":[{"p":"0","value":"1ms"},{"p":"1","value":"80ms"}]}}"#,
    ] {
        let law: Distribution = serde_json::from_str(text).expect(text);
        assert_eq!(law.check(), Ok(()), "{text}");
        assert_eq!(serde_json::to_string(&law).unwrap(), text);
    }
    // The loader hands a plain scalar to `$text`; it is written as the scalar again.
    let bare: Distribution = serde_json::from_str(r#"{"$text":"10ms"}"#).unwrap();
    assert_eq!(bare, Distribution::Text(ms(10)));
    assert_eq!(serde_json::to_string(&bare).unwrap(), r#""10ms""#);
    let unknown = serde_json::from_str::<Distribution>(r#"{"exponential":{"mean":"1s","sd":"1s"}}"#);
    assert!(unknown.unwrap_err().to_string().contains("unknown field `sd`"));
}

#[cfg(feature = "schemars")]
#[test]
fn the_schema_allows_a_bare_duration_and_hides_its_tag() {
    let schema = serde_json::to_string(&schemars::schema_for!(Distribution)).unwrap();
    assert!(!schema.contains("$text"), "{schema}");
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()).expect("a choice");
    assert_eq!(choices.len(), 13);
    assert!(choices.iter().any(|choice| choice["$ref"] == "#/$defs/Duration"), "{choices:?}");
    assert!(choices.iter().all(|choice| choice["description"].is_string()), "{choices:?}");
}

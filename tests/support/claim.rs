//! Does a simulation agree with a formula? Every comparison says formula, expected and observed value,
//! standard error, replications and tolerance, and refuses to judge what is too noisy to tell.

/// A value that theory gives and how near to it the mean over replications must be.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What is measured, in which system.
    pub what: &'a str,
    /// The formula, with its source unless everybody knows it.
    pub formula: &'a str,
    /// Its value.
    pub expected: f64,
    /// Largest relative difference that is accepted.
    pub tolerance: f64,
}

/// Mean and standard error of the mean.
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

impl Claim<'_> {
    /// Compares with one value per replication. Panics if the mean is too far away, or if two standard
    /// errors are more than the tolerance: then agreement would be luck and the test could not be relied on.
    #[track_caller]
    pub fn check(&self, replications: &[f64]) {
        let (mean, error) = mean_and_error(replications);
        let sentence = self.sentence(mean, error, replications.len());
        println!("{sentence}");
        let allowed = self.tolerance * self.expected.abs();
        assert!(2.0 * error <= allowed, "too noisy to tell: {sentence}");
        assert!((mean - self.expected).abs() <= allowed, "theory and simulation differ: {sentence}");
    }

    /// Compares one estimate of a known standard error.
    #[track_caller]
    pub fn check_estimate(&self, observed: f64, standard_error: f64) {
        let sentence = self.sentence(observed, standard_error, 1);
        println!("{sentence}");
        let allowed = self.tolerance * self.expected.abs();
        assert!(2.0 * standard_error <= allowed, "too noisy to tell: {sentence}");
        assert!((observed - self.expected).abs() <= allowed, "theory and simulation differ: {sentence}");
    }

    fn sentence(&self, observed: f64, error: f64, replications: usize) -> String {
        format!(
            "{}: {} = {:.6}, observed {observed:.6} ({:+.2} %), standard error {error:.6} ({:.2} %) over \
             {replications} replications, tolerance {:.2} %",
            self.what,
            self.formula,
            self.expected,
            100.0 * (observed / self.expected - 1.0),
            100.0 * error / self.expected.abs(),
            100.0 * self.tolerance,
        )
    }
}

/// Asserts that a count of independent events lies within four standard errors of its Poisson mean.
#[track_caller]
pub fn assert_poisson_count(what: &str, count: u64, mean: f64) {
    let error = mean.sqrt();
    let sentence = format!("{what}: {count} counted, {mean:.1} expected, standard error {error:.1}");
    println!("{sentence}");
    assert!((count as f64 - mean).abs() <= 4.0 * error, "{sentence}");
}

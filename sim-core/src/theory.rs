//! Theory (being written).

/// The x in [low, high] where `rising` crosses zero upwards, by bisection to the last bit. If it does
/// not, the end that lies nearer to doing so.
pub(crate) fn root_of_rising(mut low: f64, mut high: f64, rising: impl Fn(f64) -> f64) -> f64 {
    // 2^-200 of any interval is below the spacing of its floats.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if rising(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

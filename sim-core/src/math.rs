//! Which mathematics may the simulation use? The pinned `libm`: its bits are the same on every
//! machine and in every build, which std's logarithms and powers do not promise.

/// Natural logarithm.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, exact near zero.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `e^x`.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `e^x - 1`, exact near zero.
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// `x^y`.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Square root (IEEE 754 defines every bit of it).
#[inline]
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// Hyperbolic tangent.
#[inline]
pub fn tanh(x: f64) -> f64 {
    libm::tanh(x)
}

/// Sine of `x` radians.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of `x` radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Gamma function.
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// Error function.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exact bits that golden results rest on: any change of `libm` shows here first.
    #[test]
    fn bits_are_pinned() {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for k in 1..=10_000u32 {
            let x = f64::from(k) / 997.0;
            for y in
                [ln(x), ln_1p(x), exp(-x), exp_m1(-x), pow(x, 0.7), sqrt(x), sin(x), cos(x), gamma(x), erf(x)]
            {
                hash = (hash ^ y.to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        assert_eq!(hash, 0x811f_a141_3d92_c8f0);
    }
}

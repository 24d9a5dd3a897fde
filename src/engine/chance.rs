//! What a stream's words become: uniform and normal numbers, the same on every platform.

use libm::{log, sqrt};
use rand::Rng;

/// A uniform number above zero and below one: 52 bits, at the middle of their interval.
pub fn uniform(chance: &mut impl Rng) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 52) as f64;
    ((chance.next_u64() >> 12) as f64 + 0.5) * STEP
}

/// The standard normal quantile of `p`, exact to about 16 digits: Wichura, algorithm AS 241 (1988), PPND16.
pub fn normal_quantile(p: f64) -> f64 {
    /// Both polynomials in `x`, coefficients from the constant on.
    fn ratio<const N: usize>(x: f64, upper: [f64; N], lower: [f64; N]) -> f64 {
        let at = |terms: [f64; N]| terms.iter().rev().fold(0.0, |sum, term| sum * x + term);
        at(upper) / at(lower)
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(0.180625 - q * q, CENTRE.0, CENTRE.1);
    }
    let tail = sqrt(-log(if q < 0.0 { p } else { 1.0 - p }));
    let x = if tail <= 5.0 {
        ratio(tail - 1.6, MIDDLE.0, MIDDLE.1)
    } else {
        ratio(tail - 5.0, FAR.0, FAR.1)
    };
    if q < 0.0 { -x } else { x }
}

#[allow(clippy::excessive_precision, reason = "as published")]
/// Numerator and denominator for 0.075 ≤ p ≤ 0.925.
const CENTRE: ([f64; 8], [f64; 8]) = (
    [
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ],
    [
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ],
);

#[allow(clippy::excessive_precision, reason = "as published")]
/// The same for tails down to e⁻²⁵.
const MIDDLE: ([f64; 8], [f64; 8]) = (
    [
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ],
    [
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ],
);

#[allow(clippy::excessive_precision, reason = "as published")]
/// The same beyond.
const FAR: ([f64; 8], [f64; 8]) = (
    [
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ],
    [
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ],
);

#[cfg(test)]
mod tests {
    use statrs::distribution::{self, ContinuousCDF};

    use super::*;

    #[test]
    fn the_normal_quantile_agrees_with_another_implementation() {
        let normal = distribution::Normal::new(0.0, 1.0).unwrap();
        for p in [
            1e-300,
            1e-20,
            1e-9,
            0.001,
            0.07,
            0.08,
            0.3,
            0.5,
            0.75,
            0.93,
            0.999,
            1.0 - 1e-12,
        ] {
            let (own, other) = (normal_quantile(p), normal.inverse_cdf(p));
            assert!(
                (own - other).abs() < 1e-8 * (1.0 + other.abs()),
                "{p}: {own} {other}"
            );
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
        assert_eq!(normal_quantile(0.5), 0.0);
    }
}

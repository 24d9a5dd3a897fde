//! Normalised sizes: how Reserved Instances of one size cover others of their family (EC2 User Guide, "How Reserved Instance
//! discounts are applied").

/// Families to which size flexibility does not apply: a Reserved Instance covers its own type only (the same page).
const FIXED: &[&str] = &["g4ad", "g4dn", "g5", "g5g", "inf1", "inf2"];

/// The normalisation factor of a type, in quarters: nano 1, micro 2, small 4, medium 8, large 16, xlarge 32, and 32 for each
/// "x" of the larger. `None` where it has none: bare metal, a family without flexibility, a name of somebody's own.
pub fn quarters(instance_type: &str) -> Option<u32> {
    let (family, size) = instance_type.split_once('.')?;
    if FIXED.contains(&family) {
        return None;
    }
    match size {
        "nano" => Some(1),
        "micro" => Some(2),
        "small" => Some(4),
        "medium" => Some(8),
        "large" => Some(16),
        "xlarge" => Some(32),
        _ => {
            let times: u32 = size.strip_suffix("xlarge")?.parse().ok()?;
            times.checked_mul(32).filter(|&factor| factor > 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_factors_of_the_guide() {
        for (name, factor) in [
            ("t2.nano", Some(1)),
            ("t2.medium", Some(8)),
            ("c4.large", Some(16)),
            ("c4.xlarge", Some(32)),
            ("m3.2xlarge", Some(64)),
            ("m5.24xlarge", Some(768)),
            ("m5.metal", None),
            ("g4dn.xlarge", None),
            ("own", None),
            ("own.0xlarge", None),
            ("own.99999999999xlarge", None),
        ] {
            assert_eq!(quarters(name), factor, "{name}");
        }
    }
}

//! Service quotas of Amazon EC2: how many vCPUs of a class of instance types an account may have in a region at a time.

/// A quota that there is, by AWS's code and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownQuota {
    /// `QuotaCode`, as `aws service-quotas list-service-quotas --service-code ec2` prints it.
    pub code: &'static str,
    /// `QuotaName`, shortly.
    pub name: &'static str,
    /// Whether it is for Spot instances.
    pub is_spot: bool,
    /// The letters with which the names of its types begin, up to the first digit (`g` of `g4dn.xlarge`).
    letters: &'static [&'static str],
}

const STANDARD: &[&str] = &["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"];
const G_AND_VT: &[&str] = &["g", "gr", "vt"];

/// All of them (EC2 User Guide, EC2 instance type quotas; each counts vCPUs, in one region).
pub const QUOTAS: [KnownQuota; 18] = [
    quota(
        "L-1216C47A",
        "On-Demand Standard (A, C, D, H, I, M, R, T, Z)",
        false,
        STANDARD,
    ),
    quota("L-DB2E81BA", "On-Demand G and VT", false, G_AND_VT),
    quota("L-417A185B", "On-Demand P", false, &["p"]),
    quota("L-7295265B", "On-Demand X", false, &["x"]),
    quota("L-74FC7D96", "On-Demand F", false, &["f"]),
    quota("L-1945791B", "On-Demand Inf", false, &["inf"]),
    quota("L-2C3B7624", "On-Demand Trn", false, &["trn"]),
    quota("L-6E869C2A", "On-Demand DL", false, &["dl"]),
    quota("L-43DA4232", "On-Demand High Memory", false, &["u", "u-"]),
    quota("L-F7808C92", "On-Demand HPC", false, &["hpc"]),
    quota(
        "L-34B43A08",
        "Spot Standard (A, C, D, H, I, M, R, T, Z)",
        true,
        STANDARD,
    ),
    quota("L-3819A6DF", "Spot G and VT", true, G_AND_VT),
    quota("L-7212CCBC", "Spot P", true, &["p"]),
    quota("L-E3A00192", "Spot X", true, &["x"]),
    quota("L-88CF9481", "Spot F", true, &["f"]),
    quota("L-B5D1601B", "Spot Inf", true, &["inf"]),
    quota("L-6B0D517C", "Spot Trn", true, &["trn"]),
    quota("L-85EED4F7", "Spot DL", true, &["dl"]),
];

const fn quota(
    code: &'static str,
    name: &'static str,
    is_spot: bool,
    letters: &'static [&'static str],
) -> KnownQuota {
    KnownQuota {
        code,
        name,
        is_spot,
        letters,
    }
}

/// The place in [`QUOTAS`] of the quota that instances of the type called `name` count for; `None` for types that count for
/// none, such as machines that a scenario declares.
pub fn quota_of(name: &str, is_spot: bool) -> Option<usize> {
    let (family, _) = name.split_once('.')?;
    let letters = family.split(|c: char| c.is_ascii_digit()).next()?;
    (QUOTAS.iter()).position(|quota| quota.is_spot == is_spot && quota.letters.contains(&letters))
}

/// What an account may have: for each of [`QUOTAS`] the vCPUs, where that is stated. Nothing else limits it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    limits: [Option<u32>; QUOTAS.len()],
}

impl Quotas {
    /// Sets the quota at `place` in [`QUOTAS`] to `vcpus`.
    pub fn set(&mut self, place: usize, vcpus: u32) {
        self.limits[place] = Some(vcpus);
    }

    /// vCPUs of the quota at `place` in [`QUOTAS`], where they are stated.
    pub fn get(&self, place: usize) -> Option<u32> {
        self.limits[place]
    }
}

/// What a run made of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUse {
    /// Its place in [`QUOTAS`].
    pub place: usize,
    /// vCPUs that may be had, where that is stated.
    pub limit: Option<u32>,
    /// The most vCPUs that were asked for and not let go, at any moment.
    pub peak: u64,
    /// When that was first so.
    pub peak_at: crate::units::SimTime,
    /// Launches that the quota refused.
    pub refused: u64,
    /// When it refused the first.
    pub refused_at: Option<crate::units::SimTime>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_counts_for_the_quota_of_its_letters() {
        let code = |name: &str, is_spot| quota_of(name, is_spot).map(|place| QUOTAS[place].code);
        for (name, is_spot, expected) in [
            ("c6i.large", false, Some("L-1216C47A")),
            ("c7gd.16xlarge", true, Some("L-34B43A08")),
            ("im4gn.large", false, Some("L-1216C47A")),
            ("g4dn.xlarge", false, Some("L-DB2E81BA")),
            ("gr6.4xlarge", true, Some("L-3819A6DF")),
            ("p4d.24xlarge", true, Some("L-7212CCBC")),
            ("x2gd.large", false, Some("L-7295265B")),
            ("inf2.xlarge", false, Some("L-1945791B")),
            ("hpc7g.4xlarge", false, Some("L-F7808C92")),
            ("hpc7g.4xlarge", true, None),
            ("u-6tb1.metal", false, Some("L-43DA4232")),
            ("mac1.metal", false, None),
            ("cluster", false, None),
        ] {
            assert_eq!(code(name, is_spot), expected, "{name} {is_spot}");
        }
    }
}

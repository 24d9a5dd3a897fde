//! `[[quotas]]` of a scenario file: what the account may have of EC2.

use super::shape::{Kind, Shape, field, ignored, shape};
use Kind::{Decimal, Flag, Text};

/// One entry of `quotas`, as AWS's `ServiceQuota`.
pub static QUOTA: Shape = shape(
    "ServiceQuota",
    "A service quota of EC2: vCPUs of a class of instance types in the region.",
    &[
        field(
            "QuotaCode",
            Text,
            "Its code: L-1216C47A is On-Demand Standard, L-34B43A08 Spot Standard.",
        )
        .required(),
        field(
            "Value",
            Decimal(0.0, 4e9),
            "How many vCPUs may be had at a time; a whole number.",
        )
        .unit("vCPU")
        .required(),
        ignored("QuotaName", Text),
        ignored("QuotaArn", Text),
        ignored("ServiceCode", Text),
        ignored("ServiceName", Text),
        ignored("Unit", Text),
        ignored("Adjustable", Flag),
        ignored("GlobalQuota", Flag),
    ],
);

//! `[billing]` of a scenario file: what the bill has besides instances, and what takes off it.

use super::shape::{Kind, Shape, field, shape};
use Kind::{Choice, Decimal, Flag, List, Map, Object, Price, Text, Whole};

/// Most machines of one entry, as of pools.
const MACHINES_MAX: i64 = 1_000_000;
const PERCENT: Kind = Decimal(0.0, 100.0);

/// One entry of `billing.savingsPlans`.
pub static SAVINGS_PLAN: Shape = shape(
    "savingsPlans",
    "A Savings Plan: what is spent on it in each clock hour, used or not. It covers what it saves the highest percentage on first.",
    &[
        field(
            "type",
            Choice(&["compute", "ec2-instance"]),
            "compute covers all instances (and Fargate), ec2-instance one family and before the former. None covers Spot.",
        )
        .required(),
        field(
            "family",
            Text,
            "For ec2-instance: the family, such as c6i.",
        ),
        field("commitmentUsdPerHour", Price, "The commitment.")
            .unit("USD/h")
            .required(),
        field(
            "discountPercent",
            PERCENT,
            "By what its rates are below On-Demand, for types that rates does not name; needed where there are no rates.",
        )
        .unit("%"),
        field(
            "rates",
            Map(&Price),
            "Its rates by instance type.",
        )
        .unit("USD/h"),
    ],
);

/// One entry of `billing.reservedInstances`.
pub static RESERVED_INSTANCES: Shape = shape(
    "reservedInstances",
    "Reserved Instances of the region. They cover per second within each clock hour, before Savings Plans, also other sizes of their family, the smallest first.",
    &[
        field("instanceType", Text, "The type.").required(),
        field("count", Whole(1, MACHINES_MAX), "How many.").default("1"),
        field(
            "hourlyUsd",
            Price,
            "What each costs an hour, used or not, with its share of what was paid beforehand.",
        )
        .unit("USD/h")
        .required(),
    ],
);

/// One entry of `billing.otherUsage`.
pub static OTHER_USAGE: Shape = shape(
    "otherUsage",
    "What is used outside of the run under the same commitments; it is covered before usage of the run that is alike (an assumption), and is no part of the bill.",
    &[
        field(
            "instanceType",
            Text,
            "A type of the catalogue or of instanceTypes; this or usdPerHour.",
        ),
        field(
            "usdPerHour",
            Price,
            "What one costs an hour On-Demand, where it is no instance (Fargate): only compute plans cover it.",
        )
        .unit("USD/h"),
        field("count", Whole(1, MACHINES_MAX), "How many.").default("1"),
        field("from", Kind::Span, "From when on.")
            .unit("s")
            .default("\"0s\""),
        field("to", Kind::Span, "Until when; to the end of the run where absent.").unit("s"),
    ],
);

/// `billing`.
pub static BILLING: Shape = shape(
    "billing",
    "What the bill has besides instances, and what takes off it. Clock hours count from the run's time zero.",
    &[
        field(
            "rootVolumeGiB",
            Whole(1, 65_536),
            "Size of the EBS volume that each instance boots from; 30 where only its type is stated (an assumption), and no line of the bill where neither is.",
        )
        .unit("GiB"),
        field(
            "rootVolumeType",
            Choice(&["gp2", "gp3"]),
            "Its type, at 0.10 and 0.08 USD per GB-month of 720 hours; gp3 where only its size is stated (an assumption).",
        ),
        field(
            "publicIpv4",
            Flag,
            "Whether each instance has a public IPv4 address, 0.005 USD an hour since 2024-02-01.",
        )
        .default("false"),
        field(
            "natUsdPerGb",
            Price,
            "What a NAT gateway charges for each GB of an image that is pulled through it (0.045 in us-east-1); nothing where absent.",
        )
        .unit("USD/GB"),
        field(
            "registryUsdPerGb",
            Price,
            "What the registry charges for each GB of an image that is pulled; nothing where absent, as within a region.",
        )
        .unit("USD/GB"),
        field(
            "fargateVcpuUsdPerHour",
            Price,
            "What a vCPU of Fargate costs an hour On-Demand, of both architectures; where absent 0.04048, or 0.03238 on ARM64 (us-east-1).",
        )
        .unit("USD/h"),
        field(
            "fargateMemoryUsdPerGbHour",
            Price,
            "The same for a GB of memory; where absent 0.004445, or 0.00356 on ARM64.",
        )
        .unit("USD/h"),
        field(
            "fargateStorageUsdPerGbHour",
            Price,
            "The same for a GB of storage over the 20 that are included, also of Spot tasks; where absent 0.000111.",
        )
        .unit("USD/h"),
        field(
            "discountPercent",
            PERCENT,
            "A negotiated discount on On-Demand instances, for what no commitment covers.",
        )
        .unit("%")
        .default("0"),
        field(
            "savingsPlans",
            List(&Object(&SAVINGS_PLAN)),
            "Savings Plans.",
        )
        .default("[]"),
        field(
            "reservedInstances",
            List(&Object(&RESERVED_INSTANCES)),
            "Reserved Instances.",
        )
        .default("[]"),
        field(
            "otherUsage",
            List(&Object(&OTHER_USAGE)),
            "Usage outside of the run.",
        )
        .default("[]"),
    ],
);

//! `[spot]` of a scenario file: what EC2 Spot costs, where it is to be had, and when it is taken back.

use super::shape::{Field, Kind, Shape, field, shape};
use Kind::{Choice, Decimal, Flag, List, Object, OneOrMany, Price, Text, Whole};

/// Most instances of a pool, as of machines of an entry.
const INSTANCES_MAX: i64 = 1_000_000;
const PER_HOUR: Kind = Decimal(0.0, 3600.0);

/// One entry of `spot.pools[].available`.
pub static AVAILABLE: Shape = shape(
    "available",
    "How many instances a Spot pool has for us from a time on.",
    &[
        field("at", Kind::Span, "From when on.")
            .unit("s")
            .required(),
        field(
            "count",
            Whole(0, INSTANCES_MAX),
            "How many, those that we have included.",
        )
        .required(),
    ],
);

/// One entry of `spot.shocks`.
pub static SHOCK: Shape = shape(
    "shocks",
    "EC2 takes many Spot instances of a zone or a family back at one moment.",
    &[
        field(
            "scope",
            Choice(&["zone", "family"]),
            "Whether it hits the instances of one availability zone, or of one family of types (c6i).",
        )
        .required(),
        field(
            "of",
            Text,
            "Which zone or family; where absent each of them has shocks of its own.",
        ),
        field(
            "perHour",
            Decimal(0.0, 3600.0),
            "How many there are in an hour, at random; give this or at.",
        )
        .unit("1/h"),
        field("at", OneOrMany(&Kind::Span), "When there is one.").unit("s"),
        field(
            "fraction",
            Decimal(0.0, 1.0),
            "The part of the instances that is taken: the chance of each.",
        )
        .default("1"),
    ],
);

/// One entry of `spot.pools`.
pub static SPOT_POOL: Shape = shape(
    "pools",
    "What is known of one Spot pool, or of all pools of a type; it goes before the rest of the section.",
    &[
        field(
            "instanceType",
            Text,
            "A type of the catalogue or of instanceTypes.",
        )
        .required(),
        field(
            "availabilityZone",
            Text,
            "Its zone, which may be one that the section does not name; all zones of the type where absent.",
        ),
        field("priceUsdPerHour", Price, "What it always costs.").unit("USD/h"),
        field(
            "interruptionsPerHour",
            PER_HOUR,
            "Interruptions of one instance in an hour: its hazard.",
        )
        .unit("1/h"),
        field(
            "available",
            List(&Object(&AVAILABLE)),
            "How many instances there are, from when on; before the first time as many as from it on. Not limited where absent.",
        ),
        field(
            "depth",
            Whole(1, INSTANCES_MAX),
            "How many instances the pool is deep, so far as our own demand wears it out (spotDepthHazard); as deep as can be where absent.",
        ),
        field(
            "availability",
            Text,
            "A file that says so instead: JSON {\"metadata\": {\"gap_seconds\": 300}, \"data\": [4, 4, 3]}, from time zero on.",
        ),
    ],
);

const ZONES: Field = field(
    "zones",
    List(&Text),
    "The availability zones, where no history says which.",
);

/// `spot`.
pub static SPOT: Shape = shape(
    "spot",
    "EC2 Spot: what its pools cost, and when EC2 takes instances back.",
    &[
        field(
            "model",
            Choice(&["discount", "history", "bootstrap", "synthetic"]),
            "Prices: a part of On-Demand, a history as it was, a history drawn anew in blocks, or a random process.",
        )
        .default("\"discount\""),
        field(
            "discount",
            Decimal(0.0, 0.99),
            "For discount, and for synthetic the mean without meanUsdPerHour: the part by which Spot is cheaper than On-Demand; 0.7 is an assumption.",
        )
        .default("0.7"),
        field(
            "history",
            OneOrMany(&Text),
            "For history, bootstrap and fit: files of describe-spot-price-history (JSON), or CSV with a header; Linux/UNIX counts, other products are passed over.",
        ),
        field(
            "historyInstanceType",
            Text,
            "The type of a history that names none.",
        ),
        field(
            "historyFrom",
            Text,
            "The moment of the history that is time zero; where absent the scenario's start if the history covers it, else its first moment.",
        ),
        field(
            "allowMixedDates",
            Flag,
            "Whether bidPercentage below 100 may relate a history to On-Demand prices more than a year away from it.",
        )
        .default("false"),
        field("block", Kind::Span, "For bootstrap: how long a block is.")
            .unit("s")
            .default("\"7d\""),
        ZONES.default("[\"us-east-1a\"]"),
    ],
)
.with(&MORE);

static MORE: [Field; 12] = [
    field(
        "shocks",
        List(&Object(&SHOCK)),
        "Moments at which EC2 takes many instances back together.",
    )
    .default("[]"),
    field(
        "meanUsdPerHour",
        Price,
        "For synthetic: the mean price of every pool; On-Demand less discount where absent.",
    )
    .unit("USD/h"),
    field(
        "reversionPerHour",
        Decimal(0.000001, 1000.0),
        "For synthetic: the rate at which the logarithm of a price goes back to its mean. This and the next three defaults are assumptions, near to what us-east-1 did in spring 2021.",
    )
    .unit("1/h")
    .default("0.001"),
    field(
        "volatilityPerHour",
        Decimal(0.0, 10.0),
        "For synthetic: standard deviation of what an hour's noise adds to the logarithm of a price.",
    )
    .default("0.0001"),
    field(
        "jumpsPerDay",
        Decimal(0.0, 10_000.0),
        "For synthetic: jumps of a price in a day.",
    )
    .unit("1/d")
    .default("2"),
    field(
        "jumpDeviation",
        Decimal(0.0, 10.0),
        "For synthetic: standard deviation of a jump of the logarithm of a price.",
    )
    .default("0.006"),
    field(
        "step",
        Kind::Span,
        "For synthetic: how often a price may change.",
    )
    .unit("s")
    .default("\"5m\""),
    field(
        "fit",
        Flag,
        "For synthetic: the process of each pool is fitted to history, in place of the figures.",
    )
    .default("false"),
    field(
        "interruption",
        Choice(&["none", "hazard"]),
        "Whether EC2 takes instances back by chance; it always does where a pool has no more of them or costs more than bidPercentage allows.",
    )
    .default("\"none\""),
    field(
        "interruptionsPerHour",
        PER_HOUR,
        "Interruptions of one instance in an hour, in pools of which nothing else is known.",
    )
    .unit("1/h"),
    field(
        "advisor",
        Text,
        "A file of the Spot Instance Advisor (spot-advisor-data.json). Its bands of interruptions in a month, <5, 5-10, 10-15, 15-20 and >20 %, are taken as 2.5, 7.5, 12.5, 17.5 and 25 %, evenly over 730 hours: -ln(1 - f) / 730 an hour.",
    ),
    field(
        "pools",
        List(&Object(&SPOT_POOL)),
        "What is known of single pools.",
    )
    .default("[]"),
];

//! Dense typed identifiers: an index into a column, and never an index into another's.

/// Declares an identifier: a `u32` index with a name of its own.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// No such thing: a marker for columns that may be empty.
            pub const NONE: $name = $name(u32::MAX);

            /// The index into a column.
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The identifier of position `index` in a column.
            ///
            /// # Panics
            /// Beyond 2³² − 2 entries, far above what fits in memory.
            pub fn at(index: usize) -> $name {
                let index = u32::try_from(index).expect("more entries than an identifier can name");
                assert!(index < u32::MAX, "more entries than an identifier can name");
                $name(index)
            }

            /// Whether this names something.
            pub fn is_some(self) -> bool {
                self != $name::NONE
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::NONE
            }
        }
    };
}

id!(
    /// A job, in order of submission. The children of an array are the range right after their parent.
    JobId
);
id!(
    /// A row of a workload.
    RowId
);
id!(
    /// A job queue.
    QueueId
);
id!(
    /// A share of one queue (a FIFO queue has one).
    ShareId
);
id!(
    /// A compute environment.
    EnvId
);
id!(
    /// An instance type of the catalogue.
    TypeId
);
id!(
    /// A Spot pool: the instances of one type in one zone.
    PoolId
);
id!(
    /// An availability zone, in order of name.
    ZoneId
);
id!(
    /// An instance, in order of launch.
    InstanceId
);
id!(
    /// A revision of a job definition.
    DefinitionId
);
id!(
    /// A consumable resource.
    ConsumableId
);

impl InstanceId {
    /// From here on identifiers are of Fargate tasks: each is the only thing on a machine of its own.
    const TASKS: u32 = 1 << 31;

    /// The identifier of Fargate task `number` of a run.
    ///
    /// # Panics
    /// Beyond 2³¹ − 2 tasks.
    pub fn of_task(number: u32) -> InstanceId {
        assert!(
            number < InstanceId::TASKS - 1,
            "more tasks than can be named"
        );
        InstanceId(InstanceId::TASKS | number)
    }

    /// The number of the Fargate task that this is, if it is one.
    pub fn task(self) -> Option<u32> {
        (self.0 >= InstanceId::TASKS && self.is_some()).then_some(self.0 & !InstanceId::TASKS)
    }
}

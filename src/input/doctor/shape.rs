//! What the jobs of a trace are like, in figures.

use std::collections::BTreeSet;

use crate::model::{Row, Workload};
use crate::units::{RowId, SimTime};

/// Figures of a trace. Times are milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Submissions.
    pub submissions: u64,
    /// Jobs, children of arrays counted one by one.
    pub jobs: u64,
    /// Arrays among the submissions.
    pub arrays: u64,
    /// From the first submission to the last.
    pub span: u64,
    /// From one submission to the next.
    pub gaps: Quantiles,
    /// Most submissions in one hour.
    pub busiest_hour: u64,
    /// Run times.
    pub runs: Quantiles,
    /// vCPUs.
    pub vcpus: Quantiles,
    /// MiB, of the jobs that state them.
    pub memory: Quantiles,
    /// Jobs that state memory.
    pub with_memory: u64,
    /// Jobs that ask for GPUs.
    pub with_gpus: u64,
    /// vCPU-milliseconds of all jobs.
    pub work: u128,
    /// Jobs whose last stated attempt fails.
    pub failing: u64,
    /// Users, groups and kinds (job names) that are told apart.
    pub users: u64,
    /// Groups.
    pub groups: u64,
    /// Job names.
    pub names: u64,
    /// Queues.
    pub queues: u64,
    /// Dependencies.
    pub dependencies: u64,
    /// Most dependencies of one job.
    pub most_dependencies: u64,
    /// Jobs in the longest chain of dependencies.
    pub depth: u64,
    /// Most jobs at the same depth.
    pub width: u64,
    /// The longest chain by run time.
    pub critical_path: u64,
}

/// Some of the figures of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// The least.
    pub min: u64,
    /// A tenth is at most this.
    pub p10: u64,
    /// The median.
    pub p50: u64,
    /// Nine tenths are at most this.
    pub p90: u64,
    /// All but a hundredth are at most this.
    pub p99: u64,
    /// The most.
    pub max: u64,
}

impl Quantiles {
    /// Of figures in any order; all zero where there are none.
    pub fn of(mut figures: Vec<u64>) -> Quantiles {
        figures.sort_unstable();
        let Some(last) = figures.len().checked_sub(1) else {
            return Quantiles::default();
        };
        // The smallest figure that so many hundredths do not exceed.
        let at = |hundredths: usize| figures[((last + 1) * hundredths).div_ceil(100).max(1) - 1];
        Quantiles {
            min: figures[0],
            p10: at(10),
            p50: at(50),
            p90: at(90),
            p99: at(99),
            max: figures[last],
        }
    }
}

const HOUR_MS: u64 = 3_600_000;

impl Shape {
    /// The figures of a workload.
    pub fn of(workload: &Workload) -> Shape {
        let rows = &workload.rows;
        let mut shape = Shape {
            submissions: rows.len() as u64,
            ..Shape::default()
        };
        let submits: Vec<SimTime> = rows.iter().map(|row| row.submit).collect();
        if let (Some(first), Some(last)) = (submits.first(), submits.last()) {
            shape.span = (*last - *first).ms();
        }
        let gaps = submits.windows(2).map(|pair| (pair[1] - pair[0]).ms());
        shape.gaps = Quantiles::of(gaps.collect());
        let hours = submits.chunk_by(|one, other| one.ms() / HOUR_MS == other.ms() / HOUR_MS);
        shape.busiest_hour = hours.map(|hour| hour.len() as u64).max().unwrap_or(0);
        let (mut runs, mut vcpus, mut memory) = (Vec::new(), Vec::new(), Vec::new());
        let (mut users, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for row in rows {
            let size = workload.extra(row).map_or(0, |extra| extra.array);
            shape.arrays += u64::from(size > 0);
            let children = (0..size).map(Some).chain((size == 0).then_some(None));
            for child in children {
                let run = workload.work(row, child).ms();
                runs.push(run);
                vcpus.push(u64::from(row.vcpus));
                if row.memory > 0 {
                    memory.push(u64::from(row.memory));
                }
                shape.work += u128::from(run) * u128::from(row.vcpus);
                let last = workload.fates_of(row, child).last();
                shape.failing += u64::from(last.is_some_and(|fate| fate.exit_code != 0));
                shape.with_gpus += u64::from(row.gpus > 0);
            }
            users.extend((row.user != Row::UNKNOWN).then_some(row.user));
            groups.extend((row.group != Row::UNKNOWN).then_some(row.group));
        }
        shape.jobs = runs.len() as u64;
        shape.with_memory = memory.len() as u64;
        shape.runs = Quantiles::of(runs);
        shape.vcpus = Quantiles::of(vcpus);
        shape.memory = Quantiles::of(memory);
        shape.users = users.len() as u64;
        shape.groups = groups.len() as u64;
        let templates = &workload.templates;
        let names: BTreeSet<&str> = templates.iter().map(|kind| &*kind.job_name).collect();
        let queues: BTreeSet<&str> = templates.iter().map(|kind| &*kind.job_queue).collect();
        shape.names = names.len() as u64;
        shape.queues = queues.len() as u64;
        shape.graph(workload);
        shape
    }

    /// Depth, width and the longest path. Rows come after those that they need.
    fn graph(&mut self, workload: &Workload) {
        if workload.dependencies.is_empty() {
            return;
        }
        let count = workload.rows.len();
        let (mut level, mut end, mut at_level) = (vec![0u32; count], vec![0u64; count], vec![0]);
        for (index, row) in workload.rows.iter().enumerate() {
            let extra = workload.extra(row);
            let needs = extra.map_or(0..0, |extra| extra.dependencies.clone());
            self.dependencies += needs.len() as u64;
            self.most_dependencies = self.most_dependencies.max(needs.len() as u64);
            let needs = &workload.dependencies[needs.start as usize..needs.end as usize];
            let on = |id: RowId| id.index();
            let above = needs
                .iter()
                .map(|need| level[on(need.on)] + 1)
                .max()
                .unwrap_or(0);
            let before = needs.iter().map(|need| end[on(need.on)]).max().unwrap_or(0);
            level[index] = above;
            end[index] = before + row.work.ms();
            if at_level.len() <= above as usize {
                at_level.resize(above as usize + 1, 0);
            }
            at_level[above as usize] += 1;
        }
        self.depth = at_level.len() as u64;
        self.width = at_level.iter().copied().max().unwrap_or(0);
        self.critical_path = end.into_iter().max().unwrap_or(0);
    }
}

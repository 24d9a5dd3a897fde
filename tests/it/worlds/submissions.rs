//! The definitions and the jobs of a random world.

use batchcast::model::{
    Anchor, Command, ConsumableAsk, Dependency, DependencyKind, EvaluateOnExit, ExitAction, Extra,
    Fate, FateKind, JobDefinition, Loop, MultiNode, NodeGroup, Pattern, RetryStrategy, Row,
    SubmitJob,
};
use batchcast::units::{Ratio, RowId, Shape, SimTime, Span};

use super::{GRAIN_S, Maker};

impl Maker {
    pub(super) fn build_definitions(&mut self) {
        if !self.with_definitions {
            return;
        }
        let plain = JobDefinition {
            name: "plain".to_owned(),
            shape: Shape::new(1, 256, 0),
            retry: RetryStrategy::default(),
            timeout: None,
            scheduling_priority: None,
            consumables: Vec::new(),
            nodes: None,
            speed: Ratio::ONE,
            container: Default::default(),
            checkpoint: None,
        };
        let second = JobDefinition {
            name: "second".to_owned(),
            shape: Shape::new(2, 512, 0),
            retry: self.retry(),
            timeout: self.timeout(),
            scheduling_priority: Some(self.below(3) as u32),
            consumables: self.asks(),
            speed: Ratio::from_parts(self.pick(&[1_000_000, 2_000_000])),
            ..plain.clone()
        };
        let next_revision = JobDefinition {
            shape: Shape::new(1, 640, 0),
            ..second.clone()
        };
        let group = |first, last, vcpus, instance_type| NodeGroup {
            first,
            last,
            shape: Shape::new(vcpus, 128, 0),
            instance_type,
        };
        let some_type = if self.managed { "c.xlarge" } else { "m0" };
        let named = self.one_in(4).then(|| some_type.to_owned());
        let vcpus = 1 + self.below(3) as u32;
        let gang = JobDefinition {
            name: "gang".to_owned(),
            nodes: Some(MultiNode {
                num_nodes: 2,
                main_node: self.below(2) as u32,
                groups: vec![group(0, Some(0), 1, named), group(1, None, vcpus, None)],
            }),
            retry: self.retry(),
            timeout: self.timeout(),
            ..plain.clone()
        };
        for definition in [plain, second, next_revision, gang] {
            self.at_start(Command::RegisterJobDefinition(definition));
        }
        if self.one_in(8) {
            self.later(Command::DeregisterJobDefinition {
                job_definition: "second:2".to_owned(),
            });
        }
    }

    fn timeout(&mut self) -> Option<Span> {
        self.one_in(3)
            .then(|| Span::from_s(self.pick(&[60, 60, 80, 100])))
    }

    fn asks(&mut self) -> Vec<ConsumableAsk> {
        let mut asks = Vec::new();
        for resource in self.resources.clone() {
            if self.one_in(3) {
                asks.push(ConsumableAsk {
                    resource,
                    quantity: 1 + self.below(2),
                });
            }
        }
        asks
    }

    fn retry(&mut self) -> RetryStrategy {
        let mut evaluate_on_exit = Vec::new();
        for _ in 0..self.pick(&[0, 0, 1, 2, 3]) {
            let pattern = |text: &str| Some(Pattern::new(text));
            let (on_status_reason, on_reason, on_exit_code) = match self.below(7) {
                0 => (pattern("Host EC2*"), None, None),
                1 => (None, pattern("OutOfMemory*"), None),
                2 => (None, None, pattern("1*")),
                3 => (None, pattern("*"), None),
                4 => (pattern("Essential*"), None, pattern("2")),
                5 => (pattern("Task failed to start"), None, None),
                _ => (None, None, pattern("*")),
            };
            let action = self.pick(&[ExitAction::Retry, ExitAction::Exit]);
            evaluate_on_exit.push(EvaluateOnExit {
                on_status_reason,
                on_reason,
                on_exit_code,
                action,
            });
        }
        RetryStrategy {
            attempts: 1 + self.below(4) as u8,
            evaluate_on_exit,
        }
    }

    fn length(&mut self) -> Span {
        Span::from_s(GRAIN_S * self.pick(&[0, 1, 1, 2, 3, 4, 5, 8]))
    }

    pub(super) fn submissions(&mut self) {
        let count = 5 + self.below(36);
        let mut times: Vec<SimTime> = (0..count)
            .map(|_| SimTime::from_s(GRAIN_S * self.below(self.last_s / GRAIN_S + 1)))
            .collect();
        times.sort();
        for (number, submit) in times.into_iter().enumerate() {
            self.submission(number, submit);
        }
    }

    fn submission(&mut self, number: usize, submit: SimTime) {
        let gang = self.with_definitions && !self.backfills && self.one_in(8);
        let template = self.template(gang);
        let extra = self.extra(number, gang);
        let impossible = self.some_impossible && self.one_in(12);
        let stated = !self.with_definitions || self.one_in(2);
        let vcpus = match (gang, impossible, stated) {
            (true, ..) => 0,
            (_, true, _) => self.pick(&[9, 40]),
            (_, _, true) => self.pick(&[1, 1, 2, 2, 3, 4]).min(self.least.vcpus),
            _ => 0,
        };
        let memory = match gang {
            true => 0,
            false => self.pick(&[0, 256, 512, 1024, 1500]).min(self.least.memory),
        };
        let memory = match self.managed && stated {
            true => self.pick(&[0, 256, 512, 1024, 1500, 3000]),
            false => memory,
        };
        let gpus = match self.least.gpus {
            0 if self.managed => u32::from(self.one_in(16)),
            0 => 0,
            most => self.pick(&[0, 0, 0, 1, most]),
        };
        let work = self.length();
        let estimated = if self.backfills {
            !self.one_in(4)
        } else {
            self.one_in(4)
        };
        let estimate = if estimated {
            let over = Span::from_s(GRAIN_S * self.below(4));
            let under = self.one_in(8);
            if under {
                Span::from_s(GRAIN_S)
            } else {
                work + over
            }
        } else {
            Span::ZERO
        };
        let workload = &mut self.scenario.workload;
        let template = match workload
            .templates
            .iter()
            .position(|known| *known == template)
        {
            Some(known) => known,
            None => {
                workload.templates.push(template);
                workload.templates.len() - 1
            }
        };
        let extra = if extra == Extra::default() {
            Row::PLAIN
        } else {
            workload.extras.push(extra);
            workload.extras.len() as u32 - 1
        };
        let named = number % 5 == 3;
        let source = if named {
            workload.names.push(format!("job-{number}"));
            Row::NAMED + workload.names.len() as u32 - 1
        } else {
            number as u32
        };
        workload.rows.push(Row {
            estimate,
            memory,
            gpus,
            template: template as u32,
            extra,
            ..Row::plain(source, submit, work, vcpus)
        });
    }

    fn template(&mut self, gang: bool) -> SubmitJob {
        let queue = self.pick(&self.queues.clone());
        let job_queue = if self.one_in(120) {
            "lost".to_owned()
        } else {
            queue.name
        };
        let mixed_up = self.one_in(120);
        let shared = queue.scheduling_policy.is_some() != mixed_up;
        let definition = match gang {
            true => "gang",
            false => self.pick(&["plain", "plain", "second", "second:1", "second:2"]),
        };
        SubmitJob {
            job_name: "job".to_owned(),
            job_queue,
            job_definition: self.with_definitions.then(|| definition.to_owned()),
            share_identifier: shared.then(|| self.pick(&["A", "B", "C1", "C2"]).to_owned()),
            scheduling_priority_override: self.one_in(3).then(|| self.below(3) as u32),
            retry: self.one_in(2).then(|| self.retry()),
            timeout: self.timeout(),
            consumables: self.one_in(3).then(|| self.asks()),
            quarter_vcpus: None,
            num_nodes: (gang && self.one_in(2)).then(|| 2 + self.below(2) as u32),
            failure: None,
            lift_limits: self.one_in(4),
        }
    }

    /// What few submissions have, and many here.
    fn extra(&mut self, number: usize, gang: bool) -> Extra {
        let mut extra = Extra::default();
        if !gang && self.one_in(5) {
            extra.array = if self.one_in(12) {
                1
            } else {
                2 + self.below(3) as u32
            };
            extra.sequential = self.one_in(3);
            if self.one_in(2) {
                let from = self.scenario.workload.child_work.len() as u32;
                for _ in 0..extra.array {
                    let work = self.length();
                    self.scenario.workload.child_work.push(work);
                }
                extra.child_work = from..from + extra.array;
            }
        }
        if number > 0 && self.one_in(3) {
            let from = self.scenario.workload.dependencies.len() as u32;
            for _ in 0..1 + self.below(2) {
                let on = self.below(number as u64) as usize;
                let kind = self.dependency_kind(on, &extra);
                let on = RowId::at(on);
                self.scenario
                    .workload
                    .dependencies
                    .push(Dependency { on, kind });
            }
            extra.dependencies = from..self.scenario.workload.dependencies.len() as u32;
        }
        if self.one_in(3) {
            let from = self.scenario.workload.fates.len() as u32;
            for _ in 0..1 + self.below(3) {
                let run = self.length();
                let (exit_code, kind) = match self.below(8) {
                    0..=2 => (0, FateKind::Exit),
                    3 => (1, FateKind::Exit),
                    4 => (2, FateKind::Exit),
                    5 => (137, FateKind::Exit),
                    6 => (137, FateKind::OutOfMemory),
                    _ => (1, FateKind::FailedToStart),
                };
                self.scenario.workload.fates.push(Fate {
                    exit_code,
                    run,
                    kind,
                });
            }
            extra.fates = from..self.scenario.workload.fates.len() as u32;
            if number.is_multiple_of(2) {
                self.child_fates(&mut extra);
            }
        }
        if self.one_in(10) {
            extra.peak_memory = self.pick(&[300, 900]);
        }
        if number > 0 && self.one_in(10) {
            let from = self.scenario.workload.anchors.len() as u32;
            for _ in 0..1 + self.below(2) {
                let after = RowId::at(self.below(number as u64) as usize);
                self.scenario.workload.anchors.push(Anchor { after });
            }
            extra.anchors = from..self.scenario.workload.anchors.len() as u32;
            extra.think = Span::from_s(self.pick(&[0, 0, 20, 60]));
            extra.poll = Span::from_s(self.pick(&[0, 0, 30]));
            self.scenario.workload.closed_loop = Loop::Closed;
        }
        extra
    }

    /// Gives each child of an array fates of its own: child 0 all there are, the next those but the first, one none, and again.
    fn child_fates(&mut self, extra: &mut Extra) {
        let all = &mut self.scenario.workload.child_fates;
        let from = all.len() as u32;
        let (start, end) = (extra.fates.start, extra.fates.end);
        let own = |child: u32| match start + child % (end - start + 1) {
            none if none == end => 0..0,
            first => first..end,
        };
        all.extend((0..extra.array).map(own));
        extra.child_fates = from..self.scenario.workload.child_fates.len() as u32;
    }

    fn dependency_kind(&mut self, on: usize, extra: &Extra) -> DependencyKind {
        let workload = &self.scenario.workload;
        let size = workload
            .extra(&workload.rows[on])
            .map_or(0, |other| other.array);
        if size >= 2 && size == extra.array && !self.one_in(3) {
            DependencyKind::SameIndex
        } else if size >= 2 && self.one_in(2) {
            DependencyKind::Child(self.below(u64::from(size)) as u32)
        } else {
            DependencyKind::Whole
        }
    }

    /// A job by the name of its source, or a child of an array, or (seldom) a job that nobody knows.
    pub(super) fn some_job_name(&mut self) -> String {
        if self.one_in(15) {
            return "nobody".to_owned();
        }
        let row = self.below(self.scenario.workload.rows.len() as u64) as usize;
        let workload = &self.scenario.workload;
        let mut text = Vec::new();
        workload.write_source(workload.rows[row].source, &mut text);
        let text = String::from_utf8(text).expect("ASCII");
        let size = workload
            .extra(&workload.rows[row])
            .map_or(0, |extra| extra.array);
        match size >= 2 && self.one_in(2) {
            true => format!("{text}:{}", self.below(u64::from(size))),
            false => text,
        }
    }
}

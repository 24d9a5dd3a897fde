//! EASY and conservative backfilling on a single machine, by the textbook.

use batchcast::model::Knob;
use batchcast::units::{Shape, SimTime};

use super::{Fact, Naive};

/// Something that takes room from one moment to another.
struct Taken {
    from: SimTime,
    until: SimTime,
    shape: Shape,
}

impl Naive<'_> {
    pub(super) fn easy_pass(&mut self, queue: usize) {
        while let Some(&head) = self.waiting(queue, None).first() {
            if !self.start_if_it_fits(head) {
                break;
            }
        }
        let waiting = self.waiting(queue, None);
        let Some((&head, others)) = waiting.split_first() else {
            return;
        };
        let (shadow, mut spare) = self.reservation(queue, self.jobs[head].shape);
        for &job in others {
            let Some(machines) = self.machines_for(job) else {
                continue;
            };
            let shape = self.jobs[job].shape;
            let end = self.now + self.span(Knob::ContainerStart) + self.jobs[job].estimate;
            if end > shadow {
                if !shape.fits(spare) {
                    continue;
                }
                spare = spare.less(shape);
            }
            if !self.takes_tokens(job) {
                return;
            }
            self.place(job, machines);
            self.use_tokens(job);
        }
    }

    /// When the head fits by the expected ends of what runs, and what is free beside it then.
    fn reservation(&self, queue: usize, head: Shape) -> (SimTime, Shape) {
        let Some(machine) = self.single_machine(queue) else {
            return (SimTime::NEVER, Shape::default());
        };
        let mut ends: Vec<(SimTime, Shape)> = self
            .taken_now(machine)
            .map(|t| (t.until, t.shape))
            .collect();
        ends.sort_by_key(|end| end.0);
        let mut free = self.free(machine);
        let mut index = 0;
        while index < ends.len() {
            let moment = ends[index].0;
            while index < ends.len() && ends[index].0 == moment {
                free = free.plus(ends[index].1);
                index += 1;
            }
            if head.fits(free) {
                return (moment, free.less(head));
            }
        }
        (SimTime::NEVER, Shape::default())
    }

    /// The machine of the queue's environments that take jobs now.
    fn single_machine(&self, queue: usize) -> Option<usize> {
        let environments = &self.queues[queue].is.environments;
        environments
            .iter()
            .filter_map(|name| self.environment(name))
            .filter(|&number| {
                let state = &self.environments[number].is;
                state.enabled && state.valid
            })
            .flat_map(|environment| self.present(environment))
            .next()
    }

    fn taken_now(&self, machine: usize) -> impl Iterator<Item = Taken> {
        self.running.iter().filter_map(move |&job| {
            let attempt = self.jobs[job].attempts.last().expect("it runs");
            attempt.machines.contains(&machine).then(|| Taken {
                from: attempt.placed,
                until: attempt.expected_end,
                shape: self.jobs[job].shape,
            })
        })
    }

    pub(super) fn conservative_pass(&mut self, queue: usize) {
        let waiting = self.waiting(queue, None);
        self.queues[queue]
            .plans
            .retain(|plan| waiting.contains(&plan.0));
        if self.single_machine(queue).is_none() {
            return;
        }
        // A plan for which there is no room any more is void.
        let plans = std::mem::take(&mut self.queues[queue].plans);
        for &job in &waiting {
            if let Some(&(_, planned)) = plans.iter().find(|plan| plan.0 == job)
                && self.has_room(queue, job, planned.max(self.now))
            {
                self.plan(queue, job, planned);
            }
        }
        // When something ended, who waits moves to the earliest start that there is now, never to a later one.
        let may_move = std::mem::take(&mut self.queues[queue].may_move);
        for &job in waiting.iter().filter(|_| may_move) {
            if let Some(planned) = self.plan_of(queue, job)
                && let Some(start) = self.earliest_start(queue, job)
            {
                self.plan(queue, job, start.min(planned));
            }
        }
        for &job in &waiting {
            if self.plan_of(queue, job).is_none()
                && let Some(start) = self.earliest_start(queue, job)
            {
                self.plan(queue, job, start);
            }
        }
        for &job in &waiting {
            match self.plan_of(queue, job) {
                Some(planned) if planned <= self.now && self.start_if_it_fits(job) => {
                    self.queues[queue].plans.retain(|plan| plan.0 != job);
                }
                _ => {}
            }
        }
        let to_come = self.queues[queue].plans.iter().map(|plan| plan.1);
        if let Some(next) = to_come.filter(|&planned| planned > self.now).min() {
            self.queues[queue].wakes = Some(next);
            self.schedule(next, Fact::Planned(queue));
        }
    }

    fn plan_of(&self, queue: usize, job: usize) -> Option<SimTime> {
        let mut plans = self.queues[queue].plans.iter();
        plans.find(|plan| plan.0 == job).map(|plan| plan.1)
    }

    fn plan(&mut self, queue: usize, job: usize, start: SimTime) {
        self.queues[queue].plans.retain(|plan| plan.0 != job);
        self.queues[queue].plans.push((job, start));
    }

    /// All that runs on the machine and is planned there, other than `job`.
    fn taken_by_others(&self, queue: usize, job: usize) -> Vec<Taken> {
        let machine = self.single_machine(queue).expect("there is one");
        let mut taken: Vec<Taken> = self.taken_now(machine).collect();
        for &(other, planned) in &self.queues[queue].plans {
            if other != job {
                let from = planned.max(self.now);
                taken.push(Taken {
                    from,
                    until: from + self.believed_length(other),
                    shape: self.jobs[other].shape,
                });
            }
        }
        taken
    }

    /// Whether the job fits from `start` on for as long as it is believed to take. One of no length always does.
    fn has_room(&self, queue: usize, job: usize, start: SimTime) -> bool {
        let taken = self.taken_by_others(queue, job);
        let end = start + self.believed_length(job);
        let moments = taken.iter().map(|taken| taken.from).chain([start]);
        let mut within = moments.filter(|&moment| start <= moment && moment < end);
        within.all(|moment| self.fits_at(queue, job, &taken, moment))
    }

    fn fits_at(&self, queue: usize, job: usize, taken: &[Taken], moment: SimTime) -> bool {
        let machine = self.single_machine(queue).expect("there is one");
        let mut used = self.jobs[job].shape;
        for part in taken
            .iter()
            .filter(|t| t.from <= moment && moment < t.until)
        {
            used = used.plus(part.shape);
        }
        used.fits(self.size(self.type_of(machine)))
    }

    /// The first moment from which the job fits for as long as it is believed to take, beside all that runs and is planned.
    fn earliest_start(&self, queue: usize, job: usize) -> Option<SimTime> {
        let taken = self.taken_by_others(queue, job);
        let mut moments: Vec<SimTime> = taken.iter().map(|taken| taken.until).collect();
        moments.push(self.now);
        moments.retain(|&moment| moment >= self.now);
        moments.sort();
        moments.into_iter().find(|&start| {
            self.fits_at(queue, job, &taken, start) && self.has_room(queue, job, start)
        })
    }

    fn believed_length(&self, job: usize) -> batchcast::units::Span {
        self.span(Knob::ContainerStart) + self.jobs[job].estimate
    }
}

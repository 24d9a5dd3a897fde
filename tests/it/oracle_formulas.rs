//! Closed forms of queueing theory, against which runs are judged. The unit of time is the mean service time; `servers` are
//! vCPUs that each serve one job at a time, `load` is the part of them that is busy in the long run.

/// Probability that all of `servers` are busy and a job is lost, Poisson arrivals, any service law (Erlang B). `offered` is the
/// mean number of busy servers if there were enough of them.
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, k| {
        offered * blocked / (f64::from(k) + offered * blocked)
    })
}

/// Probability that a job waits: Poisson arrivals, exponential services (Erlang C).
pub fn mmc_waits(servers: u32, load: f64) -> f64 {
    let blocked = erlang_b(servers, f64::from(servers) * load);
    blocked / (1.0 - load * (1.0 - blocked))
}

/// Mean wait: Poisson arrivals, exponential services.
pub fn mmc_wait(servers: u32, load: f64) -> f64 {
    mmc_waits(servers, load) / (f64::from(servers) * (1.0 - load))
}

/// Variance of the wait: Poisson arrivals, exponential services.
pub fn mmc_wait_variance(servers: u32, load: f64) -> f64 {
    let waits = mmc_waits(servers, load);
    let rate = f64::from(servers) * (1.0 - load);
    (2.0 * waits - waits * waits) / (rate * rate)
}

/// The wait that a part `part` of the jobs does not exceed: Poisson arrivals, exponential services.
pub fn mmc_wait_quantile(servers: u32, load: f64, part: f64) -> f64 {
    let rate = f64::from(servers) * (1.0 - load);
    (libm::log(mmc_waits(servers, load) / (1.0 - part)) / rate).max(0.0)
}

/// Mean wait on one server: Poisson arrivals, services with this squared coefficient of variation (Pollaczek, Khinchine).
pub fn mg1_wait(load: f64, squared_variation: f64) -> f64 {
    load * (1.0 + squared_variation) / (2.0 * (1.0 - load))
}

/// Mean wait: Poisson arrivals, equal services. The queue seen once per service time is a random walk that stops at zero, so
/// (Spitzer) its mean is the sum over n of E[(arrivals in n services − n·servers)⁺]/n, all terms of one sign.
pub fn mdc_wait(servers: u32, load: f64) -> f64 {
    let offered = f64::from(servers) * load;
    let mut queue = 0.0;
    for n in 1u32.. {
        let term = poisson_excess(f64::from(n) * offered, n * servers) / f64::from(n);
        queue += term;
        if term < queue * 1e-13 {
            break;
        }
    }
    queue / offered
}

/// E[(X − above)⁺] of a Poisson X with this mean, at most `above`.
fn poisson_excess(mean: f64, above: u32) -> f64 {
    let above = f64::from(above);
    let mut at = above + 1.0;
    let mut probability = libm::exp(at * libm::log(mean) - mean - libm::lgamma(at + 1.0));
    let mut sum = 0.0;
    loop {
        let term = (at - above) * probability;
        sum += term;
        if term <= sum * 1e-16 {
            return sum;
        }
        at += 1.0;
        probability *= mean / at;
    }
}

/// Mean wait on one server: equal gaps between arrivals, exponential services. The part `s` of arrivals that find it busy
/// solves s = exp(−(1 − s)/load).
pub fn dm1_wait(load: f64) -> f64 {
    let mut busy = 0.0;
    for _ in 0..10_000 {
        busy = libm::exp(-(1.0 - busy) / load);
    }
    busy / (1.0 - busy)
}

/// Mean wait of class `class` (0 goes first) of `classes` with equal arrival rates; nobody is interrupted (Cobham).
pub fn priority_wait(servers: u32, load: f64, classes: u32, class: u32) -> f64 {
    let load_up_to = |count: u32| load * f64::from(count) / f64::from(classes);
    let behind_all = mmc_waits(servers, load) / f64::from(servers);
    behind_all / ((1.0 - load_up_to(class)) * (1.0 - load_up_to(class + 1)))
}

/// Mean wait on one server where the shortest job goes first: Poisson arrivals, exponential services. A job of length x waits
/// load/(1 − load of those shorter than x)² on the average; the mean over x by Simpson's rule.
pub fn shortest_first_wait(load: f64) -> f64 {
    const STEPS: u32 = 40_000;
    const LONGEST: f64 = 60.0;
    let step = LONGEST / f64::from(STEPS);
    let value = |x: f64| {
        let shorter = load * (1.0 - libm::exp(-x) * (1.0 + x));
        libm::exp(-x) / ((1.0 - shorter) * (1.0 - shorter))
    };
    let weighed = |at: u32| {
        let weight = match at {
            0 | STEPS => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        weight * value(f64::from(at) * step)
    };
    load * (0..=STEPS).map(weighed).sum::<f64>() * step / 3.0
}

/// Mean wait and jobs per unit of time where each of `users` submits a job, waits for its end and thinks before the next;
/// services and thinking are exponential, thinking takes `think` on the average.
pub fn closed_loop(users: u32, servers: u32, think: f64) -> (f64, f64) {
    // Probability of n jobs in the system, up to a factor: p(n+1)/p(n) = rate of submissions / rate of ends.
    let mut weights = vec![1.0];
    for n in 0..users {
        let submissions = f64::from(users - n) / think;
        let ends = f64::from((n + 1).min(servers));
        weights.push(weights[n as usize] * submissions / ends);
    }
    let whole: f64 = weights.iter().sum();
    let (mut throughput, mut queue) = (0.0, 0.0);
    for (n, weight) in (0..=users).zip(&weights) {
        throughput += f64::from(n.min(servers)) * weight / whole;
        queue += f64::from(n.saturating_sub(servers)) * weight / whole;
    }
    (queue / throughput, throughput)
}

/// Mean and variance of the makespan of `tasks` exponential tasks that start together on `servers`: while tasks wait, ends come
/// at the servers' joint rate, then the last ones end one by one.
pub fn array_makespan(tasks: u32, servers: u32) -> (f64, f64) {
    let (servers, queued) = (servers.min(tasks), f64::from(tasks.saturating_sub(servers)));
    let joint = f64::from(servers);
    (1..=servers).map(f64::from).fold(
        (queued / joint, queued / (joint * joint)),
        |(mean, variance), left| (mean + 1.0 / left, variance + 1.0 / (left * left)),
    )
}

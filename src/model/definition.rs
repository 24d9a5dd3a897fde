//! Job definitions: resources, retries, timeouts and multi-node layouts, as `RegisterJobDefinition` takes them.

use super::ContainerTerms;
use crate::units::{Ratio, Shape, Span};

/// One revision of a job definition as far as it touches resources, retries, timeouts and priority.
#[derive(Clone, Debug, PartialEq)]
pub struct JobDefinition {
    /// `jobDefinitionName`.
    pub name: String,
    /// What one container asks for (for a multi-node definition: unused, see the node groups).
    pub shape: Shape,
    /// Retry strategy; one attempt where the definition states none.
    pub retry: RetryStrategy,
    /// `timeout.attemptDurationSeconds`.
    pub timeout: Option<Span>,
    /// `schedulingPriority`, 0 where the definition states none.
    pub scheduling_priority: Option<u32>,
    /// Consumable resources each attempt locks.
    pub consumables: Vec<ConsumableAsk>,
    /// The nodes of a multi-node parallel job.
    pub nodes: Option<MultiNode>,
    /// Speed-up of this job's code on the machine, on top of the machine's own speed; one where not stated.
    pub speed: Ratio,
    /// Where its containers run, and what they are made from.
    pub container: ContainerTerms,
    /// How its jobs save their work, if they do.
    pub checkpoint: Option<Checkpoint>,
}

/// How a job saves its work as it goes, so that what is attempted anew need not begin anew. All times are those of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Time to work between two checkpoints; `None`: only as `on_notice` says.
    pub interval: Option<Span>,
    /// Time that one takes, in which no work is done.
    pub cost: Span,
    /// Time in which each attempt after the first finds its way back, before it works.
    pub restart: Span,
    /// Whether it saves what it has when its host is about to be taken back, where the notice is long enough for that. It goes
    /// on working meanwhile.
    pub on_notice: bool,
    /// Whether it goes on from its last checkpoint after any failure, or only where its host was lost.
    pub after_failure: bool,
}

/// A quantity of a consumable resource that a job needs while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumableAsk {
    /// `consumableResource`: its name.
    pub resource: String,
    /// `quantity`.
    pub quantity: u64,
}

/// `retryStrategy`: how often a job may be attempted in all, and which failures are worth another attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryStrategy {
    /// Total attempts, not extra ones (API RetryStrategy): 1 to 10.
    pub attempts: u8,
    /// Tried in order, the first match decides; no match means RETRY (API EvaluateOnExit).
    pub evaluate_on_exit: Vec<EvaluateOnExit>,
}

impl Default for RetryStrategy {
    fn default() -> Self {
        RetryStrategy {
            attempts: 1,
            evaluate_on_exit: Vec::new(),
        }
    }
}

/// One entry of `evaluateOnExit`: all given patterns must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluateOnExit {
    /// Matched against the attempt's status reason.
    pub on_status_reason: Option<Pattern>,
    /// Matched against the container's reason.
    pub on_reason: Option<Pattern>,
    /// Matched against the decimal text of the exit code.
    pub on_exit_code: Option<Pattern>,
    /// What to do on a match.
    pub action: ExitAction,
}

/// RETRY or EXIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitAction {
    /// Another attempt, while attempts are left.
    Retry,
    /// No further attempt.
    Exit,
}

/// A literal, or a prefix where it ends in `*`; there is no other wildcard (API EvaluateOnExit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    literal: String,
    is_prefix: bool,
}

impl Pattern {
    /// Reads `Host EC2*` or `137`.
    pub fn new(text: &str) -> Pattern {
        match text.strip_suffix('*') {
            Some(prefix) => Pattern {
                literal: prefix.to_owned(),
                is_prefix: true,
            },
            None => Pattern {
                literal: text.to_owned(),
                is_prefix: false,
            },
        }
    }

    /// Whether `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        if self.is_prefix {
            text.starts_with(&self.literal)
        } else {
            text == self.literal
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}{}",
            self.literal,
            if self.is_prefix { "*" } else { "" }
        )
    }
}

/// `nodeProperties`: a gang of whole instances that starts and ends together.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiNode {
    /// `numNodes`.
    pub num_nodes: u32,
    /// `mainNode`: the node whose exit ends the job.
    pub main_node: u32,
    /// `nodeRangeProperties`; of nested ranges the inner one holds.
    pub groups: Vec<NodeGroup>,
}

/// Nodes `first..=last` and what each of them asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeGroup {
    /// First node index.
    pub first: u32,
    /// Last node index; open-ended where `None`, so that `numNodes` can be overridden.
    pub last: Option<u32>,
    /// What one node asks for.
    pub shape: Shape,
    /// The instance type it must run on, if it names one.
    pub instance_type: Option<String>,
}

impl MultiNode {
    /// What node `index` asks for: of the groups that hold it, the narrowest (the later of equal ones) decides.
    pub fn group_of(&self, index: u32) -> Option<&NodeGroup> {
        let width = |group: &NodeGroup| group.last.unwrap_or(u32::MAX) - group.first;
        self.groups
            .iter()
            .filter(|group| group.first <= index && group.last.is_none_or(|last| index <= last))
            .rev()
            .min_by_key(|group| width(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trailing_star_is_a_wildcard() {
        assert!(Pattern::new("Host EC2*").matches("Host EC2 (instance i-0) terminated."));
        assert!(Pattern::new("*").matches(""));
        assert!(!Pattern::new("1*7").matches("137"));
        assert!(Pattern::new("13*").matches("137"));
        assert!(!Pattern::new("13").matches("137"));
    }

    #[test]
    fn of_nested_node_ranges_the_inner_one_holds() {
        let group = |first, last, vcpus| NodeGroup {
            first,
            last,
            shape: Shape::new(vcpus, 0, 0),
            instance_type: None,
        };
        let nodes = MultiNode {
            num_nodes: 8,
            main_node: 0,
            groups: vec![group(0, None, 4), group(2, Some(3), 16)],
        };
        assert_eq!(nodes.group_of(1).unwrap().shape.vcpus, 4);
        assert_eq!(nodes.group_of(2).unwrap().shape.vcpus, 16);
        assert_eq!(nodes.group_of(7).unwrap().shape.vcpus, 4);
    }
}

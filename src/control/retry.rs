//! Whether a failed attempt is worth another (API RetryStrategy, EvaluateOnExit).

use crate::model::{EvaluateOnExit, ExitAction, Pattern, RetryStrategy};

/// What is known of a failed attempt.
pub(super) struct Failed<'a> {
    pub(super) status_reason: &'a str,
    /// Empty where the container gave none.
    pub(super) reason: &'a str,
    /// Absent where no container ended.
    pub(super) exit_code: Option<u8>,
}

/// Whether the job is tried again after `attempts` attempts. Entries are tried in order, the first match decides, and no
/// match means RETRY; RETRY does not extend `attempts`.
pub(super) fn is_retried(
    strategy: &RetryStrategy,
    attempts: u8,
    failed: &Failed<'_>,
    absent_matches: bool,
) -> bool {
    if attempts >= strategy.attempts {
        return false;
    }
    let entry = strategy
        .evaluate_on_exit
        .iter()
        .find(|entry| matches(entry, failed, absent_matches));
    entry.is_none_or(|entry| entry.action == ExitAction::Retry)
}

/// All given patterns must match.
fn matches(entry: &EvaluateOnExit, failed: &Failed<'_>, absent_matches: bool) -> bool {
    let exit_code = failed
        .exit_code
        .map(|code| code.to_string())
        .unwrap_or_default();
    let one = |pattern: &Option<Pattern>, text: &str| match pattern {
        None => true,
        Some(_) if text.is_empty() && !absent_matches => false,
        Some(pattern) => pattern.matches(text),
    };
    one(&entry.on_status_reason, failed.status_reason)
        && one(&entry.on_reason, failed.reason)
        && one(&entry.on_exit_code, &exit_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strategy(attempts: u8, entries: &[(&str, &str, &str, ExitAction)]) -> RetryStrategy {
        let pattern = |text: &str| (!text.is_empty()).then(|| Pattern::new(text));
        RetryStrategy {
            attempts,
            evaluate_on_exit: entries
                .iter()
                .map(|&(status, reason, code, action)| EvaluateOnExit {
                    on_status_reason: pattern(status),
                    on_reason: pattern(reason),
                    on_exit_code: pattern(code),
                    action,
                })
                .collect(),
        }
    }

    const HOST: Failed<'static> = Failed {
        status_reason: "Host EC2 (instance i-00000000000000001) terminated.",
        reason: "",
        exit_code: None,
    };
    const EXIT_1: Failed<'static> = Failed {
        status_reason: "Essential container in task exited",
        reason: "",
        exit_code: Some(1),
    };

    #[test]
    fn attempts_are_the_total_and_retry_does_not_extend_them() {
        let always = strategy(3, &[("*", "", "", ExitAction::Retry)]);
        assert_eq!(
            [1, 2, 3].map(|made| is_retried(&always, made, &EXIT_1, true)),
            [true, true, false]
        );
    }

    #[test]
    fn no_match_means_retry() {
        assert!(is_retried(
            &strategy(2, &[("", "", "137", ExitAction::Exit)]),
            1,
            &EXIT_1,
            true
        ));
    }

    #[test]
    fn all_patterns_of_an_entry_must_match() {
        let both = strategy(2, &[("Essential*", "", "137", ExitAction::Exit)]);
        assert!(is_retried(&both, 1, &EXIT_1, true));
        let both = strategy(2, &[("Essential*", "", "1", ExitAction::Exit)]);
        assert!(!is_retried(&both, 1, &EXIT_1, true));
    }

    #[test]
    fn the_documented_spot_recipe_retries_lost_hosts_and_nothing_else() {
        let recipe = strategy(
            5,
            &[
                ("Host EC2*", "", "", ExitAction::Retry),
                ("", "*", "", ExitAction::Exit),
            ],
        );
        assert!(is_retried(&recipe, 1, &HOST, true));
        assert!(!is_retried(&recipe, 1, &EXIT_1, true));
        assert!(
            is_retried(&recipe, 1, &EXIT_1, false),
            "unless an absent reason is held not to match"
        );
    }
}

//! What runs a sweep in parts: job scripts for AWS Batch, Slurm and Kubernetes.

use clap::ValueEnum;

use super::sweep::{SweepArgs, options};

/// Where the parts are to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// A shell script that submits an array job to AWS Batch.
    AwsBatch,
    /// A script for sbatch.
    Slurm,
    /// An indexed Job.
    Kubernetes,
}

/// The script. Each task of the array runs the part that its index tells, and the last lines say how to join them.
pub fn script(emit: Emit, asked: &SweepArgs) -> String {
    let scenario = asked.scenario.display().to_string();
    let parts = asked.shards;
    let mut words = vec!["sweep".to_owned(), scenario];
    words.extend(options(asked));
    words.extend(["--shard".to_owned(), format!("auto/{parts}")]);
    match emit {
        Emit::Slurm => slurm(&words, parts),
        Emit::AwsBatch => aws_batch(&words, parts),
        Emit::Kubernetes => kubernetes(&words, parts),
    }
}

fn slurm(words: &[String], parts: u64) -> String {
    let command = shell(words);
    format!(
        "#!/bin/bash\n\
         # A sweep in {parts} parts. Submit it with sbatch where the scenario and a shared folder are; then\n\
         #   batchcast merge \"$SWEEP_DIR\"/part-* -o sweep\n\
         #SBATCH --job-name=batchcast-sweep\n\
         #SBATCH --array=0-{last}\n\
         #SBATCH --cpus-per-task=1\n\
         #SBATCH --requeue\n\
         set -euo pipefail\n\
         SWEEP_DIR=${{SWEEP_DIR:-parts}}\n\
         mkdir -p \"$SWEEP_DIR\"\n\
         export RAYON_NUM_THREADS=${{SLURM_CPUS_PER_TASK:-1}}\n\
         exec ${{BATCHCAST:-batchcast}} {command} -o \"$SWEEP_DIR/part-$SLURM_ARRAY_TASK_ID\" --quiet\n",
        last = parts - 1
    )
}

fn aws_batch(words: &[String], parts: u64) -> String {
    let inner = format!(
        "aws s3 cp --recursive \"$SWEEP_S3/input\" . && batchcast {} -o \"part-$AWS_BATCH_JOB_ARRAY_INDEX\" --quiet && aws s3 cp --recursive \"part-$AWS_BATCH_JOB_ARRAY_INDEX\" \"$SWEEP_S3/part-$AWS_BATCH_JOB_ARRAY_INDEX\"",
        shell(words)
    );
    let overrides = serde_json::json!({
        "command": ["bash", "-c", inner],
        "environment": [{ "name": "SWEEP_S3", "value": "__SWEEP_S3__" }],
    });
    // AWS Batch: an array has 2 to 10,000 children (User Guide, array jobs).
    let array = match parts {
        1 => String::new(),
        _ => format!(" \\\n  --array-properties size={parts}"),
    };
    let lonely = match parts {
        1 => "\n# One part is no array: its index is set here.",
        _ => "",
    };
    format!(
        "#!/bin/bash\n\
         # A sweep in {parts} parts as an array job of AWS Batch. Wanted: JOB_QUEUE, a JOB_DEFINITION whose image has bash, the AWS\n\
         # CLI and batchcast, and SWEEP_S3 (s3://bucket/prefix) with the scenario and its files under input/. When it is done:\n\
         #   aws s3 cp --recursive \"$SWEEP_S3\" parts && batchcast merge parts/part-* -o sweep{lonely}\n\
         set -euo pipefail\n\
         overrides=$(cat <<'JSON'\n{overrides}\nJSON\n)\n\
         aws batch submit-job \\\n  --job-name batchcast-sweep \\\n  --job-queue \"${{JOB_QUEUE:?}}\" \\\n  \
         --job-definition \"${{JOB_DEFINITION:?}}\"{array} \\\n  --retry-strategy attempts=3 \\\n  \
         --container-overrides \"${{overrides//__SWEEP_S3__/${{SWEEP_S3:?}}}}\"\n"
    )
}

fn kubernetes(words: &[String], parts: u64) -> String {
    let inner = format!(
        "exec batchcast {} -o /sweep/part-$JOB_COMPLETION_INDEX --quiet",
        shell(words)
    );
    let job = serde_json::json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": "batchcast-sweep" },
        "spec": {
            "completionMode": "Indexed",
            "completions": parts,
            "parallelism": parts.min(100),
            "backoffLimitPerIndex": 3,
            "template": { "spec": {
                "restartPolicy": "Never",
                "containers": [{
                    "name": "sweep",
                    "image": "IMAGE_WITH_BATCHCAST",
                    "workingDir": "/sweep",
                    "command": ["sh", "-c", inner],
                    "resources": { "requests": { "cpu": "1", "memory": "1Gi" } },
                    "volumeMounts": [{ "name": "work", "mountPath": "/sweep" }],
                }],
                "volumes": [{ "name": "work", "persistentVolumeClaim": { "claimName": "CLAIM_WITH_THE_SCENARIO" } }],
            } },
        },
    });
    format!("{job:#}\n")
}

/// Words as a shell takes them.
fn shell(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let is_plain =
            |letter: char| letter.is_ascii_alphanumeric() || "-_./=,:@%+".contains(letter);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    });
    quoted.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_read_them_otherwise() {
        let words = ["a=b,c", "two words", "it's", ""].map(str::to_owned);
        assert_eq!(shell(&words), r"a=b,c 'two words' 'it'\''s' ''");
    }
}

#!/bin/sh
# Exports of an AWS Batch account what `batchcast twin` reads. It only describes and lists: nothing is changed.
#   sh export.sh [FOLDER] [DAYS]      into FOLDER (exports), events and activities of the last DAYS (7)
# Needs the AWS command line (version 2), jq for the lists of identifiers, and rights to describe and list.
set -eu
region="${AWS_REGION:-REGION_HERE}"
folder="${1:-exports}"
days="${2:-7}"
mkdir -p "$folder"
cd "$folder"
export AWS_PAGER="" AWS_DEFAULT_OUTPUT=json AWS_REGION="$region"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
since=$(date -u -d "$days days ago" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v "-${days}d" +%Y-%m-%dT%H:%M:%SZ)

# What there is. The command line fetches all pages by itself.
aws batch describe-compute-environments > compute-environments.json
aws batch describe-job-queues > job-queues.json
aws batch describe-job-definitions > job-definitions.json
aws batch list-consumable-resources > consumable-resources.json || echo '{"consumableResources": []}' > consumable-resources.json
arns=$(jq -r '.jobQueues[].schedulingPolicyArn // empty' job-queues.json | sort -u)
if [ -n "$arns" ]; then
  # shellcheck disable=SC2086
  aws batch describe-scheduling-policies --arns $arns > scheduling-policies.json
fi

# The jobs that AWS Batch still knows (it forgets them some days after their end), all states of all queues; then the children of arrays.
: > job-ids.txt
for queue in $(jq -r '.jobQueues[].jobQueueName' job-queues.json); do
  for status in SUBMITTED PENDING RUNNABLE STARTING RUNNING SUCCEEDED FAILED; do
    aws batch list-jobs --job-queue "$queue" --job-status "$status" |
      jq -r '.jobSummaryList[] | [.jobId, (.arrayProperties.size // 0)] | @tsv' >> job-ids.txt
  done
  aws batch get-job-queue-snapshot --job-queue "$queue" > "snapshot-$queue.json" || rm -f "snapshot-$queue.json"
done
cut -f 1 job-ids.txt > ids.txt
awk -F '\t' '$2 > 0 { print $1 }' job-ids.txt | while read -r array; do
  for status in SUBMITTED PENDING RUNNABLE STARTING RUNNING SUCCEEDED FAILED; do
    aws batch list-jobs --array-job-id "$array" --job-status "$status" | jq -r '.jobSummaryList[].jobId' >> ids.txt
  done
done
# describe-jobs takes 100 identifiers at a time; its answers go one after another into one file.
: > jobs.json
sort -u ids.txt | xargs -r -n 100 aws batch describe-jobs --jobs >> jobs.json
rm -f job-ids.txt ids.txt

# Machines: those that are up, and how long launches, boots and pulls take.
aws ec2 describe-instances --filters Name=tag-key,Values=AWSBatchServiceTag Name=instance-state-name,Values=pending,running > instances.json
for cluster in $(jq -r '.computeEnvironments[].ecsClusterArn // empty' compute-environments.json); do
  aws ecs list-container-instances --cluster "$cluster" | jq -r '.containerInstanceArns[]' |
    xargs -r -n 100 aws ecs describe-container-instances --cluster "$cluster" --container-instances >> container-instances.json || true
  for status in RUNNING STOPPED; do
    aws ecs list-tasks --cluster "$cluster" --desired-status "$status" | jq -r '.taskArns[]' |
      xargs -r -n 100 aws ecs describe-tasks --cluster "$cluster" --tasks >> tasks.json || true
  done
done
for group in $(jq -r '.Reservations[].Instances[].Tags[]? | select(.Key == "aws:autoscaling:groupName") | .Value' instances.json | sort -u); do
  aws autoscaling describe-scaling-activities --auto-scaling-group-name "$group" --max-items 1000 >> scaling-activities.json || true
done

# Types and prices. The price list is answered from us-east-1, whatever the region.
aws ec2 describe-instance-types > instance-types.json
aws pricing get-products --region us-east-1 --service-code AmazonEC2 --filters \
  "Type=TERM_MATCH,Field=regionCode,Value=$region" Type=TERM_MATCH,Field=operatingSystem,Value=Linux \
  Type=TERM_MATCH,Field=tenancy,Value=Shared Type=TERM_MATCH,Field=capacitystatus,Value=Used \
  Type=TERM_MATCH,Field=preInstalledSw,Value=NA > prices.json || rm -f prices.json
if [ "$(jq '[.computeEnvironments[] | select(.computeResources.type == "SPOT")] | length' compute-environments.json)" -gt 0 ]; then
  types=$(jq -r '[.computeEnvironments[] | select(.computeResources.type == "SPOT") | .computeResources.instanceTypes[] |
    if test("[.]") then . elif . == "optimal" or . == "default_x86_64" then DEFAULT_X86 elif . == "default_arm64" then DEFAULT_ARM
    else . + ".*" end] | unique | join(",")' compute-environments.json)
  aws ec2 describe-spot-price-history --start-time "$since" --end-time "$now" --product-descriptions Linux/UNIX \
    --filters "Name=instance-type,Values=$types" > spot-prices.json
fi

# Events, where a rule of EventBridge writes AWS Batch's into a log group: name it in BATCH_EVENTS_LOG_GROUP.
if [ -n "${BATCH_EVENTS_LOG_GROUP:-}" ]; then
  start=$(date -u -d "$since" +%s 2>/dev/null || date -u -j -f %Y-%m-%dT%H:%M:%SZ "$since" +%s)
  aws logs filter-log-events --log-group-name "$BATCH_EVENTS_LOG_GROUP" --start-time "${start}000" > events.json
fi

# Files that nothing was written into say nothing.
find . -type f -size 0 -exec rm -f {} +
printf '{"batchcastExportedAt": "%s"}\n' "$now" > exported-at.json
echo "exported into $folder; now: batchcast twin $folder -o twin"

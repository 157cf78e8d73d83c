#!/usr/bin/env bash
# Registers a task definition, deploys it to an ECS service with Spillway, and waits for the end of the deployment:
#
#   CLUSTER=prod SERVICE=web TASK_DEFINITION=task.json APPSPEC=appspec.yaml ./deploy.sh
#
# With FUNCTION_URL, the output ApiUrl of Spillway's stack, it runs `spillway proxy` meanwhile. Otherwise
# AWS_ENDPOINT_URL_CODEDEPLOY says where Spillway answers. Needs the AWS CLI and Python 3.
set -euo pipefail
: "${CLUSTER:?names the cluster}" "${SERVICE:?names the service}" "${TASK_DEFINITION:?names a file}"

work=$(mktemp -d)
proxy=
clean_up() {
  [ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

if [ -n "${FUNCTION_URL:-}" ]; then
  # The proxy chooses a free port, and prints where it answers as soon as it does.
  mkfifo "$work/url"
  spillway proxy --function-url "$FUNCTION_URL" >"$work/url" &
  proxy=$!
  read -r AWS_ENDPOINT_URL_CODEDEPLOY <"$work/url" || { echo "spillway proxy ended before it answered." >&2; exit 1; }
  export AWS_ENDPOINT_URL_CODEDEPLOY
fi
if [ -z "${AWS_ENDPOINT_URL_CODEDEPLOY:-}" ]; then
  echo "Set FUNCTION_URL or AWS_ENDPOINT_URL_CODEDEPLOY; without either, AWS CodeDeploy would be asked." >&2
  exit 1
fi

# What DescribeTaskDefinition answers with has members that RegisterTaskDefinition refuses.
python3 -c 'import json, sys
answered = {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
            "registeredBy", "deregisteredAt"}
definition = json.load(sys.stdin)
json.dump({name: definition[name] for name in definition if name not in answered}, sys.stdout)' \
  <"$TASK_DEFINITION" >"$work/task-definition.json"

status=0
aws ecs deploy --cluster "$CLUSTER" --service "$SERVICE" --task-definition "$work/task-definition.json" \
  --codedeploy-appspec "${APPSPEC:-appspec.yaml}" \
  --codedeploy-application "${APPLICATION:-AppECS-$CLUSTER-$SERVICE}" \
  --codedeploy-deployment-group "${DEPLOYMENT_GROUP:-DgpECS-$CLUSTER-$SERVICE}" | tee "$work/said" || status=$?

id=$(sed -n 's/.*created deployment \(d-[A-Z0-9]*\).*/\1/p' "$work/said")
arn=$(sed -n 's/.*task definition \(arn:[^ ]*\).*/\1/p' "$work/said")
printf 'codedeploy-deployment-id=%s\ntask-definition-arn=%s\n' "$id" "$arn" >>"${GITHUB_OUTPUT:-/dev/null}"
if [ "$status" != 0 ] && [ -n "$id" ]; then
  aws deploy get-deployment --deployment-id "$id" --output text --query \
    'deploymentInfo.[status, errorInformation.code, errorInformation.message, additionalDeploymentStatusInfo]' >&2
fi
exit "$status"

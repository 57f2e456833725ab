#!/usr/bin/env bash
# The steps of the pipelines, one by one: Jenkinsfile and .github/workflows/ci.yml say when each is run, and by hand it
# is `deploy/pipeline.sh STEP`. Needs Node, docker, kind, kubectl and helm. See docs/pipeline.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly CLUSTER=waybill NAMESPACE=waybill IMAGE=waybill:kind
# Traefik's NodePort, as kind-cluster.yaml maps it.
readonly URL=http://127.0.0.1:8080
readonly TRAEFIK_CHART=40.2.0
readonly KUBECTL=(kubectl --context "kind-$CLUSTER" --namespace "$NAMESPACE")
readonly SERVICES=(
  order-service inventory-service payment-service user-service notification-service catalog-service
)

run_tests() {
  npm ci --no-progress
  npm test
}

build_image() {
  docker build --tag "$IMAGE" .
}

load_into_kind() {
  kind create cluster --config deploy/k8s/kind-cluster.yaml --wait 180s
  kind load docker-image "$IMAGE" --name "$CLUSTER"
  helm upgrade traefik traefik --install --kube-context "kind-$CLUSTER" \
    --repo https://traefik.github.io/charts --version "$TRAEFIK_CHART" \
    --namespace traefik --create-namespace \
    --set service.spec.type=NodePort --set ports.web.nodePort=30080 \
    --wait --timeout 5m
}

deploy() {
  "${KUBECTL[@]}" apply --server-side --kustomize deploy/k8s/overlays/kind
}

# Until everything runs, and a customer can reach it.
wait_for_all() {
  local service
  for store in $("${KUBECTL[@]}" get statefulsets --output name); do
    "${KUBECTL[@]}" rollout status "$store" --timeout=300s
  done
  "${KUBECTL[@]}" wait --for=condition=complete job/migrate --timeout=300s
  # They failed until now, and those that wait for their next try wait up to five minutes. New ones do not.
  "${KUBECTL[@]}" delete pods --selector app.kubernetes.io/component=service --wait=false
  for service in "${SERVICES[@]}" frontend; do
    "${KUBECTL[@]}" rollout status "deployment/$service" --timeout=300s
  done
  local path
  for path in /api/v1/products /; do
    curl --fail --silent --show-error --output /dev/null \
      --retry 30 --retry-delay 2 --retry-all-errors "$URL$path"
  done
}

chaos() {
  deploy/chaos/pod-killer.sh --context "kind-$CLUSTER" --namespace "$NAMESPACE" --url "$URL" \
    --rounds 6 --report reports/chaos
}

rolling_update() {
  deploy/chaos/rolling-update.sh --platform kubernetes --context "kind-$CLUSTER" --namespace "$NAMESPACE" \
    --url "$URL" --report reports/chaos
}

# The invariants, by what the database, the broker and the payment gateway have written down.
validate() {
  local replicas=() module
  trap 'kill "${forwards[@]}" 2>/dev/null || true' EXIT
  forward service/postgres-rw 15432:5432
  forward service/rabbitmq 15672:5672
  forward service/mock-gateway 18010:8010
  for module in orders inventory payments users notifications catalog; do
    replicas+=(--replicas "$module=$(ready_of "$module")")
  done
  mkdir -p reports
  DATABASE_URL="postgres://$(secret postgres-app username):$(secret postgres-app password)@127.0.0.1:15432/waybill" \
    node scripts/run-ts.js test/chaos/check.ts --gateway http://127.0.0.1:18010 "${replicas[@]}" \
    --rabbitmq "amqp://$(secret rabbitmq-default-user username):$(secret rabbitmq-default-user password)@127.0.0.1:15672" \
    --wait 60 | tee reports/invariants.txt
}

forwards=()
forward() {
  "${KUBECTL[@]}" port-forward "$1" "$2" >/dev/null &
  forwards+=("$!")
  local port=${2%%:*} tries
  for ((tries = 0; tries < 50; tries++)); do
    if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    sleep 0.2
  done
  echo "Nothing is forwarded to $1" >&2
  return 1
}

secret() {
  "${KUBECTL[@]}" get secret "$1" --output "jsonpath={.data.$2}" | base64 --decode
}

# Modules are called as services are, in the plural: orders is order-service, catalog is catalog-service.
ready_of() {
  local service
  case $1 in
    inventory | catalog) service=$1-service ;;
    *) service=${1%s}-service ;;
  esac
  "${KUBECTL[@]}" get deployment "$service" --output 'jsonpath={.status.readyReplicas}'
}

# What the cluster can tell before it is gone; never fails.
clean_up() {
  if kind get clusters 2>/dev/null | grep --quiet --line-regexp "$CLUSTER"; then
    mkdir -p reports/cluster
    "${KUBECTL[@]}" get all,events --output wide >reports/cluster/state.txt 2>&1 || true
    local service
    for service in "${SERVICES[@]}" frontend; do
      "${KUBECTL[@]}" logs "deployment/$service" --all-pods --prefix --tail=2000 \
        >"reports/cluster/$service.txt" 2>&1 || true
    done
    kind delete cluster --name "$CLUSTER" || true
  fi
}

case ${1:-} in
  test) run_tests ;;
  build) build_image ;;
  load) load_into_kind ;;
  deploy) deploy ;;
  wait) wait_for_all ;;
  chaos) chaos ;;
  rolling-update) rolling_update ;;
  validate) validate ;;
  clean-up) clean_up ;;
  *)
    echo "usage: deploy/pipeline.sh test | build | load | deploy | wait | chaos | rolling-update | validate | clean-up" >&2
    exit 2
    ;;
esac

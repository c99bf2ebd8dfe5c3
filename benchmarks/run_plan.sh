#!/usr/bin/env bash
# Installs pyRadPlan in a throw-away environment and plans the same case on both sides:
#   bash benchmarks/run_plan.sh PYTHON
# An environment that has it already can be named: HEPATICA_PLAN_PEER=/path/to/python
set -euo pipefail
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
peer=${HEPATICA_PLAN_PEER:-}
if [ -z "$peer" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  echo "bench-plan: installing pyRadPlan in a throw-away environment (1.2 GB)" >&2
  "$python" -m venv "$folder"
  "$folder/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements-plan-peer.txt"
  peer="$folder/bin/python"
fi
"$python" "$here/plan.py" "$peer"

#!/usr/bin/env bash
# Installs the peers in a throw-away environment and times both sides: bash benchmarks/run.sh PYTHON
set -euo pipefail
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
peers=$(mktemp -d)
trap 'rm -rf "$peers"' EXIT
echo "bench: installing the peers in a throw-away environment" >&2
"$python" -m venv "$peers"
"$peers/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements-peers.txt"
"$python" "$here/analysis.py" "$peers/bin/python"

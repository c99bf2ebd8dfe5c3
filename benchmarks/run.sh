#!/usr/bin/env bash
# Speed and memory of Hepatica, paired with the peers, in an environment that is thrown away.
# Usage: benchmarks/run.sh PYTHON [--quick]
set -euo pipefail

python=${1:?usage: benchmarks/run.sh PYTHON [--quick]}
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' || {
  echo "The peer pymedphys needs Python 3.11 or 3.12; say which with: make bench PYTHON=python3.12" >&2
  exit 2
}
echo "Installing the peers in $work ..." >&2
"$python" -m venv "$work/env"
"$python" - "$root/pyproject.toml" > "$work/ours.txt" <<'END'
import sys, tomllib
with open(sys.argv[1], "rb") as project:
    print("\n".join(tomllib.load(project)["project"]["dependencies"]))
END
"$work/env/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  -r "$here/peers.txt" -r "$work/ours.txt"

export PYTHONPATH="$root/src:$here"
export NUMBA_CACHE_DIR="$work/numba"
export HEPATICA_SHARED="${HEPATICA_SHARED:-$(dirname "$root")/shared}"
"$work/env/bin/python" "$here/compare.py" --work "$work" \
  --out "$here/results/analysis.json" "$@"

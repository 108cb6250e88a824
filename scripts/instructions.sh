#!/usr/bin/env bash
# Instructions for one answer that is ready, counted by callgrind, against a limit.
#
#   scripts/instructions.sh [LIMIT]
#
# Counts those of two runs that differ in the number of answers only; what both do to get ready falls out. Instructions, unlike time, are
# the same on a busy machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
limit=${1:-1200}
few=10000 many=60000

binary=$(cargo bench --quiet --locked -p rootwalk-server --bench ready --no-run --message-format=json 2>/dev/null |
    python3 -c 'import json, sys
for line in sys.stdin:
    made = json.loads(line)
    if made.get("target", {}).get("name") == "ready" and made.get("executable"):
        print(made["executable"])')
[ -x "$binary" ] || { echo "the benchmark was not built"; exit 1; }

count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" --replay "$1" 2>&1 |
        sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p'
}
first=$(count "$few") && second=$(count "$many") || { echo "the benchmark does not run: $binary"; exit 1; }
each=$(((second - first) / (many - few)))
echo "instructions for an answer that is ready: $each of at most $limit"
[ "$each" -gt 0 ] && [ "$each" -le "$limit" ]

#!/usr/bin/env bash
# A long run at high churn: every question is for a name that nobody has asked before, and the cache is full all the time.
#
#   scripts/soak.sh [MINUTES] [QUESTIONS A SECOND] [CACHE SIZE]
#
# Prints the resident set once a minute, and fails if it grows after the first third of the time (by more than 2 %), or if answers
# are lost. Takes the release binary, on the built-in internet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=${1:-30}
rate=${2:-1500}
cache=${3:-32MiB}
. scripts/lab_server.sh
serve_lab "$cache"

early=0 late=0 first=0
for ((minute = 1; minute <= minutes; minute++)); do
    last=$((first + rate * 60))
    # Signed data, denials and addresses: kinds that are kept in different ways.
    python3 -c '
import sys
kinds = ["n%d.gen.rootwalk.net A", "n%d.gen.rootwalk.net AAAA", "none%d.rootwalk.net A", "n%d.gen.rootwalk.net TXT"]
[print(kinds[i % 4] % i) for i in range(int(sys.argv[1]), int(sys.argv[2]))]' "$first" "$last" >"$work/questions"
    first=$last
    dnsperf -s 127.0.0.1 -p "$port" -d "$work/questions" -q 100 -t 6 -Q "$rate" >"$work/result" 2>&1
    grep -q "Queries lost: *0 " "$work/result" || { sed -n '/Queries sent/,/Queries per second/p' "$work/result"; exit 1; }
    rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
    echo "minute $minute: $rss KiB resident, $(sed -n 's/^ *Queries completed: *\([0-9]*\).*/\1/p' "$work/result") answers"
    if ((minute * 3 <= minutes)); then
        ((rss > early)) && early=$rss
    else
        ((rss > late)) && late=$rss
    fi
done
echo "at most $early KiB in the first third, $late KiB afterwards"
((late * 100 <= early * 102))

#!/usr/bin/env bash
# 100,000 questions for distinct names of the lab through dnsperf, against the release binary.
#
#   scripts/load.sh [QUESTIONS]
#
# Fails if an answer is lost or wrong, or if the process grows beyond its cache (32 MiB) and 64 MiB for all else
# (the built-in internet, what is known of servers, questions in flight).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
questions=${1:-100000}
limit_kib=$(((32 + 64) * 1024))
. scripts/lab_server.sh
serve_lab 32MiB
python3 -c 'import sys; [print(f"n{i}.gen.rootwalk.net A") for i in range(int(sys.argv[1]))]' "$questions" >"$work/questions"

dnsperf -s 127.0.0.1 -p "$port" -d "$work/questions" -q 100 -t 6 >"$work/result" 2>&1
sed -n '/Queries sent/,/Queries per second/p' "$work/result"
grep -q "Queries completed:  *$questions (100.00%)" "$work/result" || { echo "answers were lost"; exit 1; }
grep -q "NOERROR $questions (100.00%)" "$work/result" || { echo "not every answer is NOERROR"; exit 1; }
rss_kib=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
echo "resident set: $rss_kib KiB of at most $limit_kib KiB"
[ "$rss_kib" -le "$limit_kib" ]

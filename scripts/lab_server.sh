# Sourced by scripts that ask the release binary on the built-in internet; not to be run by itself.
#
#   serve_lab CACHE_SIZE    starts it on a free port; sets $server (its process), $port and $work (a folder that goes with it)

serve_lab() {
    work=$(mktemp -d)
    server=
    trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
    printf '[server]\nlisten = ["127.0.0.1:0"]\n[cache]\nsize = "%s"\n' "$1" >"$work/rootwalk.toml"
    target/release/rootwalk serve --lab --lab-latency off --config "$work/rootwalk.toml" >"$work/out" 2>"$work/log" &
    server=$!
    until grep -q '^listening on ' "$work/out"; do
        kill -0 "$server" || { cat "$work/log"; exit 1; }
        read -r -t 0.05 _ <> <(:) || true
    done
    port=$(sed -n 's/^listening on .*:\([0-9]*\) (.*/\1/p' "$work/out" | head -n 1)
}

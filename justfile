# Recipes for daily work; `just` lists them. Needs https://just.systems; without it, read the lines and run them.

_default:
    @just --list --unsorted

# everything that CI runs, exactly
check:
    bash .ci/run

# the quick part of it, for one crate: `just try engine`
try crate:
    cargo fmt --all --check
    cargo clippy -p rootwalk-{{crate}} --all-targets -- -D warnings
    cargo test -p rootwalk-{{crate}}

# run the resolver on the built-in internet: dig @127.0.0.1 -p 5300 www.naver.com
lab *options:
    cargo run --release -- serve --lab {{options}}

# show a walk through the built-in internet: `just walk www.naver.com`
walk *question:
    cargo run --release -- walk --lab {{question}}

# random worlds with random faults, judged by the oracle: `just sim 4711 1` runs one seed again
sim seed="0" worlds="2000":
    SIM_SEED={{seed}} SIM_WORLDS={{worlds}} cargo test -p rootwalk-engine --test it random_worlds -- --nocapture

# scripted scenarios of other resolvers against the binary, in network namespaces: `just conformance --scenario nsec3`
conformance *options:
    cargo xtask conformance {{options}}

# play the scenarios whose path contains a name, with the walk: `just scenario 14-`
scenario name:
    SCENARIO={{name}} cargo test -p rootwalk-conformance --test it scn -- --nocapture

# the sizes of large files, and whether crates keep to their arrows
shape:
    cargo test --test architecture -- --nocapture

# write the outputs in README.md anew
bless:
    python3 scripts/readme.py

# how long reading a message takes
bench:
    cargo run --release --example wire_form

# the exchange of the study notes, live
hybrid *options:
    cargo run --release -p cryptodemo -- hybrid {{options}}

# the documentation of all crates, in the browser
doc:
    cargo doc --workspace --no-deps --open

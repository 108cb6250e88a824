#!/usr/bin/env python3
"""Keeps the outputs that README.md shows true.

    scripts/readme.py                writes the outputs anew
    scripts/readme.py --check        fails if one differs from what the commands print now
    scripts/readme.py --command NAME prints the command that the README names NAME

What stands in the README:

    <!-- run                    Each line is a command. The fenced block that follows shows commands and outputs.
    rootwalk lab                If one of them is dig, a resolver on the built-in internet is started for the block,
    -->                         with an empty cache; the commands say port 5300, whatever port it gets.
    <!-- measure                As run, for commands that measure: only the words are compared by --check, because the figures
    cryptodemo compare          are new each time. A plot is written anew too, but not by --check.
    -->                        Commands that do not name rootwalk run in a folder of their own.
    <!-- config -->             The fenced block that follows is a configuration that `rootwalk config check` accepts.
    <!-- command: NAME -->      The fenced block that follows is one command, run by .ci/run.

Times, identifiers and the choice between equal servers differ from run to run: --check leaves them out.
"""

import difflib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"
README = ROOT / "README.md"
SHOWN_PORT = "5300"
FENCE = r"```[a-z]*\n(.*?)```"
RUN = re.compile(r"<!-- (run|measure)\n(.*?)-->\n(```[a-z]*\n)(.*?)```", re.S)
PLOT = "docs/compare.svg"
# How much of the words of a measuring command must stay the same.
LIKENESS = 0.85
CONFIG = re.compile(r"<!-- config -->\n" + FENCE, re.S)
COMMAND = re.compile(r"<!-- command: (\S+) -->\n" + FENCE, re.S)
# The longest that one command or the start of a resolver may take, in seconds.
PATIENCE = 60

# What differs from run to run, and what stands for it in a comparison.
NOISE = [
    (r"^(; <<>> DiG|; \(\d+ servers? found\)|;; global options:|;; SERVER:|;; WHEN:|; COOKIE:).*\n", ""),
    (r"\bid: \d+", "id: ID"),
    (r"\d+(\.\d+)? ?(msec|ms|µs|us|s)\b", "TIME"),
    (r"\b\d+ (days|h|min) left\b", "TIME left"),  # of signatures
    (r"\d+ (bytes|octets)\b", r"SIZE"),
    (r"[\w.-]+ (127\.53\.\d+\.\d+|fd53:[0-9a-f:]+)(:\d+|#\d+)? (udp|tcp)", r"SERVER \3"),
    (r"^(\S+\s+)\d+(\s+IN\s)", r"\1TTL\2"),  # of records in dig's form
    (r"\breferral to \S+", "referral"),  # where a long server name leaves no room, the zone is left out
    (r"[ \t]+", " "),
    (r" ?$", ""),
]


def main():
    arguments = sys.argv[1:]
    text = README.read_text(encoding="utf-8")
    if len(arguments) == 2 and arguments[0] == "--command":
        print(named_command(text, arguments[1]))
        return 0
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    subprocess.run(["cargo", "build", "--release", "--locked", "--bins"], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as home:
        plot = str(Path(home) / "compare.svg") if arguments else str(ROOT / PLOT)
        fresh = RUN.sub(lambda found: with_output(found, home, plot), text)
        for found in CONFIG.finditer(text):
            check_config(found.group(1), home)
    if not arguments:
        README.write_text(fresh, encoding="utf-8")
        return 0
    return compare(text, fresh)


def named_command(text, name):
    for found in COMMAND.finditer(text):
        if found.group(1) == name:
            return found.group(2).strip()
    sys.exit(f"README.md names no command {name}")


def with_output(found, home, plot):
    kind, listed, fence, _ = found.groups()
    commands = listed.strip().splitlines()
    if any(re.search(r"\bdig\b", command) for command in commands):
        with Resolver(home) as port:
            shown = [run(command, home, port, plot) for command in commands]
    else:
        shown = [run(command, home, SHOWN_PORT, plot) for command in commands]
    # A blank line after each output.
    shown = "".join(part + "\n" if part.count("\n") > 1 else part for part in shown).rstrip("\n") + "\n"
    return f"<!-- {kind}\n{listed}-->\n{fence}{shown}```"


def run(command, home, port, plot):
    """The command and its output, as a terminal shows them."""
    real = re.sub(rf"\b{SHOWN_PORT}\b", port, command).replace(PLOT, plot)
    done = subprocess.run(
        ["bash", "-c", real],
        cwd=ROOT if "rootwalk" in command else home,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    if done.returncode == 127:
        sys.exit(f"a command of README.md is not installed here: {done.stdout.strip()}")
    output = done.stdout.strip("\n").replace(plot, PLOT)
    if port != SHOWN_PORT:
        output = re.sub(rf"\b{port}\b", SHOWN_PORT, output)
    output = "\n".join(line.rstrip() for line in output.splitlines())
    return f"$ {command}\n" + (f"{output}\n" if output else "")


def environment(home):
    path = f"{RELEASE}{os.pathsep}{os.environ['PATH']}"
    # A home of its own keeps ~/.digrc out.
    return {"PATH": path, "HOME": home, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "120"}


class Resolver:
    """A resolver on the built-in internet with an empty cache."""

    def __init__(self, home):
        self.home = home

    def __enter__(self):
        self.process = subprocess.Popen(
            ["rootwalk", "serve", "--lab", "--listen", "127.0.0.1:0"],
            cwd=ROOT,
            env=environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.match(r"listening on 127\.0\.0\.1:(\d+) ", line)
        if not found:
            self.process.kill()
            sys.exit(f"rootwalk serve did not start: {line!r}")
        return found.group(1)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=PATIENCE) != 0:
            sys.exit("rootwalk serve did not end well")


def check_config(text, home):
    file = Path(home) / "rootwalk.toml"
    file.write_text(text, encoding="utf-8")
    command = [str(RELEASE / "rootwalk"), "config", "check", str(file)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(f"a configuration in README.md is refused:\n{text}")


def without_noise(text):
    for pattern, replacement in NOISE:
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text.splitlines()


def likeness(shown, now):
    """How much of the words, figures left out, two outputs share."""
    words = [re.findall(r"[A-Za-z]{2,}", output) for output in (shown, now)]
    return difflib.SequenceMatcher(None, *words, autojunk=False).ratio()


def compare(text, fresh):
    # Block by block, so that the noise of one cannot hide the loss of another.
    pairs = zip(RUN.findall(text), RUN.findall(fresh), strict=True)
    stale = 0
    for (kind, commands, _, shown), (_, _, _, now) in pairs:
        if kind == "measure" and likeness(shown, now) >= LIKENESS:
            continue
        lines = list(difflib.unified_diff(without_noise(shown), without_noise(now), "README.md", "now", lineterm=""))
        if lines:
            stale += 1
            print(f"out of date: {commands.strip().splitlines()[0]}", *lines, sep="\n")
    if stale:
        print("run scripts/readme.py to write the outputs anew")
        return 1
    print(f"README.md: {len(RUN.findall(text))} outputs are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())

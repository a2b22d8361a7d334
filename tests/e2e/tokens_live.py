# SPDX-License-Identifier: GPL-3.0-or-later
"""Our tokenizers against the npm package tiktoken, token by token, over 10 MB of mixed text."""

import subprocess
import sys
import tempfile
from pathlib import Path

from live import Failure, check, npmBinary, say
from mixedtext import mixedText

VERSION = "1.0.22"
SIZE = 10_000_000


def firstDifference(ours, theirs):
    pairs = zip(range(0, min(len(ours), len(theirs)), 4), range(len(ours)))
    return next((at // 4 for at, _ in pairs if ours[at:at + 4] != theirs[at:at + 4]), min(len(ours), len(theirs)) // 4)


def compare(folder, tokensOf, package, encoding):
    text, mine, theirs = (Path(folder) / name for name in ("text", "ours", "theirs"))
    script = Path(__file__).resolve().parent / "tiktoken.mjs"
    subprocess.run(["node", script, package, text, encoding, theirs], check=True, timeout=200)
    subprocess.run([tokensOf, encoding, text, mine], check=True, timeout=60)
    ours, expected = mine.read_bytes(), theirs.read_bytes()
    check(len(expected) > 0, f"{encoding}: the package gives {len(expected) // 4} tokens")
    if ours != expected:
        raise Failure(f"{encoding}: differs from token {firstDifference(ours, expected)} on")
    say(f"ok    {encoding}: all tokens are equal")


def main():
    package = npmBinary("tiktoken", VERSION, "package.json").parent
    with tempfile.TemporaryDirectory(prefix="plimsoll-tokens-") as folder:
        (Path(folder) / "text").write_bytes(mixedText(SIZE))
        try:
            for encoding in ("o200k_base", "cl100k_base"):
                compare(folder, sys.argv[1], package, encoding)
        except Failure as failure:
            print(f"FAILED: {failure}", flush=True)
            sys.exit(1)


if __name__ == "__main__":
    main()

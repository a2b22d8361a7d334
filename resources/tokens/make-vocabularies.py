#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes resources/tokens/*.vocabulary, the byte-pair vocabularies of the tokenizers, from OpenAI's rank files.

Usage: resources/tokens/make-vocabularies.py [SHARED_DIR]      (SHARED_DIR defaults to ../shared)

Reads  reference/data/tokenizers/{cl100k_base,o200k_base}.tiktoken: a line per token, "base64 rank"
Writes {cl100k_base,o200k_base}.vocabulary beside itself. Offline and repeatable.

The form: numbers are little endian. "PLVOC1\\n\\0", count of tokens (4 bytes), count of stored bytes (4), then the
tokens in the order of their bytes, as one block per property (they pack better apart):
    shared    1 byte each: how many bytes it has in common with the token before it
    rest      1 byte each: how many follow
    left      1 byte each: how many bytes the left of its two parts has; 0 for a single byte
    rank      3 bytes each
    right     3 bytes each: the rank of the right part; 0 for a single byte
    bytes     the bytes that follow, one token's behind the other's
The parts are those of the last merge when the token itself is encoded. With them the program need not find out at
start which merges there are. What its way of encoding relies on is checked here: ranks 0 to 255 are the single bytes,
no rank is missing, every token is what its own bytes encode to, and its parts rank below it.
"""
import base64
import pathlib
import struct
import sys


def read_ranks(path):
    ranks = {}
    for line in path.read_bytes().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    if sorted(ranks.values()) != list(range(len(ranks))):
        sys.exit(f"{path.name}: ranks are missing or double")
    if sorted(ranks[bytes([i])] for i in range(256)) != list(range(256)):
        sys.exit(f"{path.name}: the first ranks are not the single bytes")
    return ranks


def last_merge(token, ranks):
    """The two parts that become the token, when it is encoded by itself, at the very end."""
    parts = [token[i:i + 1] for i in range(len(token))]
    while len(parts) > 2:
        merges = [(ranks[a + b], i) for i, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in ranks]
        if not merges:
            sys.exit(f"{token} is never reached by merges")
        at = min(merges)[1]
        parts[at:at + 2] = [parts[at] + parts[at + 1]]
    if max(ranks[part] for part in parts) >= ranks[token]:
        sys.exit(f"{token} ranks below its parts")
    return parts


def shared_length(a, b):
    length = 0
    while length < min(len(a), len(b)) and a[length] == b[length]:
        length += 1
    return length


def block(numbers):
    return b"".join(struct.pack("<I", number)[:3] for number in numbers)


def vocabulary(ranks):
    tokens = sorted(ranks)
    parts = [last_merge(token, ranks) if len(token) > 1 else None for token in tokens]
    shared = [shared_length(a, b) for a, b in zip([b""] + tokens, tokens)]
    stored = b"".join(token[length:] for token, length in zip(tokens, shared))
    return b"".join([
        b"PLVOC1\n\0",
        struct.pack("<II", len(tokens), len(stored)),
        bytes(shared),
        bytes(len(token) - length for token, length in zip(tokens, shared)),
        bytes(len(both[0]) if both else 0 for both in parts),
        block(ranks[token] for token in tokens),
        block(ranks[both[1]] if both else 0 for both in parts),
        stored,
    ])


def main():
    here = pathlib.Path(__file__).resolve().parent
    shared = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent.parent.parent / "shared"
    for name in ("cl100k_base", "o200k_base"):
        ranks = read_ranks(shared / "reference/data/tokenizers" / f"{name}.tiktoken")
        (here / f"{name}.vocabulary").write_bytes(vocabulary(ranks))


if __name__ == "__main__":
    main()

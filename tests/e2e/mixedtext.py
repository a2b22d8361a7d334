# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of every kind for tokenizers: prose, code, many scripts, emoji, odd spaces, broken UTF-8. Repeatable.

Usage: mixedtext.py BYTES OUT
"""

import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# First and last letters of scripts that text may be in.
SCRIPTS = [(0x61, 0x7A), (0x41, 0x5A), (0xC0, 0x17F), (0x370, 0x3FF), (0x400, 0x4FF), (0x5D0, 0x5EA), (0x620, 0x64A),
           (0x900, 0x97F), (0xE01, 0xE5B), (0x1E00, 0x1EFF), (0x3041, 0x30FF), (0x4E00, 0x9FFF), (0x4E00, 0x62FF),
           (0xAC00, 0xD7A3), (0x10D0, 0x10FF), (0x13A0, 0x13F5), (0x10400, 0x1044F), (0x1F600, 0x1F64F),
           (0x1F1E6, 0x1F1FF), (0x300, 0x36F), (0x20000, 0x2A6DF)]
SPACES = [" ", " ", " ", "  ", "    ", "\n", "\n\n", "\r\n", "\t", "\t\t", " \n ", "\n    ", "\u00a0", "\u2003", "\u3000",
          "\u0085", "\u2028", "\x0b", "\x0c", "\ufeff", "\u200b", "\u200d", "\x1c"]
SIGNS = [".", ",", "!", "?", "...", "->", "=>", "::", "();", "{}", "[0]", "/", "//", "/*", "*/", "\\n", "'", "\"", "`", "```",
         "=" * 40, "-" * 90, "#" * 7, "_", "~", "@", "$", "%", "&", "|", "\u201c", "\u2026", "\u3002", "\uff01", "\u20ac",
         "\u2605", "\U0001F680", "\U0001F44D\U0001F3FD", "\u2764\ufe0f", "<|endoftext|>", "\x00", "\x7f"]
CONTRACTIONS = ["'s", "'S", "'t", "'T", "'re", "'RE", "'ve", "'vE", "'m", "'M", "'ll", "'lL", "'d", "'D", "'\u017f", "'x", "''s"]
BROKEN = [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x80\x80", b"\xe0\x80\x80"]


def word(rng):
    low, high = rng.choice(SCRIPTS[:2] if rng.random() < 0.5 else SCRIPTS)
    letters = [chr(rng.randint(low, high)) for _ in range(rng.choice([1, 2, 3, 4, 5, 6, 8, 12, 30]))]
    return "".join(letters)


def anything(rng):
    """One character of any kind, assigned or not."""
    code = rng.randrange(0x110000)
    return "" if 0xD800 <= code <= 0xDFFF else chr(code)


def piece(rng):
    kind = rng.random()
    if kind < 0.45:
        return word(rng).encode()
    if kind < 0.62:
        return rng.choice(SPACES).encode()
    if kind < 0.76:
        return rng.choice(SIGNS).encode()
    if kind < 0.82:
        return str(rng.randrange(10 ** rng.randint(1, 12))).encode()
    if kind < 0.88:
        return (word(rng) + rng.choice(CONTRACTIONS)).encode()
    if kind < 0.95:
        return anything(rng).encode()
    if kind < 0.97:
        return (rng.choice([" ", "\n", "a", "A", "=", "-", "\u00e9", "\u7684", "\U0001F600", "0"]) * rng.randint(1, 300)).encode()
    return rng.choice(BROKEN)


def mixedText(size):
    rng = random.Random(4)
    # A third of what people have: the sources and texts of this tree.
    texts = [path.read_bytes() for path in sorted(ROOT.rglob("*"))
             if path.suffix in (".cpp", ".h", ".py", ".mjs", ".md", ".cmake", ".jsonl", ".json") and "build" not in path.parts]
    parts, total = [], 0
    while total < size // 3:
        for text in texts:
            parts.append(text)
            total += len(text)
    del parts[-1]
    total = sum(len(part) for part in parts)
    while total < size:
        parts.append(piece(rng))
        total += len(parts[-1])
    return b"".join(parts)[:size]


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(mixedText(int(sys.argv[1])))

// SPDX-License-Identifier: GPL-3.0-or-later
// Encodes a file with the npm package tiktoken, decoded as Node.js does (broken UTF-8 becomes U+FFFD).
//
// Usage: node tiktoken.mjs PACKAGE TEXT ENCODING [OUT]
// PACKAGE is the folder of the package. Prints JSON {load_ms, tokens, seconds} (of the processor), the best of three rounds without OUT;
// writes the tokens into OUT, 4 bytes each, little endian.
import {readFileSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {resolve} from "node:path";

const [folder, textFile, encoding, out] = process.argv.slice(2);
const require = createRequire(resolve(folder, "package.json"));

/// Milliseconds of the processor since `start`, all threads.
function since(start) {
    const used = process.cpuUsage(start);
    return (used.user + used.system) / 1000;
}

let start = process.cpuUsage();
const {Tiktoken} = require("./lite/tiktoken.cjs");
const ranks = require(`./encoders/${encoding}.json`);
const tokenizer = new Tiktoken(ranks.bpe_ranks, ranks.special_tokens, ranks.pat_str);
const loadMs = since(start);

const text = readFileSync(textFile).toString("utf8");
let tokens;
let best = Infinity;
for (let round = 0; round < (out ? 1 : 3); ++round) {
    start = process.cpuUsage();
    tokens = tokenizer.encode_ordinary(text);
    best = Math.min(best, since(start) / 1000);
}
if (out)
    writeFileSync(out, new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength));
console.log(JSON.stringify({load_ms: loadMs, tokens: tokens.length, seconds: best}));

// SPDX-License-Identifier: GPL-3.0-or-later
// Makes resources/tokens/charclasses.txt: which characters are letters, marks, numbers and spaces to OpenAI's tokenizer.
//
// Usage: node resources/tokens/make-charclasses.mjs DIR      (DIR has node_modules/tiktoken, the npm package)
//
// Asks the regular expressions of the package itself, as they know another version of Unicode than Node.js, Python or
// Qt do: each class once over all characters. Writes beside itself; repeatable.
import {createRequire} from "node:module";
import {writeFileSync} from "node:fs";
import {resolve} from "node:path";

const {Tiktoken} = createRequire(resolve(process.argv[2] ?? ".", "package.json"))("tiktoken/lite");
const classes = {U: "[\\p{Lu}\\p{Lt}]", l: "\\p{Ll}", o: "[\\p{Lm}\\p{Lo}]", m: "\\p{M}", n: "\\p{N}", s: "\\s"};
const last = 0x10ffff;

let all = "";
for (let code = 0; code <= last; ++code) {
    if (code < 0xd800 || code > 0xdfff)
        all += String.fromCodePoint(code);
}
let ranks = "! 0"; // every byte is its own token: what is encoded is what matched
for (let byte = 0; byte < 256; ++byte)
    ranks += " " + Buffer.from([byte]).toString("base64");

const classOf = new Array(last + 2).fill("-");
for (const [letter, pattern] of Object.entries(classes)) {
    const tokenizer = new Tiktoken(ranks, {}, pattern);
    for (const character of Buffer.from(tokenizer.encode_ordinary(all)).toString("utf8")) {
        if (classOf[character.codePointAt(0)] !== "-")
            throw new Error("a character of two classes");
        classOf[character.codePointAt(0)] = letter;
    }
    tokenizer.free();
}

let text = "# Made by make-charclasses.mjs: the first character of each range (hex) and its class: U upper or title case,\n" +
    "# l lower case, o letter without case, m mark, n number, s white space, - none of these. Unicode 16.\n";
for (let code = 0; code <= last; ++code) {
    if (code === 0 || classOf[code] !== classOf[code - 1])
        text += code.toString(16) + classOf[code] + "\n";
}
writeFileSync(new URL("charclasses.txt", import.meta.url), text);

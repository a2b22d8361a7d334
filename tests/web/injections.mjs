// SPDX-License-Identifier: GPL-3.0-or-later
// Texts that would run a script if anything read them as markup: 300 of them, each sets `testRan`.

const RUN = 'window.testRan=1';

const SHAPES = [
    (run) => `<script>${run}</script>`,
    (run) => `<img src=x onerror="${run}">`,
    (run) => `<svg onload="${run}">`,
    (run) => `<svg><script>${run}</script></svg>`,
    (run) => `<iframe srcdoc="<script>parent.${run}</script>"></iframe>`,
    (run) => `<a href="javascript:${run}">here</a>`,
    (run) => `<details open ontoggle="${run}">`,
    (run) => `<input autofocus onfocus="${run}">`,
    (run) => `<body onload="${run}">`,
    (run) => `<object data="javascript:${run}"></object>`,
    (run) => `<embed src="javascript:${run}">`,
    (run) => `<math><mtext></table><img src=x onerror="${run}"></math>`,
    (run) => `<style>@import 'javascript:${run}';</style>`,
    (run) => `<link rel=stylesheet href="data:text/css,*{}" onload="${run}">`,
    (run) => `<base href="//evil.invalid/"><script src="a.js"></script><!--${run}-->`,
    (run) => `<template><script>${run}</script></template>`,
    (run) => `<form action="javascript:${run}"><button>go</button></form>`,
    (run) => `<video><source onerror="${run}"></video>`,
    (run) => `<marquee onstart="${run}">`,
    (run) => `<meta http-equiv=refresh content="0;url=javascript:${run}">`,
    (run) => `"><script>${run}</script>`,
    (run) => `'-(${run})-'`,
    (run) => `\`\${${run}}\``,
    (run) => `{{constructor.constructor('${run}')()}}`,
    (run) => `&lt;script&gt;${run}&lt;/script&gt;`,
];

const FRAMES = [
    (text) => text,
    (text) => text.toUpperCase().replace('WINDOW.TESTRAN', 'window.testRan'),
    (text) => `</title></textarea></style></noscript>${text}`,
    (text) => `\u202e${text}\u202c`,
    (text) => text.replace('<', '<\u0000'),
    (text) => `[link](javascript:${RUN}) ${text}`,
    (text) => `<![CDATA[${text}]]>`,
    (text) => `<!--${text}-->${text}`,
    (text) => `__proto__ ${text.replace(/"/gu, '&quot;')}`,
    (text) => encodeURI(text),
    (text) => `${text}\n${'A'.repeat(300)}`,
    (text) => `\u001b]8;;javascript:${RUN}\u0007${text}\u001b]8;;\u0007`,
];

export function injections() {
    return SHAPES.flatMap((shape) => FRAMES.map((frame) => frame(shape(RUN))));
}

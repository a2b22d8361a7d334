// SPDX-License-Identifier: GPL-3.0-or-later
// How numbers, times and foreign texts are written: the same as in the window (models/format.cpp).

export const DASH = '–';

const DAY_MS = 86_400_000;

const KIND_LABELS = { 'claude-code': 'Claude Code', codex: 'Codex' };
const STATE_LABELS = {
    executing: 'working', blocked: 'needs you', waiting: 'waiting', idle: 'idle',
    complete: 'finished', failed: 'failed',
};

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** Three digits that count: 1.00, 12.3, 123. */
function threeDigits(value) {
    if (value >= 99.95)
        return value.toFixed(0);
    return value.toFixed(value >= 9.995 ? 1 : 2);
}

const estimatedMark = (basis) => (basis === 'estimated' ? '~' : '');

export function tokens(count) {
    if (!isNumber(count))
        return DASH;
    if (count < 0)
        return '−' + tokens(-count);
    if (count < 1000)
        return String(count);
    if (count < 9950)
        return (count / 1e3).toFixed(1) + 'k';
    if (count < 999_500)
        return (count / 1e3).toFixed(0) + 'k';
    if (count < 999_500_000)
        return threeDigits(count / 1e6) + 'M';
    return threeDigits(count / 1e9) + 'B';
}

export function windowTokens(count) {
    if (isNumber(count) && count >= 10_000 && count < 999_500 && count % 1000 !== 0 && count % 100 === 0)
        return (count / 1e3).toFixed(1) + 'k';
    return tokens(count);
}

/** What part of the window is used; null where either number is unknown. */
export function windowFraction(agent) {
    return isNumber(agent.context_tokens) && agent.context_window > 0
        ? agent.context_tokens / agent.context_window : null;
}

/** Where on the bar the Plimsoll line is; null where there is none. */
export function triggerFraction(agent) {
    return agent.compact_at_tokens > 0 && agent.context_window > 0
        ? agent.compact_at_tokens / agent.context_window : null;
}

/** 'calm', 'warning' or 'critical', relative to the Plimsoll line where it is known; 'unknown'. */
export function fillLevel(agent) {
    const limit = isNumber(agent.compact_at_tokens) ? agent.compact_at_tokens : agent.context_window;
    if (!isNumber(agent.context_tokens) || !(limit > 0))
        return 'unknown';
    const fill = agent.context_tokens / limit;
    if (fill >= 0.9)
        return 'critical';
    return fill >= 0.8 ? 'warning' : 'calm';
}

export function fill(agent) {
    const used = (isNumber(agent.context_tokens) ? estimatedMark(agent.context_basis) : '')
        + tokens(agent.context_tokens);
    const window = isNumber(agent.context_window)
        ? estimatedMark(agent.window_basis) + windowTokens(agent.context_window) : '?';
    return `${used} / ${window}`;
}

export function percent(agent) {
    const fraction = windowFraction(agent);
    if (fraction === null)
        return DASH;
    const estimated = agent.context_basis === 'estimated' || agent.window_basis === 'estimated';
    return `${estimated ? '~' : ''}${(fraction * 100).toFixed(0)}%`;
}

export function money(usd) {
    if (!isNumber(usd))
        return DASH;
    if (usd < 0)
        return '−' + money(-usd);
    return usd > 0 && usd < 0.01 ? '<$0.01' : '$' + usd.toFixed(2);
}

export function cost(agent) {
    return isNumber(agent.total_cost) ? estimatedMark(agent.cost_basis) + money(agent.total_cost) : DASH;
}

const SUBJECTS = { context: 'Context tokens', window: 'Context window', trigger: 'Compaction point', cost: 'Cost' };
const DERIVED = {
    context: 'computed from what the agent reported.', window: 'from the table of models.',
    trigger: 'by the rule of the agent’s program.',
    cost: 'computed from the tokens of each response and the price list.',
};

/** Where a number comes from. @param number 'context', 'window', 'trigger' or 'cost' */
export function basisSentence(number, basis) {
    switch (basis) {
    case 'reported': return `${SUBJECTS[number]}: reported by the agent.`;
    case 'derived': return `${SUBJECTS[number]}: ${DERIVED[number]}`;
    case 'estimated': return number === 'trigger'
        ? `${SUBJECTS[number]}: where this session compacted before.` : `${SUBJECTS[number]}: an estimate.`;
    default: return `${SUBJECTS[number]}: not known.`;
    }
}

const twoDigits = (number) => String(number).padStart(2, '0');

/** Milliseconds of an ISO time; 0 where there is none. */
export function timeMs(iso) {
    const ms = typeof iso === 'string' ? Date.parse(iso) : NaN;
    return Number.isNaN(ms) ? 0 : ms;
}

export function clock(ms) {
    if (!(ms > 0))
        return DASH;
    const time = new Date(ms);
    return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
}

const dayOf = (time) => `${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;

/** The time of day today, the day before that. */
export function moment(ms, nowMs = Date.now()) {
    if (!(ms > 0))
        return DASH;
    const time = new Date(ms);
    const now = new Date(nowMs);
    if (time.toDateString() === now.toDateString())
        return clock(ms);
    return time.getFullYear() === now.getFullYear()
        ? `${dayOf(time)} ${clock(ms).slice(0, 5)}` : `${time.getFullYear()}-${dayOf(time)}`;
}

export function exactTime(ms) {
    return ms > 0 ? `${new Date(ms).getFullYear()}-${dayOf(new Date(ms))} ${clock(ms)}` : DASH;
}

export function ago(ms, nowMs = Date.now()) {
    if (!(ms > 0))
        return DASH;
    const seconds = Math.floor((nowMs - ms) / 1000);
    if (seconds < 10)
        return 'just now';
    if (seconds < 60)
        return `${seconds} s ago`;
    if (seconds < 3600)
        return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 48 * 3600)
        return `${Math.floor(seconds / 3600)} h ago`;
    return `${Math.floor(seconds * 1000 / DAY_MS)} d ago`;
}

export const kindLabel = (kind) => (Object.hasOwn(KIND_LABELS, kind) ? KIND_LABELS[kind] : 'Other');

export const stateLabel = (state) => (Object.hasOwn(STATE_LABELS, state) ? STATE_LABELS[state] : 'unknown');

/** "us.anthropic.claude-…-v1:0" and "anthropic/claude-…" name who serves it; "@20251101" when. */
export function shortModel(model) {
    if (typeof model !== 'string')
        return '';
    const short = model
        .replace(/[-@](?:20\d{6}|20\d{2}-\d{2}-\d{2})(?:-v\d+(?::\d+)?)?(?=$|\[)/u, '')
        .replace(/^(?:.*\/)?(?:[a-z]{2,6}\.)?(?:anthropic\.)?(?:claude-)?/u, '');
    return plain(short || model);
}

const INVISIBLE = new RegExp('[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u200b\\u200c\\u200e\\u200f'
    + '\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]|\\p{Cs}', 'gu');

function visible(character) {
    const code = character.codePointAt(0);
    if (code < 0x20)
        return String.fromCharCode(0x2400 + code);
    if (code === 0x7f)
        return '␡';
    if (code >= 0xd800 && code <= 0xdfff)
        return '�';
    return escaped(character);
}

/** ‹U+202E› */
export function escaped(character) {
    return `‹U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}›`;
}

/** Foreign text with what cannot be seen made visible: controls, direction marks, zero widths. */
export function plain(text) {
    return typeof text === 'string' ? text.replace(INVISIBLE, visible) : '';
}

export function oneLine(text, limit) {
    if (typeof text !== 'string')
        return '';
    // What lies far behind the limit cannot be seen; a line of megabytes is not walked through.
    const line = plain(text.slice(0, limit * 4).trim().replace(/\s+/gu, ' '));
    return line.length > limit ? line.slice(0, limit - 1).replace(/\p{Cs}$/u, '') + '…' : line;
}

export function accessibleSentence(agent) {
    const parts = [oneLine(agent.name, 200), kindLabel(agent.kind), stateLabel(agent.status), contextSentence(agent)];
    parts.push(isNumber(agent.total_cost) ? `cost ${cost(agent)}` : 'cost unknown');
    return parts.join(', ');
}

/** What the bar says to who cannot see it. */
export function contextSentence(agent) {
    const fraction = windowFraction(agent);
    if (fraction === null) {
        return isNumber(agent.context_tokens)
            ? `context ${tokens(agent.context_tokens)}, window unknown` : 'context unknown';
    }
    const sentence = `context ${(fraction * 100).toFixed(0)} percent, ${tokens(agent.context_tokens)} of `
        + windowTokens(agent.context_window);
    return isNumber(agent.compact_at_tokens)
        ? `${sentence}, compacts at ${tokens(agent.compact_at_tokens)}` : sentence;
}

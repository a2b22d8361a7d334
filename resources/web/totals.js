// SPDX-License-Identifier: GPL-3.0-or-later
// The header: how many agents, what they cost, what is left of the accounts.
import { make } from './dom.js';
import { clock, isNumber, kindLabel, money, oneLine, timeMs } from './format.js';
import { countsOf } from './order.js';

const SLOT_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;

const strong = (text, color) => make('b', { textContent: text, className: color ?? '' });

/** Today since midnight, and the last hour; a slot that began before the hour counts by its part in it. */
export function spendAt(slots, nowMs, midnightMs) {
    const result = { today: 0, hour: 0 };
    const hourStart = nowMs - HOUR_MS;
    for (const [start, cost] of slots) {
        // A clock that runs ahead on another machine must not show tomorrow's money.
        if (start > nowMs || !isNumber(cost))
            continue;
        if (start >= midnightMs)
            result.today += cost;
        if (start + SLOT_MS > hourStart)
            result.hour += cost * Math.min(1, (start + SLOT_MS - hourStart) / SLOT_MS);
    }
    return result;
}

function countRuns(counts) {
    const runs = counts.agents === 0
        ? ['no agent is running'] : [strong(counts.agents), counts.agents === 1 ? ' agent' : ' agents'];
    if (counts.working > 0)
        runs.push(' · ', strong(counts.working, 'good'), ' working');
    if (counts.needsYou > 0)
        runs.push(' · ', strong(counts.needsYou, 'attention'), counts.needsYou === 1 ? ' needs you' : ' need you');
    if (counts.finished > 0)
        runs.push(make('span', { className: 'dim finished', textContent: ` · ${counts.finished} finished` }));
    return runs;
}

function spendRuns(fleet, nowMs) {
    if (fleet.spend.size === 0) {
        let total = 0;
        for (const agent of fleet.agents.values())
            total += isNumber(agent.total_cost) ? agent.total_cost : 0;
        return total > 0 ? ['Total ', strong(money(total))] : [];
    }
    const { today, hour } = spendAt(fleet.spend, nowMs, new Date(nowMs).setHours(0, 0, 0, 0));
    return ['Today ', strong(money(today)), ` · ${money(hour)}/h`];
}

function limitRuns(limits) {
    const runs = [];
    for (const { kind, windows } of limits.values()) {
        (windows ?? []).forEach((window, index) => {
            const share = isNumber(window.used_percent) ? `${window.used_percent.toFixed(0)}%` : '?';
            const color = window.used_percent >= 90 ? 'danger' : window.used_percent >= 80 ? 'attention' : '';
            runs.push(runs.length > 0 ? ' · ' : '', index === 0 ? `${kindLabel(kind)} ` : '',
                `${oneLine(window.name, 20)} `, strong(share, color));
            const resets = timeMs(window.resets_at);
            if (index === 0 && resets > 0)
                runs.push(make('span', { className: 'resets', textContent: `, resets ${clock(resets).slice(0, 5)}` }));
        });
    }
    return runs;
}

export class Totals {
    #fleet;
    #parts;
    #shown = new Map();

    /** @param parts {counts, spend, limits}: elements */
    constructor(fleet, parts) {
        this.#fleet = fleet;
        this.#parts = parts;
    }

    update() {
        const nowMs = Date.now();
        const counts = countsOf(this.#fleet.agents, nowMs);
        this.#set(this.#parts.counts, countRuns(counts));
        this.#set(this.#parts.spend, spendRuns(this.#fleet, nowMs));
        this.#set(this.#parts.limits, limitRuns(this.#fleet.limits));
        return counts;
    }

    #set(element, runs) {
        const text = runs.map((run) => run.textContent ?? run).join('');
        if (this.#shown.get(element) === text)
            return;
        this.#shown.set(element, text);
        element.replaceChildren(...runs);
        element.hidden = runs.length === 0;
    }
}

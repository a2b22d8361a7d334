// SPDX-License-Identifier: GPL-3.0-or-later
// The selected agent: what it is, what it asks, its numbers and where they come from.
import { byId, make, setText } from './dom.js';
import { Conversation } from './conversation.js';
import { ago, cost, exactTime, fill, isNumber, kindLabel, money, oneLine, percent, shortModel, stateLabel, timeMs,
    tokens, triggerFraction } from './format.js';
import { PermissionCards } from './permissions.js';
import { Bar } from './row.js';

const count = (key) => (agent) => tokens(agent[key]);
const text = (key) => (agent) => oneLine(agent[key], 500);
const time = (key) => (agent) => exactTime(timeMs(agent[key]));

const withShare = (value, share) => (share === null ? value : `${value} (${share})`);

function contextText(agent) {
    return withShare(tokens(agent.context_tokens), isNumber(agent.context_window) ? percent(agent) : null);
}

function triggerText(agent) {
    const fraction = triggerFraction(agent);
    return withShare(tokens(agent.compact_at_tokens), fraction === null ? null : `${(fraction * 100).toFixed(1)}%`);
}

// [label, what it is, where it comes from]
const NUMBERS = [
    ['Context', contextText, 'context_basis'],
    ['Peak', count('context_peak_tokens')],
    ['Window', count('context_window'), 'window_basis'],
    ['Compacts at', triggerText, 'trigger_basis'],
    ['Input, uncached', count('input_tokens')],
    ['Cache read', count('cache_read_tokens')],
    ['Cache write, 5 min', count('cache_write_5m_tokens')],
    ['Cache write, 1 h', count('cache_write_1h_tokens')],
    ['Output', count('output_tokens')],
    ['… of it reasoning', count('reasoning_tokens')],
    ['Cost', cost, 'cost_basis'],
    ['… with subagents', (agent) => money(agent.reported_tree_cost)],
    ['Turns', count('turns')],
    ['Tool calls', count('tool_calls')],
    ['Compactions', count('compaction_count')],
    ['Freed', count('freed_tokens')],
];
const FACTS = [
    ['Folder', text('working_dir')],
    ['Branch', text('git_branch')],
    ['Model', text('model')],
    ['Session', text('session_id')],
    ['Started', time('created_at')],
    ['Last change', time('updated_at')],
];

export class Details {
    #fleet;
    #cells = [];
    #id = null;
    isStale = true;

    constructor(fleet, link) {
        this.#fleet = fleet;
        this.pane = byId('details');
        this.bar = new Bar();
        byId('details-bar').append(this.bar.element);
        this.#build(byId('numbers'), NUMBERS);
        this.#build(byId('facts'), FACTS);
        this.cards = new PermissionCards(fleet, link, byId('cards'));
        const box = byId('conversation');
        // On a phone the pane scrolls as a whole (style.css), and the conversation matters more than numbers.
        const phone = matchMedia('(max-width: 45em)');
        this.conversation = new Conversation(fleet, link, box, () => (phone.matches ? this.pane : box));
        byId('numbers-box').open = !phone.matches;
        setInterval(() => this.#update(), 10_000);
    }

    get id() {
        return this.#id;
    }

    show(id) {
        if (id !== this.#id) {
            this.#id = id;
            this.conversation.show(id);
            this.pane.scrollTop = 0;
        }
        this.refresh();
    }

    update(change) {
        if (this.#id === null)
            return;
        if (!this.#fleet.agents.has(this.#id)) {
            this.show(null);
            return;
        }
        if (change.permissions)
            this.cards.show(this.#id);
        if (change.logs.length > 0)
            this.conversation.add(change.logs);
        if (change.ids.has(this.#id))
            this.#update();
    }

    /** After a change of the selection or of the link. */
    refresh() {
        byId('details-empty').hidden = this.#id !== null;
        byId('details-body').hidden = this.#id === null;
        this.cards.show(this.#id);
        this.#update();
    }

    #build(table, rows) {
        for (const [label, value, basis] of rows) {
            const cells = { row: null, value, basis, number: make('td'), origin: make('td', { className: 'dim' }) };
            cells.row = make('tr', {}, make('th', { scope: 'row', textContent: label }), cells.number, cells.origin);
            this.#cells.push(cells);
            table.append(cells.row);
        }
    }

    #update() {
        const agent = this.#fleet.agents.get(this.#id);
        if (!agent)
            return;
        setText(byId('details-name'), oneLine(agent.name, 200));
        setText(byId('details-what'), [kindLabel(agent.kind), shortModel(agent.model), fill(agent), percent(agent)]
            .filter(Boolean).join(' · '));
        setText(byId('details-state'), this.#stateText(agent));
        byId('details-state').dataset.state = agent.status;
        this.bar.show(agent, this.isStale);
        for (const { value, basis, number, origin } of this.#cells) {
            setText(number, value(agent) || '–');
            setText(origin, basis ? oneLine(agent[basis], 20) : '');
        }
    }

    #stateText(agent) {
        const since = timeMs(agent.status_since);
        const parts = [stateLabel(agent.status)];
        if (since > 0)
            parts.push(ago(since));
        if (agent.status_reason)
            parts.push(oneLine(agent.status_reason, 300));
        return parts.join(' · ');
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What the page knows: agents, permission requests, limits, spending and the latest events. Holds no DOM.
import { eventOf, UsageSteps } from './eventtext.js';
import { timeMs } from './format.js';

const MAX_EVENTS = 2000;

// Only these are taken from a message: a foreign key (`__proto__`) must not become one of the page's.
const AGENT_KEYS = ['id', 'name', 'kind', 'session_id', 'parent_id', 'model', 'working_dir', 'git_branch', 'summary',
    'role', 'created_at', 'updated_at', 'status', 'status_source', 'status_reason', 'status_since',
    'context_tokens', 'context_peak_tokens', 'context_window', 'compact_at_tokens', 'input_tokens',
    'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'output_tokens', 'reasoning_tokens',
    'total_cost', 'reported_tree_cost', 'turns', 'tool_calls', 'compaction_count', 'freed_tokens', 'context_basis',
    'window_basis', 'trigger_basis', 'cost_basis'];
// What moves a row; all other changes leave the list in its order.
const ORDER_KEYS = ['status', 'parent_id'];
const SEARCHED_KEYS = ['name', 'summary', 'model', 'working_dir'];

function take(agent, update) {
    for (const key of AGENT_KEYS) {
        if (Object.hasOwn(update, key))
            agent[key] = update[key];
    }
    return agent;
}

const hasAny = (update, keys) => keys.some((key) => Object.hasOwn(update, key));

/**
 * `apply` takes messages and collects what changed; once per frame `change` tells it: detail = {ids: Set of
 * agents, order, events, permissions, totals: whether these changed, logs: messages of conversations,
 * alerts: messages to be said}.
 */
export class Fleet extends EventTarget {
    agents = new Map();
    permissions = new Map(); // by request_id, in the order they came
    limits = new Map();      // by kind of agent
    spend = new Map();       // start of the quarter of an hour in ms → USD
    events = [];             // oldest first
    olderLeft = true;
    #incoming = null;        // the snapshot being received
    #steps = new UsageSteps();
    #change = null;
    #searching = false;

    /** While a filter is set, a changed text can move rows, too. */
    set searching(on) {
        this.#searching = on;
        this.#touch().order = true;
    }

    apply(messages) {
        for (const message of messages)
            this.#applyOne(message);
    }

    /** Without access nothing of it may stay behind the sign-in. */
    clear() {
        this.agents.clear();
        this.permissions.clear();
        this.limits.clear();
        this.spend.clear();
        this.#steps.clear();
        this.#incoming = null;
        this.events = [];
        const change = this.#touch();
        change.order = change.events = change.permissions = change.totals = true;
    }

    /** Pending requests of one agent. */
    permissionsOf(id) {
        return [...this.permissions.values()].filter((request) => request.agent_id === id);
    }

    /** Agents from `fetch_agents`. */
    addOlder(list, left) {
        this.olderLeft = left;
        for (const update of list) {
            if (!this.agents.has(update.id))
                this.agents.set(update.id, take({}, update));
        }
        this.#touch().order = true;
    }

    /** Events from before the snapshot, oldest first. */
    addEarlierEvents(messages) {
        const earlier = messages.map((message) => eventOf(message)).filter(Boolean);
        this.events = [...earlier, ...this.events].slice(-MAX_EVENTS);
        this.#touch().events = true;
    }

    /** The newest change of an agent that is here; null where there is none. */
    oldestUpdate() {
        let oldest = null;
        for (const { updated_at: at } of this.agents.values()) {
            if (at && (oldest === null || at < oldest))
                oldest = at;
        }
        return oldest;
    }

    #touch() {
        if (!this.#change) {
            this.#change = { ids: new Set(), order: false, events: false, permissions: false, totals: false,
                logs: [], alerts: [] };
            // A hidden page draws nothing and is told once it is seen again.
            requestAnimationFrame(() => {
                const detail = this.#change;
                this.#change = null;
                this.dispatchEvent(new CustomEvent('change', { detail }));
            });
        }
        return this.#change;
    }

    #applyOne(message) {
        if (message.type === 'connection_established')
            this.#incoming = null;
        else if (message.type === 'snapshot_begin')
            this.#incoming = { agents: new Map(), later: [] };
        else if (!this.#incoming)
            this.#handlers[message.type]?.(message);
        else if (message.type === 'snapshot_part')
            message.agents.forEach((agent) => this.#incoming.agents.set(agent.id, take({}, agent)));
        else if (message.type === 'snapshot_end')
            this.#endSnapshot(message);
        else
            this.#incoming.later.push(message);
    }

    #endSnapshot(message) {
        const { agents, later } = this.#incoming;
        this.#incoming = null;
        this.agents = agents;
        this.olderLeft = true;
        this.permissions = new Map((message.pending_permissions ?? []).map((request) => [request.request_id, request]));
        this.limits = new Map((message.limits ?? []).map((limit) => [limit.kind, limit]));
        this.spend.clear();
        this.#addSpend(message.spend ?? []);
        this.#steps.clear();
        const change = this.#touch();
        change.order = change.permissions = change.totals = true;
        agents.forEach((agent, id) => change.ids.add(id));
        this.apply(later);
    }

    #addSpend(slots) {
        for (const { start, cost } of slots)
            this.spend.set(timeMs(start), cost);
    }

    #addEvent(event) {
        if (!event)
            return;
        this.events.push(event);
        // Not one by one: moving two thousand places for each event is work for nothing.
        if (this.events.length > MAX_EVENTS * 1.25)
            this.events.splice(0, this.events.length - MAX_EVENTS);
        this.#touch().events = true;
    }

    #update(agent, update) {
        const change = this.#touch();
        change.ids.add(agent.id);
        change.totals = change.totals || Object.hasOwn(update, 'total_cost') || Object.hasOwn(update, 'status');
        change.order = change.order || hasAny(update, ORDER_KEYS)
            || (this.#searching && hasAny(update, SEARCHED_KEYS));
        take(agent, update);
    }

    #handlers = {
        __proto__: null, // a type of a message must find nothing else here
        agent_created: (message) => {
            this.agents.set(message.agent.id, take({}, message.agent));
            const change = this.#touch();
            change.ids.add(message.agent.id);
            change.order = change.totals = true;
        },
        agent_updated: (message) => {
            const agent = this.agents.get(message.agent_id);
            if (!agent)
                return;
            const step = this.#steps.of(agent, message);
            this.#update(agent, message.agent);
            if (step.event && step.isNew)
                this.#addEvent(step.event);
            else if (step.event)
                this.#touch().events = true;
        },
        agent_status_changed: (message) => {
            const agent = this.agents.get(message.agent_id);
            if (!agent)
                return;
            this.#update(agent, { status: message.new_status, status_reason: message.reason,
                status_source: message.source, status_since: message.since ?? message.timestamp });
            this.#log(message);
        },
        agent_summary_update: (message) => {
            const agent = this.agents.get(message.agent_id);
            if (agent)
                this.#update(agent, { summary: message.summary });
        },
        agent_deleted: (message) => {
            this.agents.delete(message.agent_id);
            for (const request of this.permissionsOf(message.agent_id))
                this.permissions.delete(request.request_id);
            const change = this.#touch();
            change.order = change.totals = change.permissions = true;
        },
        agent_log: (message) => {
            this.#touch().logs.push(message);
            this.#log(message);
        },
        chat_stream: (message) => this.#touch().logs.push(message),
        context_compacted: (message) => this.#log(message),
        permission_requested: (message) => {
            this.permissions.set(message.request_id, message);
            this.#permissionsChanged(message);
            this.#touch().alerts.push(message);
        },
        permission_resolved: (message) => {
            this.permissions.delete(message.request_id);
            this.#permissionsChanged(message);
        },
        limits_changed: (message) => {
            this.limits.set(message.kind, message);
            this.#touch().totals = true;
        },
        spend_changed: (message) => {
            this.#addSpend(message.slots ?? []);
            this.#touch().totals = true;
        },
        alert: (message) => {
            this.#touch().alerts.push(message);
            this.#log(message);
        },
        system_log: (message) => this.#touch().alerts.push(message),
        error: (message) => this.#touch().alerts.push({ ...message, level: 'warning' }),
    };

    #permissionsChanged(message) {
        const change = this.#touch();
        change.permissions = true;
        change.ids.add(message.agent_id);
        this.#log(message);
    }

    #log(message) {
        this.#steps.interrupt(message.agent_id);
        this.#addEvent(eventOf(message));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// One line for each message of the stream, in the words of the window's event list.
import { isNumber, money, oneLine, stateLabel, timeMs, tokens } from './format.js';

const LINE = 400;
const USAGE_STEP_MS = 10_000;

const LOG_TAGS = { prompt: 'prompt', text: 'text', thinking: 'thinking', tool_use: 'tool', tool_result: 'tool',
    error: 'error', result: 'result' };

export const TAGS = ['permission', 'compaction', 'tool', 'usage', 'prompt', 'text', 'result', 'thinking', 'error',
    'alert', 'state'];

function logText(log) {
    const text = oneLine(log.summary || log.content, LINE);
    return log.event_type === 'tool_result' ? `→ ${text}` : text;
}

function compactionText({ before_tokens: before, after_tokens: after, trigger }) {
    let text = `context ${tokens(before)} → ${tokens(after)}`;
    if (isNumber(before) && isNumber(after) && before >= after)
        text += ` freed ${tokens(before - after)}`;
    return trigger ? `${text} (${oneLine(trigger, 40)})` : text;
}

function statusText({ new_status: state, reason }) {
    return stateLabel(state) + (reason ? ` · ${oneLine(reason, LINE)}` : '');
}

function resolvedText({ outcome, option_id: option, by }) {
    if (outcome === 'gone')
        return 'Request withdrawn: the agent went on or ended';
    const answer = oneLine(outcome || option || 'answered', 80);
    return `Request ${answer}${by ? ` by ${oneLine(by, 80)}` : ''}`;
}

export function permissionText(request) {
    return `${oneLine(request.tool_name, 60)} ${oneLine(request.input, LINE)}`.trim();
}

export function alertText({ level, percentage, of }) {
    const limit = of === 'window' ? 'window' : 'compaction point';
    const share = isNumber(percentage) ? `${percentage.toFixed(0)}%` : '?';
    return level === 'ok' ? `context back at ${share} of its ${limit}` : `context at ${share} of its ${limit}`;
}

// type of message → [tag, what makes the text]
const READERS = {
    agent_log: [({ log }) => (Object.hasOwn(LOG_TAGS, log.event_type) ? LOG_TAGS[log.event_type] : 'state'),
        ({ log }) => logText(log)],
    agent_status_changed: [() => 'state', statusText],
    context_compacted: [() => 'compaction', compactionText],
    permission_requested: [() => 'permission', permissionText],
    permission_resolved: [() => 'permission', resolvedText],
    alert: [() => 'alert', alertText],
};

class StreamEvent {
    #message;
    #text = null;

    constructor(message) {
        this.#message = message;
        this.atMs = timeMs(message.log?.timestamp ?? message.timestamp);
        this.agentId = message.agent_id;
        this.tag = READERS[message.type][0](message);
    }

    /** Made when it is asked for: most of a flood is never seen. */
    get text() {
        if (this.#text === null) {
            this.#text = READERS[this.#message.type][1](this.#message);
            this.#message = null;
        }
        return this.#text;
    }
}

/** {atMs, agentId, tag, text}; null for what is no line of the list. */
export function eventOf(message) {
    return Object.hasOwn(READERS, message.type) ? new StreamEvent(message) : null;
}

/** Turns the steps of an agent's usage into few lines: those within ten seconds share one. */
export class UsageSteps {
    #open = new Map(); // agent → {event, tokens and cost before}

    clear() {
        this.#open.clear();
    }

    /** Another event of the agent: the next step begins a new line. */
    interrupt(agentId) {
        this.#open.delete(agentId);
    }

    /** To be asked before the update is taken. @returns {event, isNew}; event is null where nothing was used */
    of(agent, { agent: update, timestamp }) {
        const context = isNumber(update.context_tokens) ? update.context_tokens : agent.context_tokens;
        const cost = isNumber(update.total_cost) ? update.total_cost : agent.total_cost;
        if (context === agent.context_tokens && cost === agent.total_cost)
            return { event: null, isNew: false };
        const atMs = timeMs(timestamp);
        let step = this.#open.get(agent.id);
        const isNew = !step || atMs - step.event.atMs > USAGE_STEP_MS;
        if (isNew) {
            step = { event: { atMs, agentId: agent.id, tag: 'usage', text: '' },
                context: agent.context_tokens, cost: agent.total_cost };
            this.#open.set(agent.id, step);
        }
        step.event.text = stepText(step, context, cost);
        return { event: step.event, isNew };
    }
}

function stepText(before, context, cost) {
    const from = tokens(before.context);
    const to = tokens(context);
    let text = isNumber(before.context) && from !== to ? `context ${from} → ${to}` : `context ${to}`;
    if (isNumber(cost) && isNumber(before.cost) && cost > before.cost)
        text += ` · +${money(cost - before.cost)}`;
    return text;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// One agent of the list: state, name, the bar with its Plimsoll line, numbers, what it does now.
import { make, setAttribute, setText } from './dom.js';
import { permissionText } from './eventtext.js';
import { accessibleSentence, basisSentence, contextSentence, cost, fill, fillLevel, kindLabel, oneLine, percent, shortModel,
    stateLabel, triggerFraction, windowFraction } from './format.js';
import { groupOf } from './order.js';

const PLAIN_STATE_OF_GROUP = ['blocked', 'executing', 'idle', 'complete'];

/** The bar of one agent; also used by the details. */
export class Bar {
    constructor() {
        this.fill = make('div', { className: 'fill' });
        this.tick = make('div', { className: 'tick' });
        this.element = make('div', { className: 'bar' }, make('div', { className: 'groove' }, this.fill), this.tick);
    }

    show(agent, isStale) {
        const fraction = windowFraction(agent);
        const trigger = triggerFraction(agent);
        this.element.dataset.level = fillLevel(agent);
        // Moved, not resized: a transform needs no layout.
        const shown = fraction === null ? 0 : Math.min(1, Math.max(0, fraction)) * 100;
        this.fill.hidden = shown === 0; // else rounding leaves a sliver
        this.fill.style.setProperty('transform', `translateX(${(shown - 100).toFixed(2)}%)`);
        this.tick.hidden = trigger === null || trigger > 1;
        this.tick.style.setProperty('left', `${((trigger ?? 0) * 100).toFixed(2)}%`);
        this.#describe(agent, fraction, isStale);
    }

    #describe(agent, fraction, isStale) {
        const known = fraction !== null;
        const sentence = contextSentence(agent) + (isStale ? ', stale' : '');
        // A meter has a value; what has none is a picture with words.
        setAttribute(this.element, 'role', known ? 'meter' : 'img');
        setAttribute(this.element, 'aria-valuemin', known ? 0 : null);
        setAttribute(this.element, 'aria-valuemax', known ? 100 : null);
        setAttribute(this.element, 'aria-valuenow', known ? Math.min(100, Math.round(fraction * 100)) : null);
        setAttribute(this.element, 'aria-valuetext', known ? sentence : null);
        setAttribute(this.element, 'aria-label', known ? `Context of ${oneLine(agent.name, 80)}` : sentence);
    }
}

export class Row {
    constructor(id) {
        this.id = id;
        this.dot = make('span', { className: 'dot', 'aria-hidden': 'true' });
        this.name = make('button', { className: 'name', type: 'button', tabIndex: -1 });
        this.kind = make('span', { className: 'kind' });
        this.percent = make('span', { className: 'percent' });
        this.bar = new Bar();
        this.fill = make('span', { className: 'numbers' });
        this.cost = make('span', { className: 'cost' });
        this.doing = make('div', { className: 'doing' });
        const stale = make('span', { className: 'stale', textContent: 'stale' });
        this.element = make('div', { className: 'agent', role: 'listitem' },
            make('div', { className: 'line' }, this.dot, this.name, this.kind, stale, this.percent),
            this.bar.element,
            make('div', { className: 'line' }, this.fill, this.cost),
            this.doing);
        this.element.dataset.id = id;
    }

    get focusable() {
        return this.name;
    }

    /** @param context {parentName, request, isStale, isSelected, nowMs} */
    show(agent, context) {
        this.element.dataset.state = agent.status ?? 'unknown';
        setText(this.name, oneLine(agent.name, 200) || agent.id);
        setAttribute(this.name, 'aria-label', accessibleSentence(agent) + (context.isStale ? ', stale' : ''));
        setAttribute(this.name, 'aria-current', context.isSelected ? 'true' : null);
        setText(this.kind, context.parentName === null
            ? kindLabel(agent.kind) : `subagent of ${oneLine(context.parentName, 80)}`);
        setText(this.percent, percent(agent));
        this.bar.show(agent, context.isStale);
        const model = shortModel(agent.model);
        setText(this.fill, model ? `${fill(agent)} · ${model}` : fill(agent));
        setText(this.cost, cost(agent));
        this.#explain(agent);
        this.doing.classList.toggle('asks', Boolean(context.request));
        setText(this.doing, this.#doing(agent, context));
    }

    /** Every number says where it comes from. */
    #explain(agent) {
        const context = [basisSentence('context', agent.context_basis), basisSentence('window', agent.window_basis),
            basisSentence('trigger', agent.trigger_basis)].join('\n');
        this.percent.title = context;
        this.fill.title = context;
        this.cost.title = basisSentence('cost', agent.cost_basis);
    }

    #doing(agent, { request, nowMs }) {
        if (request)
            return `Asks: ${permissionText(request)}`;
        const isPlain = agent.status === PLAIN_STATE_OF_GROUP[groupOf(agent, nowMs)];
        const word = isPlain && agent.summary ? '' : stateLabel(agent.status);
        const text = oneLine(agent.summary || agent.status_reason, 200);
        return word && text ? `${word} · ${text}` : word || text;
    }
}

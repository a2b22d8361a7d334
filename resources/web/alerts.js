// SPDX-License-Identifier: GPL-3.0-or-later
// What must be noticed: shown for a while in a corner and read out by screen readers.
import { make } from './dom.js';
import { alertText, permissionText } from './eventtext.js';
import { oneLine } from './format.js';

const MAX_SHOWN = 3;
const SHOWN_MS = { ok: 6000, warning: 10_000, critical: 30_000 };

export class Alerts {
    #fleet;
    #region;
    #onSelect;
    #shownId;

    /**
     * @param onSelect called with the id of the agent whose notice was pressed
     * @param shownId returns the agent whose details are on screen: it needs no notice over them
     */
    constructor(fleet, region, { onSelect, shownId }) {
        this.#fleet = fleet;
        this.#region = region;
        this.#onSelect = onSelect;
        this.#shownId = shownId;
    }

    add(messages) {
        // Of a flood only the last ones can be read.
        for (const message of messages.slice(-MAX_SHOWN))
            this.#show(message);
    }

    /** Only for screen readers: what others see elsewhere on the page. */
    say(words) {
        const said = make('div', { className: 'said', textContent: words });
        this.#region.append(said);
        setTimeout(() => said.remove(), SHOWN_MS.ok);
    }

    /** Takes away what has been seen to: the notices of an agent that is shown, of requests that are answered. */
    dismiss(agentId) {
        for (const notice of [...this.#region.children]) {
            const { agent, request } = notice.dataset;
            if ((agent && agent === agentId) || (request && !this.#fleet.permissions.has(request)))
                notice.remove();
        }
    }

    #show(message) {
        const level = Object.hasOwn(SHOWN_MS, message.level) ? message.level : 'warning';
        const agent = this.#fleet.agents.get(message.agent_id);
        if (agent && agent.id === this.#shownId()) {
            this.say(`${oneLine(agent.name, 60)} ${this.#textOf(message)}`);
            return;
        }
        const text = make('span', { className: 'words', textContent: this.#textOf(message) });
        const notice = make('div', { className: 'notice' });
        notice.dataset.level = level;
        notice.dataset.agent = message.agent_id ?? '';
        notice.dataset.request = message.request_id ?? '';
        const close = () => notice.remove();
        if (agent) {
            notice.append(make('button', { type: 'button', className: 'quiet', textContent: oneLine(agent.name, 60),
                onclick: () => {
                    this.#onSelect(agent.id);
                    close();
                } }));
        }
        notice.append(text, make('button', { type: 'button', className: 'quiet close', textContent: '×',
            'aria-label': 'Dismiss', onclick: close }));
        this.#region.append(notice);
        while (this.#region.childElementCount > MAX_SHOWN)
            this.#region.firstElementChild.remove();
        setTimeout(close, SHOWN_MS[level]);
    }

    #textOf(message) {
        if (message.type === 'permission_requested')
            return `needs you: ${oneLine(permissionText(message), 120)}`;
        return message.type === 'alert' ? alertText(message) : oneLine(message.message, 300);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The cards on which a person decides. What is approved has been shown whole: nothing hidden by controls or
// direction marks, nothing below the end of what was scrolled, nothing that came under the finger at the
// last moment.
import { make, setText } from './dom.js';
import { ago, escaped, oneLine, timeMs } from './format.js';
import { Questions } from './questions.js';

const SETTLE_MS = 700;   // a card that has just come cannot be approved by a click meant for something else
const KEY_DELAY_MS = 1500;
const MAX_MARKS = 2000;
const ANSWERING_ROLES = ['approver', 'operator', 'admin'];
const TITLES = { permission: 'Permission needed', question: 'Question', plan: 'Plan to approve' };

// All but letters, digits, marks and signs that show: controls, formats (bidi, zero width), foreign spaces,
// private and unassigned ones, fillers and variation selectors.
const LOOKALIKE = '(?:(?=\\p{L})[\\p{Script=Cyrillic}\\p{Script=Greek}\\p{Script=Armenian}\\p{Script=Cherokee}\\p{Script=Coptic}])';
const HIDDEN = new RegExp('[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}\\u00a0\\u1680\\u2000-\\u200a\\u202f'
    + '\\u205f\\u3000\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u2800\\u3164\\uffa0\\ufe00-\\ufe0f'
    + '\\u{e0100}-\\u{e01ef}'
    // … and what takes the place of an ASCII character: hyphens that are none, full width forms,
    + '\\u2010\\u2011\\u2212\\u2215\\u2044\\u037e\\uff01-\\uff5e]'
    // and letters that look like Latin beside a Latin one.
    + `|(?<=[A-Za-z])${LOOKALIKE}|${LOOKALIKE}(?=[A-Za-z])`, 'gu');

const isLineOrTab = (character) => character === '\n' || character === '\t';

/** The text as nodes in which every character that hides is a marked escape. */
export function exposed(text) {
    const nodes = [];
    let from = 0;
    let marks = 0;
    for (const match of text.matchAll(HIDDEN)) {
        if (isLineOrTab(match[0]))
            continue;
        // Beyond so many it is no text but bytes: escaped in one piece.
        if (++marks > MAX_MARKS)
            break;
        nodes.push(text.slice(from, match.index), make('mark', { textContent: escaped(match[0]) }));
        from = match.index + match[0].length;
    }
    nodes.push(text.slice(from).replace(HIDDEN, (each) => (isLineOrTab(each) ? each : escaped(each))));
    return nodes;
}

function span(ms) {
    return ms > 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.ceil(ms / 1000)} s`;
}

async function sha256(text) {
    if (!globalThis.crypto?.subtle)
        return null; // only over TLS or loopback
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

class Card {
    #link;
    #request;
    #input = null;          // the whole text, once it is here
    #inputSha256 = null;    // of what was loaded
    #reachedEnd = false;
    #settled = false;
    #isAnswering = false;
    #keyTimer = 0;
    #choices = [];          // {button, option}

    constructor(request, link) {
        this.#link = link;
        this.#request = request;
        this.when = make('span', { className: 'dim' });
        this.text = make('pre', { className: 'input', tabIndex: 0, 'aria-label': 'What the agent asks for' });
        this.reason = make('p', { className: 'reason', role: 'status' });
        this.message = make('input', { type: 'text', placeholder: 'Reason for a denial (optional)', maxLength: 2000,
            'aria-label': 'Reason for a denial' });
        this.buttons = make('div', { className: 'buttons' });
        this.questions = request.kind === 'question' && Array.isArray(request.questions)
            ? new Questions(request.questions, () => this.updateButtons()) : null;
        this.element = this.#build();
        this.text.addEventListener('scroll', () => this.#checkEnd(), { passive: true });
        new ResizeObserver(() => this.#checkEnd()).observe(this.text);
        this.element.addEventListener('keydown', (event) => this.#onKey(event));
        this.element.addEventListener('focusout', () => this.#cancelKey());
        setTimeout(() => {
            this.#settled = true;
            this.updateButtons();
        }, SETTLE_MS);
        if (typeof request.input === 'string')
            this.#setInput(request.input);
        else if (request.input !== null && typeof request.input === 'object')
            this.#setInput(JSON.stringify(request.input, null, 2));
        this.updateButtons();
    }

    #build() {
        const request = this.#request;
        const title = Object.hasOwn(TITLES, request.kind) ? TITLES[request.kind] : TITLES.permission;
        const card = make('section', { className: 'card', tabIndex: -1,
            'aria-label': `${title}: ${oneLine(request.tool_name, 60)}`, 'data-kind': request.kind ?? 'permission' },
        make('div', { className: 'title' }, make('h3', { textContent: title }), this.when), this.text);
        if (typeof request.input !== 'string' && request.input_bytes > 0)
            card.append(this.#loader());
        if (request.cwd)
            card.append(make('p', { className: 'dim folder', textContent: `in ${oneLine(request.cwd, 1000)}` }));
        if (this.questions)
            card.append(this.questions.element);
        const options = Array.isArray(request.options) ? request.options : [];
        this.#choices = options.map((option) => this.#choice(option));
        if (options.some((option) => option.effect?.startsWith('deny')))
            card.append(this.message);
        card.append(this.buttons, this.reason);
        return card;
    }

    #choice(option) {
        const button = make('button', { type: 'button', textContent: oneLine(option.label || option.id, 80),
            className: option.effect === 'allow_once' || option.effect === 'answer' ? 'primary' : '',
            onclick: () => this.#answer(option) });
        this.buttons.append(button);
        return { button, option };
    }

    #loader() {
        const bytes = this.#request.input_bytes;
        const button = make('button', { type: 'button', textContent: `Load all ${bytes.toLocaleString('en')} bytes` });
        button.onclick = async () => {
            button.disabled = true;
            try {
                const params = { request_id: this.#request.request_id };
                const { input, masked } = await this.#link.command('fetch_permission_input', params);
                if (masked) // for a role that may only look
                    this.#setInput(input);
                else
                    await this.#takeLoaded(input);
                button.remove();
            } catch (error) {
                setText(this.reason, `The input could not be loaded: ${error.message}.`);
                button.disabled = false;
            }
        };
        return button;
    }

    async #takeLoaded(input) {
        const announced = this.#request.input_sha256;
        const actual = await sha256(input);
        if (announced && actual && announced.toLowerCase() !== actual)
            throw new Error('it is not what was announced');
        this.#inputSha256 = actual ?? announced ?? null;
        this.#setInput(input);
    }

    #plan() {
        const told = this.#request.kind === 'plan' && Array.isArray(this.#request.questions)
            ? this.#request.questions[0]?.plan : '';
        return typeof told === 'string' ? told : '';
    }

    #setInput(input) {
        this.#input = input;
        const plan = this.#plan();
        // What is approved is the plan; the client leaves it out of the input.
        this.text.replaceChildren(...exposed(plan), ...(plan && input === '{}' ? [] : exposed((plan && '\n\n') + input)));
        this.#reachedEnd = false;
        this.#checkEnd();
    }

    /** A card that is not on screen has no height, and nobody has read it. */
    #checkEnd() {
        const { scrollTop, clientHeight, scrollHeight } = this.text;
        if (!this.#reachedEnd && this.#input !== null && clientHeight > 0
            && scrollTop + clientHeight >= scrollHeight - 2) {
            this.#reachedEnd = true;
            this.updateButtons();
        }
    }

    /** Why nothing can be answered at all; empty where it can. */
    #blocked() {
        if (this.#choices.length === 0)
            return 'Answer it in the agent’s own terminal.';
        if (this.#link.state !== 'live')
            return 'Not connected: it cannot be answered now.';
        if (!ANSWERING_ROLES.includes(this.#link.role))
            return `Your role (${this.#link.role}) may see requests, not answer them.`;
        return this.#isAnswering ? 'Sent…' : '';
    }

    /** What is still missing for an approval; empty where nothing is. */
    #missing() {
        if (this.#input === null)
            return 'Load all of it before you approve it.';
        if (!this.#reachedEnd)
            return 'Scroll to the end before you approve it.';
        if (this.questions && !this.questions.isComplete)
            return 'Answer each question first.';
        return '';
    }

    updateButtons() {
        const blocked = this.#blocked();
        const missing = this.#missing();
        for (const { button, option } of this.#choices) {
            const isDenial = option.effect?.startsWith('deny');
            button.disabled = Boolean(blocked) || (!isDenial && (Boolean(missing) || !this.#settled));
        }
        this.message.disabled = Boolean(blocked);
        if (!this.#keyTimer)
            setText(this.reason, blocked || missing);
    }

    updateTime(nowMs) {
        const parts = [oneLine(this.#request.tool_name, 60), ago(timeMs(this.#request.timestamp), nowMs)];
        const expiresMs = timeMs(this.#request.expires_at);
        if (expiresMs > 0)
            parts.push(expiresMs > nowMs ? `expires in ${span(expiresMs - nowMs)}` : 'expired');
        setText(this.when, parts.filter(Boolean).join(' · '));
    }

    async #answer(option) {
        const params = { request_id: this.#request.request_id, option_id: option.id };
        if (option.effect?.startsWith('deny') && this.message.value)
            params.message = this.message.value;
        if (this.questions && option.effect === 'answer')
            params.answers = this.questions.answers;
        if (this.#inputSha256)
            params.input_sha256 = this.#inputSha256;
        this.#isAnswering = true;
        this.updateButtons();
        try {
            // The card goes when the server says that the request is resolved.
            await this.#link.command('answer_permission', params);
        } catch (error) {
            this.#isAnswering = false;
            this.updateButtons();
            setText(this.reason, `Not answered: ${error.message}.`);
        }
    }

    /** Y and N inside the focused card, with time to take it back. */
    #onKey(event) {
        if (event.key === 'Escape' && this.#keyTimer) {
            event.stopPropagation();
            this.#cancelKey();
            return;
        }
        const effects = { y: 'allow_once', n: 'deny' };
        const effect = effects[event.key.toLowerCase()];
        if (!effect || event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey)
            return;
        const choice = this.#choices.find(({ option, button }) => option.effect === effect && !button.disabled);
        if (!choice || this.#keyTimer)
            return;
        event.preventDefault();
        setText(this.reason, `“${choice.button.textContent}” is sent in a moment. Escape cancels.`);
        this.#keyTimer = setTimeout(() => {
            this.#keyTimer = 0;
            choice.button.click();
        }, KEY_DELAY_MS);
    }

    #cancelKey() {
        clearTimeout(this.#keyTimer);
        this.#keyTimer = 0;
        this.updateButtons();
    }
}

/** The cards of the agent that is shown. */
export class PermissionCards {
    #fleet;
    #link;
    #parent;
    #cards = new Map();

    constructor(fleet, link, parent) {
        this.#fleet = fleet;
        this.#link = link;
        this.#parent = parent;
        setInterval(() => this.#tick(), 1000);
    }

    /** Cards stay the same elements: one that is being read or typed into must not be made anew. */
    show(agentId) {
        const requests = agentId === null ? [] : this.#fleet.permissionsOf(agentId);
        const wanted = new Set(requests.map((request) => request.request_id));
        for (const [id, card] of this.#cards) {
            if (!wanted.has(id)) {
                card.element.remove();
                this.#cards.delete(id);
            }
        }
        for (const request of requests) {
            if (this.#cards.has(request.request_id))
                continue;
            const card = new Card(request, this.#link);
            this.#cards.set(request.request_id, card);
            this.#parent.append(card.element);
        }
        this.#tick();
        this.refresh();
    }

    /** After a change of the link or of the role. */
    refresh() {
        for (const card of this.#cards.values())
            card.updateButtons();
    }

    #tick() {
        for (const card of this.#cards.values())
            card.updateTime(Date.now());
    }
}

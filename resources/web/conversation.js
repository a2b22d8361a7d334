// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation of one agent: what was said before, loaded in pages, and what is said now.
import { make, setText } from './dom.js';
import { moment, oneLine, plain, timeMs } from './format.js';

const PAGE = 50;
const MAX_ENTRIES = 400;
const MAX_STREAM = 20_000;
const BOTTOM_PX = 40; // so near to the end the view follows what comes

const SPOKEN = new Set(['prompt', 'text', 'result', 'error']);

class Entry {
    #link;
    #log;

    constructor(log, agentName, link) {
        this.#link = link;
        this.#log = log;
        this.element = make('div', { className: `entry ${SPOKEN.has(log.event_type) ? 'spoken' : 'step'}` });
        this.element.dataset.type = log.event_type;
        this.body = make('div', { className: 'text' });
        if (SPOKEN.has(log.event_type))
            this.#showWhole(agentName);
        else
            this.#showLine();
    }

    #showWhole(agentName) {
        const who = this.#log.event_type === 'prompt' ? 'You' : agentName;
        this.element.append(
            make('div', { className: 'speaker' }, make('b', { textContent: who }),
                make('span', { className: 'dim', textContent: ` · ${moment(timeMs(this.#log.timestamp))}` })),
            this.body);
        this.#fill();
    }

    /** Steps are one line; their whole text is made only when it is opened. */
    #showLine() {
        const { event_type: type, payload, summary, content } = this.#log;
        const names = { tool_use: oneLine(payload?.tool, 40) || 'tool', tool_result: 'result' };
        const tag = make('span', { className: 'tag', textContent: names[type] ?? type });
        tag.dataset.tag = type.startsWith('tool') ? 'tool' : type;
        const line = make('span', { className: 'what', textContent: oneLine(summary || content, 200) });
        const details = make('details', {}, make('summary', {}, tag, line), this.body);
        details.addEventListener('toggle', () => this.#fill(), { once: true });
        this.element.append(details);
    }

    #fill() {
        this.body.replaceChildren(plain(this.#log.content));
        if (this.#log.truncated)
            this.body.append(this.#more(0));
    }

    /** The first press replaces the beginning, the next ones add. */
    #more(from) {
        const button = make('button', { type: 'button', className: 'quiet', textContent: 'Show more' });
        button.onclick = async () => {
            button.disabled = true;
            try {
                const { text, next } = await this.#link.command('fetch_text', { log_id: this.#log.id, from });
                button.remove();
                if (from === 0)
                    this.body.replaceChildren();
                this.body.append(plain(text));
                if (typeof next === 'number')
                    this.body.append(this.#more(next));
            } catch (error) {
                setText(button, `Not loaded: ${error.message}. Try again`);
                button.disabled = false;
            }
        };
        return button;
    }
}

export class Conversation {
    #fleet;
    #link;
    #box;
    #scroller;
    #id = null;
    #generation = 0;
    #known = new Set();  // ids of logs that are shown
    #before = {};        // what fetch_history wants to go on from
    #isLoaded = false;
    #follows = true;     // the end is in sight: the view goes with what comes

    /** @param scroller what scrolls the box: itself on a wide page, the whole pane on a phone */
    constructor(fleet, link, box, scroller) {
        this.#fleet = fleet;
        this.#link = link;
        this.#box = box;
        this.#scroller = scroller;
        this.earlier = make('button', { type: 'button', className: 'quiet', textContent: 'Show earlier',
            onclick: () => this.#load() });
        this.note = make('p', { className: 'dim' });
        this.entries = make('div', { className: 'entries' });
        this.stream = make('div', { className: 'entry spoken stream', hidden: true });
        box.addEventListener('scroll', () => { this.#follows = this.#isAtEnd(); }, { passive: true });
        new ResizeObserver(() => {
            if (this.#follows)
                this.#toEnd();
        }).observe(box);
        box.append(this.earlier, this.note, this.entries, this.stream);
    }

    show(id) {
        this.#id = id;
        ++this.#generation;
        this.#known.clear();
        this.#before = {};
        this.#isLoaded = false;
        this.#follows = true;
        this.entries.replaceChildren();
        this.#endStream();
        this.earlier.hidden = true;
        setText(this.note, '');
        if (id !== null)
            this.#load();
    }

    /** The link is up again: what could not be loaded is loaded now. */
    relink() {
        if (this.#id !== null && !this.#isLoaded)
            this.#load();
    }

    /** @param messages agent_log and chat_stream of all agents */
    add(messages) {
        const follows = this.#follows;
        let isChanged = false;
        for (const message of messages) {
            if (message.agent_id !== this.#id)
                continue;
            isChanged = true;
            if (message.type === 'chat_stream')
                this.#addChunk(message);
            else
                this.#append(message.log);
        }
        if (!isChanged)
            return;
        while (this.entries.childElementCount > MAX_ENTRIES)
            this.entries.firstElementChild.remove();
        if (follows)
            this.#toEnd();
    }

    async #load() {
        const generation = this.#generation;
        const isFirst = !this.#isLoaded;
        this.earlier.disabled = true;
        setText(this.note, isFirst ? 'Loading…' : '');
        try {
            const params = { agent_id: this.#id, limit: PAGE, ...this.#before };
            const answer = await this.#link.command('fetch_history', params);
            if (generation === this.#generation)
                this.#prepend(answer, isFirst);
        } catch (error) {
            if (generation === this.#generation)
                setText(this.note, `The conversation could not be loaded: ${error.message}.`);
        }
        this.earlier.disabled = false;
    }

    #prepend(answer, isFirst) {
        this.#isLoaded = true;
        const logs = answer.log ?? answer.logs ?? [];
        this.#before = { before_seq: answer.before_seq ?? logs[0]?.seq };
        if (answer.file)
            this.#before.file = answer.file;
        const fromEnd = this.#scroller().scrollHeight - this.#scroller().scrollTop;
        this.entries.prepend(...logs.map((log) => this.#make(log)).filter(Boolean));
        this.earlier.hidden = !answer.more;
        setText(this.note, this.entries.childElementCount === 0 ? 'Nothing was said yet.' : '');
        if (isFirst)
            this.#toEnd();
        else
            this.#scroller().scrollTop = this.#scroller().scrollHeight - fromEnd;
    }

    #make(log) {
        if (this.#known.has(log.id))
            return null;
        this.#known.add(log.id);
        const name = oneLine(this.#fleet.agents.get(this.#id)?.name, 80) || 'Agent';
        return new Entry(log, name, this.#link).element;
    }

    #append(log) {
        const element = this.#make(log);
        if (!element)
            return;
        setText(this.note, '');
        this.entries.append(element);
        // The whole text has come: it takes the place of what was streamed.
        if (log.event_type === 'text')
            this.#endStream();
    }

    #addChunk({ chunk, is_complete: isComplete }) {
        if (isComplete) {
            this.#endStream();
            return;
        }
        this.stream.hidden = false;
        setText(this.stream, (this.stream.textContent + plain(chunk)).slice(-MAX_STREAM));
    }

    #endStream() {
        this.stream.hidden = true;
        setText(this.stream, '');
    }

    #isAtEnd() {
        const { scrollTop, clientHeight, scrollHeight } = this.#scroller();
        return scrollTop + clientHeight >= scrollHeight - BOTTOM_PX;
    }

    #toEnd() {
        // On a phone the numbers and cards are in the same scroll: opening an agent starts at its top.
        if (this.#scroller() === this.#box)
            this.#box.scrollTop = this.#box.scrollHeight;
    }
}

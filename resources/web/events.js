// SPDX-License-Identifier: GPL-3.0-or-later
// The latest events, newest first; like the list of agents it holds elements only for what can be seen.
import { keepOrder, make, rem, setText } from './dom.js';
import { TAGS } from './eventtext.js';
import { clock, oneLine } from './format.js';

// In rem; style.css has the same numbers.
const WIDE_HEIGHT = 2.5;
const NARROW_HEIGHT = 3.75;
const NARROW_WIDTH = 40;
const OVERSCAN = 4;
const UPDATE_MS = 200; // nobody reads faster; bars come first

class EventRow {
    constructor() {
        this.time = make('time');
        this.agent = make('span', { className: 'who' });
        this.tag = make('span', { className: 'tag' });
        this.text = make('span', { className: 'what' });
        this.element = make('div', { className: 'event', role: 'listitem' }, this.time, this.agent, this.tag, this.text);
    }

    show(event, name) {
        setText(this.time, clock(event.atMs));
        setText(this.agent, name);
        setText(this.tag, event.tag);
        this.tag.dataset.tag = event.tag;
        setText(this.text, event.text);
        this.text.title = event.text;
    }
}

export class EventList {
    #fleet;
    #scroller;
    #sizer;
    #rows = new Map(); // event → EventRow
    #shown = [];       // newest first
    #text = '';
    #tag = '';
    #timer = 0;
    #updatedAt = 0;

    constructor(fleet, { scroller, sizer, kinds, filter }) {
        this.#fleet = fleet;
        this.#scroller = scroller;
        this.#sizer = sizer;
        kinds.append(...TAGS.map((tag) => make('option', { value: tag, textContent: tag })));
        kinds.addEventListener('change', () => {
            this.#tag = kinds.value;
            this.update();
        });
        filter.addEventListener('input', () => {
            this.#text = filter.value.toLowerCase();
            this.update();
        });
        scroller.addEventListener('scroll', () => this.#render(), { passive: true });
        new ResizeObserver(() => this.update()).observe(scroller);
    }

    /** After new events: at once where the last time is long ago, else a little later. */
    updateSoon() {
        const wait = this.#updatedAt + UPDATE_MS - Date.now();
        if (wait <= 0)
            this.update();
        else
            this.#timer ||= setTimeout(() => this.update(), wait);
    }

    update() {
        clearTimeout(this.#timer);
        this.#timer = 0;
        this.#updatedAt = Date.now();
        if (this.#scroller.clientHeight === 0)
            return; // not on screen; it is resized when it comes back
        const first = this.#shown[0];
        this.#shown = this.#fleet.events.filter((event) => this.#isWanted(event)).reverse();
        this.#stay(first);
        this.#render();
    }

    /** Who has scrolled down keeps what they read in place; who is at the top sees the newest. */
    #stay(first) {
        if (this.#scroller.scrollTop < 1 || !first)
            return;
        const added = this.#shown.indexOf(first);
        this.#resize();
        if (added > 0)
            this.#scroller.scrollTop += added * this.#height();
    }

    #isWanted(event) {
        if (this.#tag && event.tag !== this.#tag)
            return false;
        return !this.#text || event.text.toLowerCase().includes(this.#text)
            || this.#nameOf(event).toLowerCase().includes(this.#text);
    }

    #nameOf(event) {
        return oneLine(this.#fleet.agents.get(event.agentId)?.name, 80);
    }

    #height() {
        const unit = rem();
        return (this.#scroller.clientWidth < NARROW_WIDTH * unit ? NARROW_HEIGHT : WIDE_HEIGHT) * unit;
    }

    #resize() {
        this.#sizer.style.setProperty('height', `${this.#shown.length * this.#height()}px`);
    }

    #render() {
        const height = this.#height();
        this.#resize();
        this.#sizer.classList.toggle('narrow', height > WIDE_HEIGHT * rem());
        const first = Math.max(0, Math.floor(this.#scroller.scrollTop / height) - OVERSCAN);
        const last = Math.min(this.#shown.length,
            Math.ceil((this.#scroller.scrollTop + this.#scroller.clientHeight) / height) + OVERSCAN);
        const seen = new Set(this.#shown.slice(first, last));
        // Rows of what went out of sight are used again.
        const free = [];
        for (const [event, row] of this.#rows) {
            if (!seen.has(event)) {
                this.#rows.delete(event);
                free.push(row);
            }
        }
        for (let i = first; i < last; ++i)
            this.#place(this.#shown[i], i * height, free);
        free.forEach((row) => row.element.remove());
        keepOrder(this.#sizer, this.#shown.slice(first, last).map((event) => this.#rows.get(event).element));
    }

    #place(event, y, free) {
        let row = this.#rows.get(event);
        if (!row) {
            row = free.pop() ?? new EventRow();
            this.#rows.set(event, row);
            if (!row.element.isConnected)
                this.#sizer.append(row.element);
        }
        row.show(event, this.#nameOf(event));
        row.element.style.setProperty('top', `${y}px`);
    }
}

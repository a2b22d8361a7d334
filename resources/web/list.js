// SPDX-License-Identifier: GPL-3.0-or-later
// The fleet as a list that holds elements only for what can be seen, so that a thousand agents cost as
// much as twenty.
import { keepOrder, make, rem, setAttribute, setText } from './dom.js';
import { arrange, FINISHED, GROUPS } from './order.js';
import { Row } from './row.js';

// In rem; style.css has the same numbers.
const GROUP_HEIGHT = 2.5;
const ROW_HEIGHT = 6.6;
const COLUMN_WIDTH = 30; // a wide list has columns
const OVERSCAN = 2;      // rows beyond each edge
const REORDER_MS = 3000; // newer agents move up this often at most

class GroupHead {
    constructor(onToggle) {
        this.count = make('span', { className: 'count' });
        this.label = make('span');
        this.focusable = make('button', { type: 'button', tabIndex: -1, onclick: onToggle },
            this.label, ' ', this.count);
        this.element = make('div', { className: 'group', role: 'listitem' }, this.focusable);
    }

    show({ group, count, isCollapsed }) {
        setText(this.label, GROUPS[group]);
        setText(this.count, String(count));
        setAttribute(this.focusable, 'aria-expanded', String(!isCollapsed));
    }
}

class OlderButton {
    constructor(onClick) {
        this.focusable = make('button', { type: 'button', tabIndex: -1, className: 'quiet', onclick: onClick,
            textContent: 'Load older agents' });
        this.element = make('div', { className: 'group', role: 'listitem' }, this.focusable);
    }

    show() {}
}

/** Tells by event `select` (detail: an agent's id) and `older`. */
export class AgentList extends EventTarget {
    #fleet;
    #scroller;
    #sizer;
    #items = [];           // all that the list has, in order
    #widgets = new Map();  // key of item → Row, GroupHead or OlderButton in the page
    #collapsed = new Set([FINISHED]);
    #words = [];
    #focusKey = null;
    #orderedAt = 0;
    #orderTimer = 0;
    selectedId = null;
    isStale = true;

    constructor(fleet, scroller, sizer) {
        super();
        this.#fleet = fleet;
        this.#scroller = scroller;
        this.#sizer = sizer;
        scroller.addEventListener('scroll', () => this.#render(), { passive: true });
        new ResizeObserver(() => this.#layout()).observe(scroller);
        sizer.addEventListener('keydown', (event) => this.#onKey(event));
        sizer.addEventListener('focusin', (event) => this.#onFocus(event));
        sizer.addEventListener('click', (event) => {
            const row = event.target.closest('.agent');
            if (row)
                this.dispatchEvent(new CustomEvent('select', { detail: row.dataset.id }));
        });
    }

    setFilter(text) {
        this.#words = text.toLowerCase().split(/\s+/u).filter(Boolean);
        this.#fleet.searching = this.#words.length > 0;
    }

    /** Shows what a change of the fleet means for the list. */
    update(change) {
        if (change.order) {
            this.reorder();
        } else if (change.ids.size > 0) {
            this.#orderLater();
            for (const id of change.ids)
                this.#showAgent(id);
        }
    }

    /** After a change of the selection or of the link. */
    refresh() {
        for (const item of this.#items)
            this.#show(item);
    }

    /** Back from the details: where the reader was. */
    focusSelected() {
        const item = this.#items.find(({ key }) => key === this.selectedId);
        if (item)
            this.#focus(item);
    }

    reorder() {
        clearTimeout(this.#orderTimer);
        this.#orderTimer = 0;
        this.#orderedAt = Date.now();
        this.#layout();
        this.refresh();
    }

    /** A row that got newer moves up, but not with each message: a list that jumps cannot be read. */
    #orderLater() {
        if (this.#orderTimer)
            return;
        const wait = Math.max(0, this.#orderedAt + REORDER_MS - Date.now());
        this.#orderTimer = setTimeout(() => this.reorder(), wait);
    }

    #layout() {
        const groups = arrange(this.#fleet.agents, this.#words, Date.now());
        const unit = rem();
        const columns = Math.max(1, Math.floor(this.#scroller.clientWidth / (COLUMN_WIDTH * unit)));
        const place = { y: 0, unit, columns, width: 100 / columns };
        this.#items = [];
        // Nothing but finished agents: a list that hides all of them would look empty.
        const isAlone = groups.length === 1;
        for (const group of groups) {
            const isCollapsed = this.#collapsed.has(group.group) && this.#words.length === 0
                && !(isAlone && group.group === FINISHED);
            this.#placeGroup(group, isCollapsed, place);
        }
        this.#sizer.style.setProperty('height', `${place.y}px`);
        this.#sizer.dataset.columns = columns;
        this.#render();
    }

    #placeGroup({ group, count, rows }, isCollapsed, place) {
        const height = GROUP_HEIGHT * place.unit;
        const addHead = (key, type) => {
            this.#items.push({ key, type, group, count, isCollapsed, y: place.y, height, x: 0, width: 100 });
            place.y += height;
        };
        addHead(`group ${group}`, 'group');
        if (isCollapsed)
            return;
        const rowHeight = ROW_HEIGHT * place.unit;
        rows.forEach(({ agent, depth }, i) => {
            const line = Math.floor(i / place.columns);
            this.#items.push({ key: agent.id, type: 'agent', agent, depth, y: place.y + line * rowHeight,
                height: rowHeight, x: (i % place.columns) * place.width, width: place.width });
        });
        place.y += Math.ceil(rows.length / place.columns) * rowHeight;
        if (group === FINISHED && this.#fleet.olderLeft && this.#words.length === 0)
            addHead('older', 'older');
    }

    /** Makes the elements of what can be seen and removes the others. */
    #render() {
        const top = this.#scroller.scrollTop - OVERSCAN * ROW_HEIGHT * 16;
        const bottom = this.#scroller.scrollTop + this.#scroller.clientHeight + OVERSCAN * ROW_HEIGHT * 16;
        const seen = new Set();
        const inPlace = this.#items.filter((item) => (item.y + item.height >= top && item.y <= bottom)
            || item.key === this.#focusKey);
        for (const item of inPlace) {
            seen.add(item.key);
            const isNew = !this.#widgets.has(item.key);
            this.#position(item, this.#widgets.get(item.key) ?? this.#add(item));
            if (isNew)
                this.#show(item);
        }
        for (const [key, widget] of this.#widgets) {
            if (!seen.has(key)) {
                widget.element.remove();
                this.#widgets.delete(key);
            }
        }
        keepOrder(this.#sizer, inPlace.map((item) => this.#widgets.get(item.key).element));
        this.#keepReachable();
    }

    #add(item) {
        let widget;
        if (item.type === 'agent')
            widget = new Row(item.key);
        else if (item.type === 'older')
            widget = new OlderButton(() => this.dispatchEvent(new Event('older')));
        else
            widget = new GroupHead(() => this.#toggle(item.group));
        widget.element.dataset.key = item.key;
        this.#widgets.set(item.key, widget);
        this.#sizer.append(widget.element);
        return widget;
    }

    #position(item, { element }) {
        element.style.setProperty('top', `${item.y}px`);
        element.style.setProperty('left', `${item.x}%`);
        element.style.setProperty('width', `${item.width}%`);
        element.style.setProperty('--depth', Math.min(3, item.depth ?? 0));
        if (item.type === 'agent') {
            const index = this.#items.indexOf(item);
            setAttribute(element, 'aria-posinset', index + 1);
            setAttribute(element, 'aria-setsize', this.#items.length);
        }
    }

    /** One stop for the Tab key: the row last focused, or the first. */
    #keepReachable() {
        const key = this.#widgets.has(this.#focusKey) ? this.#focusKey : this.#items[0]?.key;
        for (const [each, widget] of this.#widgets)
            widget.focusable.tabIndex = each === key ? 0 : -1;
    }

    #showAgent(id) {
        const row = this.#widgets.get(id);
        const agent = this.#fleet.agents.get(id);
        if (!row || !agent)
            return;
        const parent = this.#fleet.agents.get(agent.parent_id);
        row.show(agent, { parentName: parent?.name ?? null, request: this.#fleet.permissionsOf(id)[0],
            isStale: this.isStale, isSelected: id === this.selectedId, nowMs: Date.now() });
    }

    #show(item) {
        if (item.type === 'agent')
            this.#showAgent(item.key);
        else
            this.#widgets.get(item.key)?.show(item);
    }

    #toggle(group) {
        if (!this.#collapsed.delete(group))
            this.#collapsed.add(group);
        this.reorder();
    }

    #onFocus(event) {
        this.#focusKey = event.target.closest('[data-key]')?.dataset.key ?? null;
        this.#keepReachable();
    }

    #onKey(event) {
        const at = this.#items.findIndex((item) => item.key === this.#focusKey);
        const page = Math.max(1, Math.floor(this.#scroller.clientHeight / (ROW_HEIGHT * rem())));
        const targets = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page,
            Home: 0, End: this.#items.length - 1 };
        if (at < 0 || !Object.hasOwn(targets, event.key))
            return;
        event.preventDefault();
        this.#focus(this.#items[Math.min(this.#items.length - 1, Math.max(0, targets[event.key]))]);
    }

    #focus(item) {
        this.#focusKey = item.key;
        const { scrollTop, clientHeight } = this.#scroller;
        if (item.y < scrollTop)
            this.#scroller.scrollTop = item.y;
        else if (item.y + item.height > scrollTop + clientHeight)
            this.#scroller.scrollTop = item.y + item.height - clientHeight;
        this.#render();
        this.#widgets.get(item.key).focusable.focus({ preventScroll: true });
    }
}

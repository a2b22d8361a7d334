// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the page together: the link feeds the fleet, the fleet's changes go to the views once per frame.
import { fetchEvents, forgetToken } from './access.js';
import { Alerts } from './alerts.js';
import { Details } from './details.js';
import { byId, setText } from './dom.js';
import { EventList } from './events.js';
import { Fleet } from './fleet.js';
import { clock, oneLine } from './format.js';
import { Link } from './link.js';
import { AgentList } from './list.js';
import { SignIn } from './signin.js';
import { initTheme } from './theme.js';
import { Totals } from './totals.js';

const EARLIER_EVENTS = 200;

const fleet = new Fleet();
const link = new Link();
const list = new AgentList(fleet, byId('agents'), byId('agents-sizer'));
const events = new EventList(fleet, { scroller: byId('events'), sizer: byId('events-sizer'),
    kinds: byId('event-kinds'), filter: byId('event-filter') });
const details = new Details(fleet, link);
const totals = new Totals(fleet, { counts: byId('counts'), spend: byId('spend'), limits: byId('limits') });
const alerts = new Alerts(fleet, byId('notices'), { onSelect: (id) => select(id),
    shownId: () => (isVisible(details.pane) ? details.id : null) });
const signIn = new SignIn(() => link.start());
let hasBeenLive = false;
let lastMessageMs = 0;
let countdown = 0;

const isVisible = (element) => element.checkVisibility();

/** On a phone one view is shown at a time; `list`, `events` or `details`. */
function showView(view) {
    document.body.dataset.view = view;
    for (const tab of document.querySelectorAll('#tabs button'))
        tab.setAttribute('aria-pressed', String(tab.dataset.view === view));
}

function select(id) {
    list.selectedId = id;
    details.show(id);
    list.refresh();
    if (id !== null) {
        alerts.dismiss(id);
        // The back gesture of a phone leads back to the list.
        if (document.body.dataset.view !== 'details')
            history.pushState({ details: true }, '');
        showView('details');
        // Where the list is gone, what has the focus is gone with it.
        if (isVisible(byId('back')) && !isVisible(byId('agents')))
            byId('back').focus();
    }
}

function showList() {
    showView('list');
    if (!isVisible(details.pane))
        list.focusSelected();
}

function leaveDetails() {
    if (history.state?.details)
        history.back();
    else
        showList();
}

function update(change) {
    list.update(change);
    details.update(change);
    if (details.id !== list.selectedId) {
        select(details.id); // it was deleted
        if (document.body.dataset.view === 'details')
            leaveDetails();
    }
    if (change.events || change.order)
        events.updateSoon();
    if (change.alerts.length > 0)
        alerts.add(change.alerts);
    if (change.permissions)
        alerts.dismiss(null);
    if (change.totals || change.order)
        updateTotals();
    byId('agents-empty').hidden = fleet.agents.size > 0 || link.state !== 'live';
}

function updateTotals() {
    const { needsYou } = totals.update();
    setText(byId('tab-badge'), needsYou > 0 ? String(needsYou) : '');
    const name = link.server?.host ? `${oneLine(link.server.host, 60)} – Plimsoll` : 'Plimsoll';
    document.title = needsYou > 0 ? `(${needsYou}) ${name}` : name;
}

function linkText({ state, attempt, attempts, seconds }) {
    switch (state) {
    case 'live': return 'live';
    case 'connecting': return 'connecting…';
    case 'waiting': return `not connected, attempt ${attempt} of ${attempts} in ${seconds} s`;
    case 'failed': return 'not connected';
    default: return '';
    }
}

function onLinkState({ detail }) {
    const isStale = detail.state !== 'live';
    // Before the first numbers there is nothing that could be stale.
    document.body.dataset.link = isStale ? (hasBeenLive ? 'down' : 'none') : 'live';
    list.isStale = details.isStale = isStale;
    list.refresh();
    details.refresh();
    showLink(detail);
    if (detail.state === 'live') {
        if (hasBeenLive)
            alerts.say('Connected again: the numbers are live.');
        hasBeenLive = true;
        details.conversation.relink();
        setText(byId('server'), [link.server.host, link.server.server, link.role].filter(Boolean)
            .map((text) => oneLine(text, 60)).join(' · '));
        updateTotals();
    } else if (detail.state === 'ended') {
        if (detail.reason === 'revoked')
            forgetToken();
        fleet.clear();
        select(null);
        hasBeenLive = false;
        signIn.show(detail.reason);
    }
}

function showLink(detail) {
    clearInterval(countdown);
    setText(byId('link-text'), linkText(detail));
    const hasData = fleet.agents.size > 0;
    const banner = byId('stale-banner');
    banner.hidden = detail.state === 'live' || (detail.state === 'connecting' && !hasData);
    const failed = detail.state === 'failed' ? 'Plimsoll did not answer five times.' : 'The connection is lost.';
    setText(byId('stale-text'), hasData ? `${failed} These numbers are from ${clock(lastMessageMs)}.` : failed);
    byId('retry').hidden = detail.state === 'connecting';
    if (detail.state !== 'waiting')
        return;
    const left = { ...detail };
    countdown = setInterval(() => {
        left.seconds = Math.max(0, left.seconds - 1);
        setText(byId('link-text'), linkText(left));
    }, 1000);
}

async function onMessages({ detail: messages }) {
    lastMessageMs = Date.now();
    fleet.apply(messages);
    const begin = messages.find((message) => message.type === 'snapshot_begin');
    if (begin && fleet.events.length === 0) {
        // The list of events is a help, not the point: without the earlier ones it begins with the next.
        const earlier = await fetchEvents(begin.seq, EARLIER_EVENTS).catch(() => []);
        fleet.addEarlierEvents(earlier.filter((message) => message.seq <= begin.seq));
    }
}

async function loadOlder() {
    try {
        const answer = await link.command('fetch_agents', { before: fleet.oldestUpdate(), limit: 100 });
        const left = typeof answer.left === 'number' ? answer.left > 0 : Boolean(answer.more);
        fleet.addOlder(answer.agents, left && answer.agents.length > 0);
    } catch (error) {
        alerts.add([{ level: 'warning', message: `Older agents could not be loaded: ${error.message}.` }]);
    }
}

function onKey(event) {
    const search = byId('search');
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        showView('list');
        search.focus();
    } else if (event.key === 'Escape' && event.target === search) {
        search.value = '';
        list.setFilter('');
    } else if (event.key === 'Escape' && document.body.dataset.view === 'details') {
        leaveDetails();
    }
}

if (matchMedia('(pointer: coarse)').matches)
    byId('search').placeholder = 'Search agents…';
initTheme(byId('theme'));
history.replaceState(null, '', location.href); // a page that was reloaded starts with the list
showView('list');
fleet.addEventListener('change', ({ detail }) => update(detail));
link.addEventListener('messages', onMessages);
link.addEventListener('state', onLinkState);
list.addEventListener('select', ({ detail }) => select(detail));
list.addEventListener('older', loadOlder);
byId('search').addEventListener('input', () => list.setFilter(byId('search').value));
byId('retry').addEventListener('click', () => link.retry());
byId('back').addEventListener('click', leaveDetails);
byId('sign-out').addEventListener('click', () => {
    forgetToken();
    link.stop('signedOut');
});
byId('tabs').addEventListener('click', (event) => {
    const view = event.target.closest('button')?.dataset.view;
    if (view)
        showView(view);
});
addEventListener('popstate', (event) => {
    if (event.state?.details && details.id !== null)
        showView('details');
    else
        showList();
});
addEventListener('keydown', onKey);
setInterval(updateTotals, 60_000); // money per hour and "today" change without a message
signIn.begin();

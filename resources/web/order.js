// SPDX-License-Identifier: GPL-3.0-or-later
// Which agent stands where: groups by urgency, newest first, subagents below their parents.
import { timeMs } from './format.js';

const DAY_MS = 86_400_000;
const MAX_DEPTH = 8;

export const GROUPS = ['Needs you', 'Working', 'Idle', 'Finished'];
export const FINISHED = 3;

export function groupOf(agent, nowMs) {
    switch (agent.status) {
    case 'blocked': return 0;
    case 'executing':
    case 'waiting': return 1;
    case 'idle': return 2;
    case 'complete':
    case 'failed': return FINISHED;
    default: return nowMs - timeMs(agent.updated_at) < DAY_MS ? 2 : FINISHED;
    }
}

function parentOf(agents, agent) {
    return agent.parent_id && agent.parent_id !== agent.id ? agents.get(agent.parent_id) : undefined;
}

/** How many parents are above; -1 where they form a ring. */
function depthOf(agents, agent) {
    let depth = 0;
    for (let up = parentOf(agents, agent); up; up = parentOf(agents, up)) {
        if (++depth > MAX_DEPTH)
            return -1;
    }
    return depth;
}

function matches(agent, words) {
    if (words.length === 0)
        return true;
    const text = [agent.name, agent.summary, agent.model, agent.working_dir, agent.kind].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
}

/** From the leaves up: a branch is as urgent, as new and as much looked for as its best member. */
function makePlaces(agents, words, nowMs) {
    const places = new Map();
    for (const agent of agents.values()) {
        const depth = depthOf(agents, agent);
        const ownGroup = groupOf(agent, nowMs);
        places.set(agent.id, { agent, ownGroup, group: ownGroup, depth: Math.max(0, depth), children: [],
            parent: depth > 0 ? agent.parent_id : null, atMs: timeMs(agent.updated_at),
            accepted: matches(agent, words) });
    }
    for (const place of [...places.values()].sort((a, b) => b.depth - a.depth)) {
        const parent = place.parent === null ? undefined : places.get(place.parent);
        if (!parent)
            continue;
        parent.children.push(place);
        parent.group = Math.min(parent.group, place.group);
        parent.atMs = Math.max(parent.atMs, place.atMs);
        parent.accepted = parent.accepted || place.accepted;
    }
    return places;
}

const before = (a, b) => a.group - b.group || b.atMs - a.atMs || (a.agent.id < b.agent.id ? -1 : 1);

function addBranch(place, rows) {
    if (!place.accepted)
        return;
    rows.push(place);
    place.children.sort(before).forEach((child) => addBranch(child, rows));
}

/**
 * @param words what all must be found in an agent, in lower case
 * @returns [{group, count, rows: [{agent, depth}]}] of the groups that have any; `count` leaves out a subagent
 *          that only stands here because of its parent
 */
export function arrange(agents, words, nowMs) {
    const places = makePlaces(agents, words, nowMs);
    const roots = [...places.values()].filter((place) => place.parent === null).sort(before);
    const groups = GROUPS.map((name, group) => ({ group, count: 0, rows: [] }));
    for (const root of roots) {
        const rows = [];
        addBranch(root, rows);
        groups[root.group].rows.push(...rows);
        groups[root.group].count += rows.filter((row) => row.ownGroup === root.group).length;
    }
    return groups.filter((group) => group.rows.length > 0);
}

/** What the header counts. */
export function countsOf(agents, nowMs) {
    const counts = { agents: 0, needsYou: 0, working: 0, finished: 0 };
    for (const agent of agents.values()) {
        const group = groupOf(agent, nowMs);
        counts.agents += group === FINISHED ? 0 : 1;
        counts.needsYou += group === 0 ? 1 : 0;
        counts.working += agent.status === 'executing' ? 1 : 0;
        counts.finished += group === FINISHED ? 1 : 0;
    }
    return counts;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// A small stand-in for Plimsoll's server, to try the page without it: the same routes, headers and messages
// (app/server/PROTOCOL.md), an invented fleet, and a second port by which a test says what happens next.
//
//   node fakeserver.mjs [--port N] [--control N] [--agents N] [--role ROLE]
//
// Prints {"link", "control"} as one line of JSON.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { demoAgents, manyAgents } from './fakefleet.mjs';
import { acceptKey, frame, FrameReader } from './fakewebsocket.mjs';

const PAGE = fileURLToPath(new URL('../../resources/web', import.meta.url));
const CSP =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
    '.webmanifest': 'application/manifest+json',
};
const HELD = 5000;

const { values: options } = parseArgs({
    options: {
        port: { type: 'string', default: '0' },
        control: { type: 'string', default: '0' },
        agents: { type: 'string', default: '0' },
        role: { type: 'string', default: 'admin' },
    },
});

const code = randomBytes(16).toString('base64url');
const state = {
    run: randomUUID(),
    seq: 0,
    role: options.role,
    refuse: false,
    sent: [],
    tokens: new Set(),
    tickets: new Set(),
    codes: new Set([code]),
    clients: new Set(),
    permissions: new Map(),
    answers: [],
    resumes: 0,
    snapshots: 0,
    pings: 0,
    mute: false,
    busyTimer: 0,
    pairing: null,
    agents: new Map(
        (Number(options.agents) ? manyAgents(Number(options.agents)) : demoAgents()).map((agent) => [agent.id, agent]),
    ),
    history: new Map(),
};

const now = () => new Date().toISOString();

/** Sends to all and keeps it, so that it can be resumed. */
function broadcast(message, isResumable = true) {
    const whole = { timestamp: now(), ...message };
    if (isResumable) {
        whole.seq = ++state.seq;
        state.sent.push(whole);
        state.sent.splice(0, state.sent.length - HELD);
    }
    for (const client of state.clients) client.queue(whole);
}

function log(agentId, type, content, extra = {}) {
    const entry = {
        id: `${agentId}/f/${state.seq + 1}/0`,
        agent_id: agentId,
        event_category: type === 'prompt' ? 'hook' : 'response',
        event_type: type,
        content,
        truncated: false,
        payload: {},
        summary: content.slice(0, 200),
        timestamp: now(),
        ...extra,
    };
    const held = state.history.get(agentId) ?? [];
    held.push(entry);
    state.history.set(agentId, held);
    broadcast({ type: 'agent_log', agent_id: agentId, log: entry });
}

class Client {
    #socket;
    #pending = [];
    #timer = 0;
    #greeted = false;

    constructor(socket) {
        this.#socket = socket;
        const reader = new FrameReader({
            text: (text) => this.#receive(text),
            close: () => socket.end(frame(0x8, Buffer.alloc(0))),
            ping: (payload) => socket.write(frame(0xa, payload)),
        });
        socket.on('data', (data) => reader.push(data));
        socket.on('close', () => state.clients.delete(this));
        socket.on('error', () => socket.destroy());
        this.#send([
            {
                type: 'connection_established',
                timestamp: now(),
                client_id: 'c1',
                message: 'welcome',
                protocol: 1,
                server: 'plimsoll 0.1.0',
                host: 'This machine',
                run: state.run,
                role: state.role,
                seq: state.seq,
            },
        ]);
    }

    /** One frame per tick, as the server's batches. */
    queue(message) {
        if (!this.#greeted) return;
        this.#pending.push(message);
        this.#timer ||= setTimeout(() => {
            this.#timer = 0;
            this.#send(this.#pending.splice(0));
        }, 5);
    }

    close(closeCode) {
        const payload = Buffer.alloc(2);
        payload.writeUInt16BE(closeCode);
        this.#socket.end(frame(0x8, payload));
    }

    destroy() {
        this.#socket.destroy();
    }

    #send(messages) {
        if (!this.#socket.destroyed) this.#socket.write(frame(0x1, Buffer.from(JSON.stringify(messages))));
    }

    #receive(text) {
        if (text === 'ping') {
            ++state.pings;
            if (!state.mute) this.#send([{ type: 'pong' }]);
            return;
        }
        const message = JSON.parse(text);
        if (message.type === 'hello') this.#greet(message);
        else if (message.type === 'command') this.#send([runCommand(message)]);
    }

    #greet({ since, run }) {
        this.#greeted = true;
        if (run === state.run && since !== undefined && state.seq - since <= state.sent.length) {
            ++state.resumes;
            const missed = state.sent.filter((message) => message.seq > since);
            this.#send([...missed, { type: 'resumed', seq: state.seq }]);
            return;
        }
        ++state.snapshots;
        const agents = [...state.agents.values()];
        this.#send([{ type: 'snapshot_begin', seq: state.seq, count: agents.length }]);
        for (let i = 0; i < agents.length; i += 100)
            this.#send([{ type: 'snapshot_part', agents: agents.slice(i, i + 100) }]);
        this.#send([
            {
                type: 'snapshot_end',
                limits: limits(),
                pending_permissions: [...state.permissions.values()],
                totals: { agents: agents.length },
                spend: spend(),
            },
        ]);
    }
}

function limits() {
    const resets = new Date(Date.now() + 2 * 3600_000).toISOString();
    return [
        {
            kind: 'claude-code',
            plan: 'max',
            windows: [
                { name: '5 h', used_percent: 62, resets_at: resets },
                { name: '7 d', used_percent: 44, resets_at: resets },
            ],
        },
        { kind: 'codex', plan: 'pro', windows: [{ name: '5 h', used_percent: 17, resets_at: resets }] },
    ];
}

function spend() {
    const slot = Math.floor(Date.now() / 900_000) * 900_000;
    return [4, 3, 2, 1, 0].map((back) => ({ start: new Date(slot - back * 900_000).toISOString(), cost: 1.25 + back }));
}

const COMMANDS = {
    fetch_history: ({ agent_id: id, before_seq: before, limit = 50 }) => {
        const all = state.history.get(id) ?? [];
        const end = before ?? all.length;
        const start = Math.max(0, end - limit);
        return { log: all.slice(start, end), before_seq: start, file: '/f.jsonl', more: start > 0 };
    },
    fetch_text: ({ from = 0 }) =>
        from === 0 ? { text: 'the whole text, ', next: 16 } : { text: 'and its end', next: null },
    fetch_agents: () => ({ agents: [], left: 0 }),
    fetch_permission_input: ({ request_id: id }) => ({ input: state.permissions.get(id).whole }),
    answer_permission: (params) => {
        state.answers.push(params);
        resolve(params.request_id, params.option_id);
        return {};
    },
};

function runCommand({ id, method, params }) {
    const isAllowed = method !== 'answer_permission' || ['approver', 'operator', 'admin'].includes(state.role);
    if (!isAllowed || !Object.hasOwn(COMMANDS, method))
        return {
            type: 'result',
            id,
            ok: false,
            error: { code: isAllowed ? 'unsupported' : 'forbidden', message: 'refused' },
        };
    return { type: 'result', id, ok: true, result: COMMANDS[method](params) };
}

function ask(request) {
    const whole = {
        request_id: randomUUID(),
        kind: 'permission',
        tool_name: 'Bash',
        cwd: '/home/ada/shop/backend',
        questions: null,
        expires_at: null,
        options: [
            { id: 'o1', label: 'Allow once', effect: 'allow_once' },
            { id: 'o2', label: 'Allow for session', effect: 'allow_session' },
            { id: 'o3', label: 'Deny', effect: 'deny' },
        ],
        ...request,
        timestamp: now(),
    };
    state.permissions.set(whole.request_id, whole);
    setStatus(whole.agent_id, 'blocked', 'permission prompt');
    broadcast({ type: 'permission_requested', ...whole });
    return whole.request_id;
}

function resolve(id, option) {
    const request = state.permissions.get(id);
    if (!request) return;
    state.permissions.delete(id);
    broadcast({
        type: 'permission_resolved',
        agent_id: request.agent_id,
        request_id: id,
        option_id: option,
        outcome: 'answered',
        by: 'web',
        at: now(),
    });
    setStatus(request.agent_id, 'executing', 'log is growing');
}

function setStatus(id, status, reason) {
    const agent = state.agents.get(id);
    broadcast({
        type: 'agent_status_changed',
        agent_id: id,
        old_status: agent.status,
        new_status: status,
        reason,
        source: 'log',
        since: now(),
    });
    agent.status = status;
}

function update(id, change) {
    Object.assign(state.agents.get(id), change);
    broadcast({ type: 'agent_updated', agent_id: id, agent: change });
}

/** Each of `count` agents prints and is counted ten times a second; the summary tells when it was sent. */
function busy(count) {
    clearInterval(state.busyTimer);
    const agents = [...state.agents.values()].slice(0, count);
    if (agents.length === 0) return;
    state.busyTimer = setInterval(() => {
        for (const agent of agents) {
            const tokens = agent.context_tokens >= 160_000 ? 20_000 : agent.context_tokens + 150;
            log(agent.id, 'tool_use', '{"command":"make"}', { payload: { tool: 'Bash' } });
            update(agent.id, {
                context_tokens: tokens,
                output_tokens: agent.output_tokens + 20,
                total_cost: agent.total_cost + 0.001,
                summary: `sent ${Date.now()}`,
            });
        }
    }, 100);
}

/** A test's orders; what is answered goes back as JSON. */
const ORDERS = {
    agents: () => [...state.agents.values()],
    update: ({ id, change }) => update(id, change),
    create: ({ agent }) => {
        state.agents.set(agent.id, agent);
        broadcast({ type: 'agent_created', agent_id: agent.id, agent });
    },
    many: ({ count }) => manyAgents(count, state.agents.size + 1).forEach((agent) => ORDERS.create({ agent })),
    status: ({ id, status }) => setStatus(id, status, 'told by the test'),
    log: ({ id, type, content, extra }) => log(id, type, content, extra),
    stream: ({ id, chunk, done = false }) =>
        broadcast({ type: 'chat_stream', agent_id: id, chunk, is_complete: done }, false),
    alert: (message) => broadcast({ type: 'alert', level: 'warning', percentage: 81.2, of: 'trigger', ...message }),
    ask,
    role: ({ role }) => {
        state.role = role;
    },
    drop: () => state.clients.forEach((client) => client.destroy()),
    mute: ({ on }) => {
        state.mute = on;
    },
    refuse: ({ on }) => {
        state.refuse = on;
    },
    revoke: () => {
        state.tokens.clear();
        state.clients.forEach((client) => client.close(4401));
    },
    restart: () => {
        state.run = randomUUID();
        state.clients.forEach((client) => client.destroy());
    },
    busy: ({ count }) => busy(count),
    link: () => {
        const next = randomBytes(16).toString('base64url');
        state.codes.add(next);
        return next;
    },
    resolve: ({ id }) => resolve(id, null),
    facts: () => ({
        origin: `http://127.0.0.1:${server.address().port}`,
        answers: state.answers,
        resumes: state.resumes,
        pings: state.pings,
        snapshots: state.snapshots,
        clients: state.clients.size,
        pairing: state.pairing?.name ?? null,
    }),
    confirm: ({ ok }) => state.pairing?.decide(ok),
};

async function bodyOf(request) {
    let text = '';
    for await (const chunk of request) text += chunk;
    return text ? JSON.parse(text) : {};
}

function answer(response, status, body) {
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(body));
}

const refused = (response, status) => answer(response, status, { error: { code: 'refused', message: 'refused' } });

function newToken() {
    const token = randomBytes(32).toString('base64url');
    state.tokens.add(token);
    return token;
}

const isBearer = (request) => state.tokens.has((request.headers.authorization ?? '').replace('Bearer ', ''));

const ROUTES = {
    '/api/access/token': async (request, response) => {
        const { code: given } = await bodyOf(request);
        if (!state.codes.delete(given)) return refused(response, 401);
        return answer(response, 200, { token: newToken(), role: state.role });
    },
    '/api/access/pair': async (request, response) => {
        const { name } = await bodyOf(request);
        const isConfirmed = await new Promise((decide) => {
            state.pairing = { name, decide };
        });
        state.pairing = null;
        return isConfirmed
            ? answer(response, 200, { token: newToken(), role: 'viewer', fingerprint: 'ab12' })
            : refused(response, 403);
    },
    '/api/access/ticket': (request, response) => {
        if (!isBearer(request)) return refused(response, 401);
        const ticket = randomBytes(16).toString('base64url');
        state.tickets.add(ticket);
        return answer(response, 200, { ticket });
    },
    '/api/events': (request, response) =>
        isBearer(request)
            ? answer(response, 200, { events: state.sent.slice(-200), seq: state.seq, run: state.run, complete: true })
            : refused(response, 401),
};

async function serveFile(path, response) {
    const name = path === '/' ? 'index.html' : path.slice(1);
    if (!/^[\w-]+\.\w+$/u.test(name)) return refused(response, 404);
    try {
        const body = await readFile(join(PAGE, name));
        response.writeHead(200, {
            'Content-Type': TYPES[extname(name)],
            'Content-Security-Policy': CSP,
            'Cache-Control': 'no-cache',
            'X-Content-Type-Options': 'nosniff',
            'Referrer-Policy': 'no-referrer',
        });
        return response.end(body);
    } catch {
        return refused(response, 404);
    }
}

function upgrade(request, socket) {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/u);
    const ticket = offered.find((each) => each.startsWith('plimsoll.ticket.'))?.slice('plimsoll.ticket.'.length);
    if (state.refuse || !offered.includes('plimsoll.v1') || !state.tickets.delete(ticket)) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
    }
    socket.setNoDelay(true);
    socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            `Sec-WebSocket-Accept: ${acceptKey(request.headers['sec-websocket-key'], createHash)}\r\nSec-WebSocket-Protocol: plimsoll.v1\r\n\r\n`,
    );
    state.clients.add(new Client(socket));
}

const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (state.refuse) request.socket.destroy();
    else if (Object.hasOwn(ROUTES, pathname)) ROUTES[pathname](request, response);
    else serveFile(pathname, response);
});
server.on('upgrade', upgrade);

const control = createServer(async (request, response) => {
    const order = request.url.slice(1);
    answer(response, 200, ORDERS[order](await bodyOf(request)) ?? null);
});

await new Promise((done) => server.listen(Number(options.port), '127.0.0.1', done));
await new Promise((done) => control.listen(Number(options.control), '127.0.0.1', done));
const first = [...state.agents.values()][0];
log(first.id, 'prompt', 'Move the orders table to the new schema and keep the old API.');
log(first.id, 'thinking', 'The old API reads orders by number. A view could keep it as it is.');
log(first.id, 'tool_use', '{"command":"npm run migrate -- --dry-run"}', {
    payload: { tool: 'Bash' },
    summary: 'npm run migrate -- --dry-run --only orders',
});
log(first.id, 'tool_result', '14 of 15 migrations pass');
log(
    first.id,
    'text',
    'The dry run passes for 14 of 15 migrations. The last one needs the guests’ placeholder, which is in place now. I can run all of them against the staging database.',
);
console.log(
    JSON.stringify({
        link: `http://127.0.0.1:${server.address().port}/#code=${code}`,
        control: `http://127.0.0.1:${control.address().port}`,
    }),
);

// SPDX-License-Identifier: GPL-3.0-or-later
// The link to the server: one WebSocket, reconnected with growing delay and resumed where it was.
import { fetchTicket } from './access.js';

const DELAYS_S = [1, 2, 4, 8, 16];
const PING_MS = 30_000;
const ANSWER_MS = 10_000;  // a ping without any answer for so long: the link is dead
const COMMAND_MS = 30_000;
const CONNECT_MS = 15_000;

/**
 * Tells by events: `state` (detail: connecting | live | waiting | failed | ended, with attempt, seconds and
 * reason) and `messages` (detail: an array). `live` is told when what was missed has been applied.
 */
export class Link extends EventTarget {
    #socket = null;
    #attempt = 0;      // failed attempts since the link was last up
    #generation = 0;   // what belongs to an older attempt is ignored
    #timer = 0;
    #pinger = 0;
    #deadline = 0;
    #commands = new Map();
    #nextId = 1;
    #since = null;     // the last seq that was applied
    #run = null;
    #inSnapshot = false;
    state = 'idle';
    role = null;
    server = null;

    constructor() {
        super();
        addEventListener('online', () => this.retry());
        // A dead network may leave the socket open: ask it.
        addEventListener('offline', () => this.#ping());
        document.addEventListener('visibilitychange', () => {
            if (document.visibilityState !== 'visible')
                return;
            if (this.state === 'live')
                this.#ping();
            else
                this.retry();
        });
    }

    /** Connects now, whatever the delay; does nothing while there is a link or an attempt. */
    retry() {
        if (this.state === 'live' || this.state === 'connecting' || this.state === 'idle' || this.state === 'ended')
            return;
        if (this.state === 'failed')
            this.#attempt = 0;
        this.#connect();
    }

    start() {
        this.#attempt = 0;
        this.#connect();
    }

    /** Ends for good; `start` begins anew. */
    stop(reason) {
        this.#drop();
        this.#since = null;
        this.#run = null;
        this.#tell('ended', { reason });
    }

    /** @returns a promise of the result; rejected with what the server said, or when the link is lost */
    command(method, params) {
        return new Promise((resolve, reject) => {
            if (this.state !== 'live') {
                reject(new Error('not connected'));
                return;
            }
            const id = this.#nextId++;
            const expire = () => this.#settle(id, (entry) => entry.reject(new Error('no answer')));
            const timer = setTimeout(expire, COMMAND_MS);
            this.#commands.set(id, { resolve, reject, timer });
            this.#socket.send(JSON.stringify({ type: 'command', id, method, params }));
        });
    }

    #tell(state, detail = {}) {
        this.state = state;
        this.dispatchEvent(new CustomEvent('state', { detail: { state, ...detail } }));
    }

    async #connect() {
        this.#drop();
        const generation = this.#generation;
        this.#tell('connecting', { attempt: this.#attempt });
        let ticket;
        try {
            ticket = await fetchTicket();
        } catch (error) {
            if (generation !== this.#generation)
                return;
            if (error.status === 401)
                this.stop('revoked');
            else
                this.#later();
            return;
        }
        if (generation === this.#generation)
            this.#open(ticket);
    }

    #open(ticket) {
        const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
        const socket = new WebSocket(`${scheme}://${location.host}/ws`, ['plimsoll.v1', `plimsoll.ticket.${ticket}`]);
        const generation = this.#generation;
        this.#socket = socket;
        this.#deadline = setTimeout(() => socket.close(), CONNECT_MS);
        socket.onopen = () => socket.send(JSON.stringify(this.#hello()));
        socket.onmessage = (event) => {
            if (generation === this.#generation)
                this.#receive(event.data);
        };
        socket.onclose = (event) => {
            if (generation !== this.#generation)
                return;
            if (event.code === 4401)
                this.stop('revoked');
            else
                this.#later();
        };
    }

    #hello() {
        const hello = { type: 'hello', batch: true };
        return this.#since === null ? hello : { ...hello, since: this.#since, run: this.#run };
    }

    #receive(data) {
        this.#expectNothing();
        let frame;
        try {
            frame = JSON.parse(data);
        } catch {
            return; // not the protocol; what follows may be
        }
        const messages = (Array.isArray(frame) ? frame : [frame]).filter((message) => this.#take(message));
        if (messages.length > 0)
            this.dispatchEvent(new CustomEvent('messages', { detail: messages }));
        if (messages.some((message) => message.type === 'snapshot_end' || message.type === 'resumed'))
            this.#live();
    }

    /** Handles what belongs to the link. @returns whether the fleet needs to see the message */
    #take(message) {
        switch (message?.type) {
        case 'connection_established':
            this.role = message.role;
            this.server = message;
            if (message.run !== this.#run)
                this.#since = null;
            this.#run = message.run;
            return true;
        case 'snapshot_begin':
            this.#since = message.seq;
            this.#inSnapshot = true;
            return true;
        case 'snapshot_end':
            this.#inSnapshot = false;
            return true;
        case 'resumed':
            return true;
        case 'result':
            this.#settle(message.id, (entry) => (message.ok
                ? entry.resolve(message.result ?? {}) : entry.reject(new Error(message.error?.message ?? 'refused'))));
            return false;
        case 'pong':
            return false;
        case undefined:
            return false;
        default:
            return this.#isNew(message.seq);
        }
    }

    #isNew(seq) {
        if (typeof seq !== 'number')
            return true;
        if (this.#since !== null && seq <= this.#since)
            return false;
        this.#since = seq;
        return true;
    }

    #live() {
        if (this.#inSnapshot || this.state === 'live')
            return;
        this.#attempt = 0;
        clearTimeout(this.#deadline); // a quiet fleet is no dead link
        clearInterval(this.#pinger);
        this.#pinger = setInterval(() => this.#ping(), PING_MS);
        this.#tell('live');
    }

    #ping() {
        if (this.#socket?.readyState !== WebSocket.OPEN)
            return;
        this.#socket.send('ping');
        clearTimeout(this.#deadline);
        this.#deadline = setTimeout(() => this.#later(), ANSWER_MS);
    }

    #expectNothing() {
        clearTimeout(this.#deadline);
        // Until the link is live the next message has to come in time as well.
        if (this.state === 'connecting')
            this.#deadline = setTimeout(() => this.#later(), CONNECT_MS);
    }

    /** The attempt or the link has failed: the next one after its delay, or none after the last. */
    #later() {
        this.#drop();
        if (this.#attempt >= DELAYS_S.length) {
            this.#tell('failed');
            return;
        }
        const seconds = DELAYS_S[this.#attempt++];
        this.#timer = setTimeout(() => this.#connect(), seconds * 1000);
        this.#tell('waiting', { attempt: this.#attempt, attempts: DELAYS_S.length, seconds });
    }

    #drop() {
        ++this.#generation;
        clearTimeout(this.#timer);
        clearTimeout(this.#deadline);
        clearInterval(this.#pinger);
        if (this.#inSnapshot) {
            // Half a snapshot is nothing that could be resumed.
            this.#inSnapshot = false;
            this.#since = null;
        }
        this.#socket?.close();
        this.#socket = null;
        for (const id of [...this.#commands.keys()])
            this.#settle(id, (entry) => entry.reject(new Error('the connection was lost')));
    }

    #settle(id, how) {
        const entry = this.#commands.get(id);
        if (!entry)
            return;
        this.#commands.delete(id);
        clearTimeout(entry.timer);
        how(entry);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Plimsoll itself, sharing the fleet of a home of its own, in which the test plays the agents.
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';

const fakeClaude = new URL('fakeclaude.mjs', import.meta.url).pathname;

export class RealServer {
    #program;
    #child = null;
    #token = '';
    home = mkdtempSync(`${tmpdir()}/plimsoll-web-`);
    origin = '';

    constructor(program) {
        this.#program = program;
        mkdirSync(`${this.home}/bin`);
        mkdirSync(`${this.home}/.claude/projects/-boat`, { recursive: true });
        writeFileSync(`${this.home}/bin/claude`, `#!/bin/sh\nexec '${process.execPath}' '${fakeClaude}' "$@"\n`);
        chmodSync(`${this.home}/bin/claude`, 0o755);
    }

    get data() {
        return `${this.home}/data`;
    }

    /** Ready once it listens; again on the same port after a kill. */
    async start() {
        const at = this.origin ? new URL(this.origin).host : '127.0.0.1:0';
        const env = { ...process.env, PATH: `${this.home}/bin:${process.env.PATH}` };
        const args = ['--headless', '--home', this.home, '--data-dir', this.data, '--serve', at];
        this.#child = spawn(this.#program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
        const lines = createInterface({ input: this.#child.stdout });
        const [first] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) });
        const { listening, token_file: file } = JSON.parse(first);
        this.origin = listening;
        this.#token = readFileSync(file, 'utf8').trim();
    }

    async kill() {
        const ended = once(this.#child, 'exit');
        this.#child.kill('SIGKILL');
        await ended;
    }

    async close() {
        await this.kill();
        rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }

    run(...args) {
        return execFileSync(this.#program, [...args, '--data-dir', this.data], { stdio: ['ignore', 'pipe', 'ignore'] })
            .toString()
            .trim();
    }

    link() {
        return this.run('token', 'link');
    }

    addToken(name, role) {
        return this.run('token', 'add', name, '--role', role);
    }

    /** Asks as the operator. */
    async ask(path, body) {
        const response = await fetch(`${this.origin}${path}`, {
            method: body ? 'POST' : 'GET',
            headers: { Authorization: `Bearer ${this.#token}`, ...(body && { 'Content-Type': 'application/json' }) },
            body: body && JSON.stringify(body),
        });
        const answer = await response.json();
        if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
        return answer;
    }

    /** Starts an agent. @returns its id */
    async create(name, prompt) {
        const wanted = { kind: 'claude-code', name, working_dir: this.home, prompt };
        return (await this.ask('/api/agents', wanted)).agent_id;
    }

    command(id, text) {
        return this.ask(`/api/agents/${id}/command`, { text });
    }

    /** What the agents were answered, oldest first: lines as they came. */
    told() {
        try {
            return readFileSync(`${this.home}/told`, 'utf8').split('\n').filter(Boolean);
        } catch {
            return [];
        }
    }

    /** Appends lines to the log of a session that nobody drives. */
    append(session, ...lines) {
        appendFileSync(`${this.home}/.claude/projects/-boat/${session}.jsonl`, lines.map((line) => `${line}\n`).join(''));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Pages of other sites in a real Chromium against a server that shares a fleet:
//
//   node attacks.test.mjs SERVER_ORIGIN TOKEN_FILE PLAYWRIGHT_CORE_DIR CHROMIUM_PATH
//
// Each attack has a control that passes, so that the check can fail. Exits with 1 if a check fails.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { acceptKey } from './fakewebsocket.mjs';

const [origin, tokenFile, playwrightDir, chromiumPath] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(resolve(playwrightDir));
const token = readFileSync(tokenFile, 'utf8');
const { port } = new URL(origin);
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** A site of somebody else, whose own WebSocket takes everybody: what a server without a gate would be. */
const evil = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>evil</title>');
});
evil.on('upgrade', (request, socket) => {
    const accept = acceptKey(request.headers['sec-websocket-key'], createHash);
    socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n` +
            'Sec-WebSocket-Protocol: plimsoll.v1\r\n\r\n',
    );
    socket.on('error', () => {});
});
await new Promise((done) => evil.listen(0, '127.0.0.1', done));
const evilPort = evil.address().port;

async function ticket() {
    const answer = await fetch(`${origin}/api/access/ticket`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
    return (await answer.json()).ticket;
}

/** What becomes of a WebSocket that a page opens: "open" or "closed". */
function socketFrom(page, url, protocols) {
    return page.evaluate(
        ([to, offered]) =>
            new Promise((done) => {
                const socket = new WebSocket(to, offered);
                socket.onopen = () => done('open');
                socket.onclose = () => done('closed');
            }),
        [url, protocols],
    );
}

const checks = {
    async 'a page of another site cannot open the event stream, even with a ticket'(browser) {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${evilPort}/`);
        const protocols = ['plimsoll.v1', `plimsoll.ticket.${await ticket()}`];
        assert.equal(await socketFrom(page, `ws://127.0.0.1:${evilPort}/ws`, protocols), 'open', 'control: no gate');
        assert.equal(await socketFrom(page, `ws://127.0.0.1:${port}/ws`, protocols), 'closed');
        // Control: the same from the server's own page.
        await page.goto(`${origin}/health`);
        const own = ['plimsoll.v1', `plimsoll.ticket.${await ticket()}`];
        assert.equal(await socketFrom(page, `ws://127.0.0.1:${port}/ws`, own), 'open', 'control: own page');
        assert.equal(await socketFrom(page, `ws://127.0.0.1:${port}/ws`, own), 'closed', 'a ticket is used once');
    },

    async 'nor a page without an origin'(browser) {
        const page = await browser.newPage();
        await page.goto('data:text/html,<title>null</title>');
        const protocols = ['plimsoll.v1', `plimsoll.ticket.${await ticket()}`];
        assert.equal(await socketFrom(page, `ws://127.0.0.1:${port}/ws`, protocols), 'closed');
    },

    async 'a page of another site reads nothing and posts nothing'(browser) {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${evilPort}/`);
        const tries = await page.evaluate(async (to) => {
            const results = [];
            for (const init of [{}, { method: 'POST', mode: 'no-cors', body: '{"used":1,"total":2}' }]) {
                try {
                    const answer = await fetch(`${to}/api/counters/context/evil`, init);
                    results.push(answer.type === 'opaque' ? 'unseen' : answer.status);
                } catch {
                    results.push('failed');
                }
            }
            return results;
        }, origin);
        assert.deepEqual(tries, ['failed', 'failed']);
        const value = await fetch(`${origin}/api/counters/context/evil`, { headers: { Authorization: `Bearer ${token}` } });
        assert.deepEqual(await value.json(), { used: 0, total: 200000, percentage: 0 });
    },

    async 'a page of another site cannot frame the viewer'(browser) {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${evilPort}/`);
        await page.setContent(`<iframe src="${origin}/"></iframe><iframe src="http://127.0.0.1:${evilPort}/"></iframe>`);
        await page.waitForTimeout(1000);
        const framed = page.frames().find((frame) => frame.url().startsWith(origin));
        assert.equal(framed, undefined);
        assert.equal(page.frames().length, 3, 'control: frames can be had');
        assert.ok(page.frames().some((frame) => frame !== page.mainFrame() && frame.url().includes(`:${evilPort}`)));
    },

    async 'a name that was bent to this machine gets nothing'() {
        const browser = await launch([`--host-resolver-rules=MAP evil.test 127.0.0.1`]);
        try {
            const page = await browser.newPage();
            await page.goto(`http://evil.test:${port}/`);
            assert.match(await page.content(), /host not allowed/u);
            await page.goto(`http://evil.test:${evilPort}/`);
            assert.equal(await page.title(), 'evil', 'control: the name leads here');
        } finally {
            await browser.close();
        }
    },
};

function launch(more = []) {
    return chromium.launch({ executablePath: chromiumPath, headless: true, args: [...flags, ...more] });
}

let failed = 0;
const browser = await launch();
for (const [name, check] of Object.entries(checks)) {
    try {
        await check(browser);
        console.log(`ok    ${name}`);
    } catch (error) {
        failed += 1;
        console.log(`FAIL  ${name}\n      ${error.message}`);
    }
}
await browser.close();
evil.close();
evil.closeAllConnections();
process.exit(failed === 0 ? 0 : 1);

// SPDX-License-Identifier: GPL-3.0-or-later
// The page in Chromium against Plimsoll itself, with agents that the test plays:
//
//   node real.test.mjs PROGRAM PLAYWRIGHT_CORE_DIR CHROMIUM_PATH [SHOTS_DIR]
//
// Exits with 1 if a check fails.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { answerLine, promptLine, titleLine } from './claudelog.mjs';
import { injections } from './injections.mjs';
import { RealServer } from './realserver.mjs';

const [program, playwrightDir, chromiumPath, shots] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(resolve(playwrightDir));

const server = new RealServer(program);
const faults = [];
const shot = (page, name) => (shots ? page.screenshot({ path: `${shots}/real-${name}.png` }) : null);
const live = (page) => page.waitForSelector('body[data-link="live"]', { timeout: 20_000 });
const rowOf = (page, name) => page.locator('.agent', { has: page.getByRole('button', { name: new RegExp(`^${name}\\b`, 'u') }) });

/** Waits for what only the server or the agent knows. */
async function until(what, condition) {
    const end = Date.now() + 20_000;
    for (;;) {
        const value = await condition();
        if (value) return value;
        assert.ok(Date.now() < end, `not seen: ${what}`);
        await new Promise((done) => setTimeout(done, 20));
    }
}

function instrument(token) {
    if (token) sessionStorage.setItem('plimsoll.token', token);
    window.testReports = [];
    window.testSockets = [];
    const Native = WebSocket;
    window.WebSocket = class extends Native {
        constructor(...given) {
            super(...given);
            window.testSockets.push(this);
            this.addEventListener('message', ({ data }) => window.testOnMessage?.(data));
        }
    };
    addEventListener('securitypolicyviolation', (event) => {
        window.testReports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
}

/** A page of a new context, with this token or none. */
async function openPage(browser, token = '') {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript(instrument, token);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`script error: ${error.stack}`));
    page.on('console', (message) => {
        if (message.type() === 'error' && !/net::ERR_|WebSocket connection to|status of 401/u.test(message.text()))
            faults.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
        const { host } = new URL(request.url());
        if (host !== new URL(server.origin).host) faults.push(`foreign request: ${request.url()}`);
    });
    if (token) {
        await page.goto(server.origin);
        await live(page);
    }
    return page;
}

async function openAgent(page, name) {
    await rowOf(page, name).locator('.name').click();
    await page.waitForFunction((text) => document.getElementById('details-name').textContent === text, name);
}

const grown = randomUUID();
let boat = '';
let operatorPage = null;

const BUSY = 100;
const BUSY_ROUNDS = 12;
const ROUND_MS = 500;
const P99_BOUND_MS = 150;

const checks = {
    async 'the launch link opens it, and a bar moves as its log grows'(browser) {
        server.append(grown, titleLine('grower'), promptLine('go'), answerLine({ id: 'g1', input: 20_000, text: 'begun' }));
        const page = await openPage(browser);
        await page.goto(server.link());
        await live(page);
        const bar = rowOf(page, 'grower').locator('.bar');
        await bar.waitFor();
        assert.equal(await bar.getAttribute('aria-valuenow'), '10');
        const right = () => bar.locator('.fill').evaluate((element) => element.getBoundingClientRect().right);
        const before = await right();
        server.append(grown, answerLine({ id: 'g2', input: 150_000, text: 'more' }));
        await page.waitForFunction((element) => element.ariaValueNow === '75', await bar.elementHandle());
        await until('the bar has grown', async () => (await right()) > before + 100);
        const session = await page.context().newCDPSession(page);
        const { nodes } = await session.send('Accessibility.getFullAXTree');
        const meter = nodes.find((node) => node.role?.value === 'meter' && node.name.value === 'Context of grower');
        assert.equal(meter.value.value, 75);
        assert.match(await bar.getAttribute('aria-valuetext'), /^context 75 percent, 150k of 200k, compacts at 167k$/u);
        await shot(page, 'bar');
        // The same run: what was missed comes, once.
        await page.context().setOffline(true);
        await page.evaluate(() => window.testSockets.forEach((socket) => socket.close()));
        await page.waitForSelector('body[data-link="down"]');
        server.append(grown, answerLine({ id: 'g3', input: 100_000, text: 'said while it was away' }));
        await until('the server has it', async () =>
            (await server.ask('/api/agents')).agents.some((agent) => agent.context_tokens === 100_000));
        await page.context().setOffline(false);
        await live(page);
        await page.waitForFunction((element) => element.ariaValueNow === '50', await bar.elementHandle());
        await page.locator('.event', { hasText: 'said while it was away' }).waitFor();
        assert.equal(await page.locator('.event', { hasText: 'said while it was away' }).count(), 1);
        await page.context().close();
    },

    async 'it loses a server that was killed and finds it again'(browser) {
        const page = await openPage(browser, server.addToken('wall', 'viewer'));
        await server.kill();
        await page.waitForSelector('body[data-link="down"]');
        assert.ok(await rowOf(page, 'grower').locator('.stale').isVisible());
        await shot(page, 'stale');
        server.append(grown, answerLine({ id: 'g4', input: 180_000, text: 'nobody looked' }));
        await server.start();
        await live(page);
        assert.ok(await page.locator('#stale-banner').isHidden());
        await rowOf(page, 'grower').locator('.bar[aria-valuenow="90"]').waitFor();
        await page.context().close();
    },

    async 'a permission card is allowed and denied, and the agent gets the exact bytes'(browser) {
        const page = await openPage(browser, server.addToken('phone', 'approver'));
        operatorPage = page;
        boat = await server.create('boat', 'ask Bash {"command":"touch  a" , "n":1.50}');
        await rowOf(page, 'boat').getByText('Asks: Bash').waitFor();
        await openAgent(page, 'boat');
        const asked = await page.locator('.card .input').textContent();
        assert.equal(asked, '{"command":"touch  a" , "n":1.50}');
        await shot(page, 'card');
        await page.getByRole('button', { name: 'Allow once' }).click();
        await page.waitForSelector('.card', { state: 'detached' });
        await until('allowed', () => server.told().length === 1);
        assert.match(server.told()[0], /"response":\{"behavior":"allow","updatedInput":\{"command":"touch  a" , "n":1\.50\}\}/u);
        await server.command(boat, 'ask Write {"file_path":"/etc/passwd"}');
        await page.fill('.card input[type="text"]', 'not there “please”');
        await page.getByRole('button', { name: 'Deny', exact: true }).click();
        await page.waitForSelector('.card', { state: 'detached' });
        await until('denied', () => server.told().length === 2);
        assert.deepEqual(JSON.parse(server.told()[1]).response.response, { behavior: 'deny', message: 'not there “please”' });
    },

    async 'a question is answered, and the agent gets the answer'() {
        const page = operatorPage;
        const input = { questions: [{ question: 'Which sail?', header: 'Sail', multiSelect: false,
            options: [{ label: 'Main', description: 'the big one' }, { label: 'Jib' }] }] };
        await server.command(boat, `ask AskUserQuestion ${JSON.stringify(input)}`);
        await page.getByLabel('Jib').check();
        await shot(page, 'question');
        await page.getByRole('button', { name: 'Answer', exact: true }).click();
        await page.waitForSelector('.card', { state: 'detached' });
        await until('answered', () => server.told().length === 3);
        assert.deepEqual(JSON.parse(server.told()[2]).response.response,
            { behavior: 'allow', updatedInput: { ...input, answers: { 'Which sail?': 'Jib' } } });
    },

    async 'what another answers goes away, and a viewer cannot answer'(browser) {
        const viewer = await openPage(browser, server.addToken('guest', 'viewer'));
        await server.command(boat, 'ask Bash {"command":"make"}');
        await openAgent(viewer, 'boat');
        await viewer.getByText('Your role (viewer) may see requests, not answer them.').waitFor();
        for (const button of await viewer.locator('.card .buttons button').all()) assert.ok(await button.isDisabled());
        await shot(viewer, 'viewer');
        await operatorPage.locator('.card').waitFor();
        const [request] = (await server.ask('/api/permissions')).permissions;
        await server.ask(`/api/permissions/${request.request_id}`, { decision: 'deny' });
        await viewer.waitForSelector('.card', { state: 'detached' });
        await operatorPage.waitForSelector('.card', { state: 'detached' });
        await viewer.context().close();
    },

    async 'an operator answers in the page, and a request with a secret is told whole only to who may answer'(browser) {
        const operator = await openPage(browser, server.addToken('desk', 'operator'));
        const viewer = await openPage(browser, server.addToken('looker', 'viewer'));
        const before = server.told().length;
        const secret = `ghp_${'b'.repeat(36)}`;
        await server.command(boat, `ask Bash {"command":"login  ${secret}"}`);
        for (const page of [operator, viewer]) {
            await openAgent(page, 'boat');
            await page.getByRole('button', { name: /^Load all/u }).click();
        }
        await viewer.waitForFunction(() => /login {2}/u.test(document.querySelector('.card .input').textContent));
        assert.ok(!(await viewer.locator('.card .input').textContent()).includes(secret));
        await operator.waitForFunction((text) => document.querySelector('.card .input').textContent.includes(text), secret);
        await operator.getByRole('button', { name: 'Allow once' }).click();
        await viewer.waitForSelector('.card', { state: 'detached' });
        await until('allowed', () => server.told().length === before + 1);
        assert.ok(server.told()[before].includes(`"updatedInput":{"command":"login  ${secret}"}`));
        await operator.context().close();
        await viewer.context().close();
    },

    async 'names of agents that would run a script stay names'(browser) {
        const texts = injections().filter((_, i) => i % 12 === 0);
        texts.forEach((text, i) => server.append(randomUUID(), titleLine(text), promptLine(text),
            answerLine({ id: `named-${i}`, input: 1000, text })));
        const page = await openPage(browser, server.addToken('names', 'viewer'));
        const isThere = async (text) => (await server.ask('/api/agents')).agents.some((agent) => agent.name === text);
        await until('all are there', async () => (await Promise.all(texts.map(isThere))).every(Boolean));
        await page.fill('#search', 'testran'); // a search opens the finished ones, too
        const shown = page.locator('.agent .name', { hasText: 'testRan' });
        await shown.first().waitFor();
        await shown.first().click();
        await page.waitForFunction(() => document.getElementById('details-name').textContent.includes('testRan'));
        assert.equal(await page.evaluate(() => window.testRan), undefined, 'a script has run');
        assert.deepEqual(await page.evaluate(() => window.testReports), []);
        assert.equal(await page.locator('#agents :is(script, iframe, img, svg, object, embed)').count(), 0);
        await shot(page, 'names');
        await page.context().close();
    },

    async '300 texts of script injection, as all that an agent can say, stay texts'(browser) {
        const page = operatorPage;
        const elements = () => page.evaluate(() =>
            document.querySelectorAll('script, iframe, object, embed, img, svg, link, style, base, form, a').length);
        const before = await elements();
        const texts = injections();
        assert.equal(texts.length, 300);
        for (let from = 0; from < texts.length; from += 50) {
            await server.command(boat, `inject ${from} ${from + 50}`);
            await page.waitForFunction(() => document.querySelectorAll('.card').length === 50, null, { timeout: 20_000 });
            await page.evaluate(() => document.querySelectorAll('.entry summary').forEach((summary) => summary.click()));
            if (from === 0) await shot(page, 'injections');
            await server.command(boat, 'withdraw');
            await page.waitForFunction(() => document.querySelectorAll('.card').length === 0, null, { timeout: 20_000 });
        }
        assert.ok((await page.locator('.entry').count()) >= 300);
        assert.equal(await elements(), before, 'an element came out of a text');
        assert.equal(await page.evaluate(() => window.testRan), undefined, 'a script has run');
        assert.deepEqual(await page.evaluate(() => window.testReports), []);
        // Controls: the policy stops and reports a page that reads them as markup, and without a policy they run.
        const refusal = await page.evaluate((text) => document.body.insertAdjacentHTML('beforeend', text), texts[12]).catch(String);
        assert.match(String(refusal), /TrustedHTML/u);
        await page.waitForFunction(() => window.testReports.length > 0);
        assert.equal(await page.evaluate(() => window.testRan), undefined, 'the policy lets scripts run');
        const open = await browser.newPage();
        await open.setContent(texts[12]);
        await open.waitForFunction(() => window.testRan === 1);
        await open.close();
        faults.splice(0, faults.length, ...faults.filter((fault) => !/TrustedHTML/u.test(fault)));
        await page.context().close();
    },

    async 'from a line in a log to the DOM, 100 busy agents'(browser) {
        const sessions = Array.from({ length: BUSY }, () => randomUUID());
        sessions.forEach((session, i) => server.append(session, titleLine(`agent ${i}`), promptLine('go'),
            answerLine({ id: `${session}-0`, input: 20_000 + i * 100, text: 'begun' })));
        const page = await openPage(browser, server.addToken('bench', 'viewer'));
        // Without a process of their own they count as finished.
        await page.getByRole('button', { name: /^Finished/u }).click();
        await until('all are there', async () => (await server.ask('/api/agents')).agents.length >= BUSY);
        const round = (number) => sessions.slice(0, BUSY).forEach((session, i) => server.append(session,
            answerLine({ id: `${session}-${number}`, input: 20_000 + number * 1000 + i, tool: 'Bash',
                toolInput: { command: `sent ${Date.now()} by ${i}` } })));
        round(1);
        await page.locator('.doing', { hasText: /sent \d+/u }).first().waitFor({ timeout: 20_000 });
        await page.evaluate(() => {
            window.testDelays = [];
            const arrived = new Map();
            window.testOnMessage = (data) => {
                for (const message of [data === 'pong' ? [] : JSON.parse(data)].flat()) {
                    const sent = /sent \d+ by \d+/u.exec(message.agent?.summary ?? message.summary ?? '')?.[0];
                    if (sent && !arrived.has(sent)) arrived.set(sent, Date.now());
                }
            };
            new MutationObserver((changes) => {
                for (const { target, removedNodes } of changes) {
                    // A row that comes into sight shows an old line: no event.
                    if (removedNodes.length === 0 || !target.matches('.doing')) continue;
                    const sent = /sent (\d+) by \d+/u.exec(target.textContent);
                    if (sent && arrived.has(sent[0]))
                        window.testDelays.push({ whole: Date.now() - sent[1], page: Date.now() - arrived.get(sent[0]) });
                }
            }).observe(document.getElementById('agents-sizer'), { subtree: true, childList: true, characterData: true });
        });
        for (let number = 2; number < BUSY_ROUNDS + 2; ++number) {
            round(number);
            await new Promise((done) => setTimeout(done, ROUND_MS)); // the pace of the load, not a wait
        }
        const delays = await page.evaluate(() => window.testDelays);
        assert.ok(delays.length >= 40, `only ${delays.length} changes were seen`);
        const at = (share, key) => delays.map((delay) => delay[key]).sort((x, y) => x - y)[Math.floor(delays.length * share)];
        await shot(page, 'busy');
        assert.ok(at(0.99, 'page') <= P99_BOUND_MS, `p99 ${at(0.99, 'page')} ms`);
        await page.context().close();
        return `event to DOM p50 ${at(0.5, 'page')} ms, p99 ${at(0.99, 'page')} ms; from the line in the log `
            + `p50 ${at(0.5, 'whole')} ms, p99 ${at(0.99, 'whole')} ms; ${delays.length} changes`;
    },
};

await server.start();
const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
    try {
        const note = await check(browser);
        console.log(`ok    ${name}${note ? ` (${note})` : ''}`);
    } catch (error) {
        ++failed;
        console.log(`FAIL  ${name}\n${error.stack}`);
    }
}
await browser.close();
await server.close();
faults.forEach((fault) => console.log(`FAIL  ${fault}`));
process.exit(failed + faults.length > 0 ? 1 : 0);

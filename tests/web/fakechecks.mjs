// SPDX-License-Identifier: GPL-3.0-or-later
// What the page does with a fleet that does as it is told (fakeserver.mjs).
import assert from 'node:assert/strict';
import { injections } from './injections.mjs';

const P99_MS = 150;
const BUSY_SECONDS = 10;

/** In the page: notes for each row on screen how long after its sending a summary was in the DOM. */
function observeDelays() {
    window.testDelays = [];
    const observer = new MutationObserver((changes) => {
        for (const { target } of changes) {
            const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
            const sent = /sent (\d+)/u.exec(element?.closest('.doing')?.textContent ?? '');
            if (sent) window.testDelays.push(Date.now() - Number(sent[1]));
        }
    });
    observer.observe(document.getElementById('agents-sizer'), { subtree: true, childList: true, characterData: true });
    window.testStop = () => observer.disconnect();
}

export function fakeChecks(control, { origin, live, watch, shots }) {
    const order = async (name, body = {}) =>
        (await fetch(`${control}/${name}`, { method: 'POST', body: JSON.stringify(body) })).json();
    const row = (page, id) => page.locator(`.agent[data-id="${id}"]`);
    const shot = (page, name) => (shots ? page.screenshot({ path: `${shots}/${name}.png` }) : null);
    const select = async (page, id) => {
        await row(page, id).locator('.name').click();
        await page.waitForSelector('#details-body:not([hidden])');
    };
    const agentOf = async (number) => (await order('agents'))[number];
    const tools = { order, row, shot, select, agentOf, origin, live, watch };
    return [
        ...fleetChecks(tools),
        ...saidChecks(tools),
        ...linkChecks(tools),
        ...permissionChecks(tools),
        ...answerChecks(tools),
        ...roleChecks(tools),
        ...textChecks(tools),
        ...loadChecks(tools),
        ...accessChecks(tools),
    ];
}

function fleetChecks({ order, row, agentOf }) {
    return [
        [
            'a bar moves with its agent',
            async ({ page }) => {
                const agent = await agentOf(1);
                const bar = row(page, agent.id).locator('.bar');
                const right = () => bar.locator('.fill').evaluate((element) => element.getBoundingClientRect().right);
                const before = await right();
                await order('update', { id: agent.id, change: { context_tokens: 850_000 } });
                await page.waitForFunction((element) => element.ariaValueNow === '85', await bar.elementHandle());
                assert.match(
                    await bar.getAttribute('aria-valuetext'),
                    /^context 85 percent, 850k of 1\.00M, compacts at 967k$/u,
                );
                await page.waitForTimeout(300);
                assert.ok((await right()) > before + 20, 'the bar did not grow');
                assert.equal(await bar.getAttribute('data-level'), 'warning');
            },
        ],
        [
            'an agent changes its group with its state',
            async ({ page }) => {
                const agent = await agentOf(7);
                await order('status', { id: agent.id, status: 'complete' });
                await page.waitForFunction(() =>
                    document.querySelector('[data-key="group 3"]')?.textContent.includes('3'),
                );
                assert.equal(await row(page, agent.id).count(), 0);
                await order('status', { id: agent.id, status: 'idle' });
                await row(page, agent.id).waitFor();
            },
        ],
    ];
}

function saidChecks({ order, agentOf, select }) {
    return [
        [
            'the conversation is loaded, streamed and completed',
            async ({ page }) => {
                const agent = await agentOf(0);
                await select(page, agent.id);
                await page.waitForSelector('.entry[data-type="prompt"]');
                await order('stream', { id: agent.id, chunk: 'Let me look' });
                await page.waitForFunction(() => document.querySelector('.stream').textContent === 'Let me look');
                await order('log', {
                    id: agent.id,
                    type: 'text',
                    content: 'Let me look at it.',
                    extra: { truncated: true },
                });
                await page.waitForFunction(() => document.querySelector('.stream').hidden);
                const entry = page.locator('.entry', { hasText: 'Let me look at it.' });
                await entry.getByRole('button').click();
                await page.locator('.entry', { hasText: 'the whole text,' }).getByRole('button').click();
                await page.locator('.entry', { hasText: 'the whole text, and its end' }).waitFor();
            },
        ],
        [
            'an alert is said',
            async ({ page }) => {
                const agent = await agentOf(4);
                await order('alert', { agent_id: agent.id, level: 'warning', percentage: 81.2, of: 'trigger' });
                const region = page.locator('#notices');
                await region.getByText('context at 81% of its compaction point').waitFor();
                assert.equal(await region.getAttribute('aria-live'), 'assertive');
            },
        ],
    ];
}

function linkChecks({ order, row, agentOf, live }) {
    return [
        [
            'a dropped link is resumed: nothing missed, nothing twice',
            async ({ page }) => {
                const before = await order('facts');
                const agent = await agentOf(2);
                const marker = `missed ${Date.now()}`;
                await order('refuse', { on: true });
                await order('drop');
                await page.waitForSelector('body[data-link="down"]');
                await order('update', { id: agent.id, change: { context_tokens: 99_000 } });
                await order('log', { id: agent.id, type: 'text', content: marker });
                await order('refuse', { on: false });
                await live(page);
                const after = await order('facts');
                assert.equal(after.resumes, before.resumes + 1);
                assert.equal(after.snapshots, before.snapshots);
                await row(page, agent.id).getByText('99k / 200k').waitFor();
                await page.waitForTimeout(200);
                assert.equal(await page.locator('.event', { hasText: marker }).count(), 1);
            },
        ],
        [
            'another run begins with a snapshot',
            async ({ page }) => {
                const before = await order('facts');
                await order('restart');
                await page.waitForSelector('body[data-link="down"]');
                await live(page);
                assert.equal((await order('facts')).snapshots, before.snapshots + 1);
            },
        ],
        [
            'it pings each 30 s, and a link that answers no more is dropped',
            async ({ browser }) => {
                await checkPings({ browser, order, live });
            },
        ],
        [
            'after five attempts it says so and offers Retry',
            async ({ browser }) => {
                await checkRetry({ browser, order, live });
            },
        ],
    ];
}

async function checkPings({ browser, order, live }) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(await linkOf(order));
    await live(page);
    const { pings } = await order('facts');
    await page.clock.runFor(31_000);
    await page.waitForTimeout(200);
    assert.equal((await order('facts')).pings, pings + 1);
    assert.equal(await page.getAttribute('body', 'data-link'), 'live');
    await order('mute', { on: true });
    await page.clock.runFor(41_000);
    await page.waitForSelector('body[data-link="down"]');
    await order('mute', { on: false });
    await page.clock.runFor(1000);
    await live(page);
    await context.close();
}

async function checkRetry({ browser, order, live }) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(await linkOf(order));
    await live(page);
    await order('refuse', { on: true });
    await order('drop');
    for (const seconds of [1, 2, 4, 8, 16]) {
        await page.getByText(`in ${seconds} s`).waitFor();
        await page.clock.runFor(seconds * 1000);
    }
    await page.getByText('did not answer five times').waitFor();
    await order('refuse', { on: false });
    await page.click('#retry');
    await live(page);
    await context.close();
}

async function linkOf(order) {
    const { origin } = await order('facts');
    return `${origin}/#code=${await order('link')}`;
}

function permissionChecks({ order, agentOf, select, shot }) {
    return [
        [
            'a permission card is answered',
            async ({ page }) => {
                const agent = await agentOf(0);
                const id = await order('ask', { agent_id: agent.id, input: 'npm run migrate -- --all' });
                await select(page, agent.id);
                const allow = page.getByRole('button', { name: 'Allow once' });
                assert.ok(await allow.isDisabled(), 'it can be approved in its first moment');
                await page.waitForTimeout(800);
                await shot(page, 'card');
                await allow.click();
                await page.waitForSelector('.card', { state: 'detached' });
                const { answers } = await order('facts');
                assert.deepEqual(answers.at(-1), { request_id: id, option_id: 'o1' });
            },
        ],
        [
            'a long input is approved only after its end was seen, with all that hides made visible',
            async ({ page }) => {
                const agent = await agentOf(0);
                const input = `echo safe\u202e\u200b\u0007\n${'true\n'.repeat(80)}rm -rf build`;
                await order('ask', { agent_id: agent.id, input });
                const allow = page.getByRole('button', { name: 'Allow once' });
                await allow.waitFor();
                await page.waitForTimeout(900);
                assert.ok(await allow.isDisabled(), 'approved without its end');
                assert.ok(await page.getByRole('button', { name: 'Deny' }).isEnabled());
                assert.deepEqual(await page.locator('.card mark').allTextContents(), [
                    '‹U+202E›',
                    '‹U+200B›',
                    '‹U+0007›',
                ]);
                await shot(page, 'card-long');
                await page.locator('.card .input').evaluate((element) => element.scrollTo(0, element.scrollHeight));
                await page.waitForFunction(() => !document.querySelector('.card .primary').disabled);
                await page.fill('.card input[type="text"]', 'too much');
                await page.getByRole('button', { name: 'Deny' }).click();
                await page.waitForSelector('.card', { state: 'detached' });
                const { answers } = await order('facts');
                assert.equal(answers.at(-1).option_id, 'o3');
                assert.equal(answers.at(-1).message, 'too much');
            },
        ],
    ];
}

function answerChecks({ order, agentOf, shot }) {
    return [
        [
            'a key answers the focused card, and Escape takes it back',
            async ({ page }) => {
                const agent = await agentOf(0);
                const id = await order('ask', { agent_id: agent.id, input: 'make' });
                await page.waitForFunction(() => document.querySelector('.card .primary')?.disabled === false);
                await page.locator('.card').focus();
                await page.keyboard.press('y');
                await page.keyboard.press('Escape');
                await page.waitForTimeout(1800);
                assert.equal(await page.locator('.card').count(), 1, 'Escape did not take it back');
                await page.keyboard.press('y');
                await page.waitForSelector('.card', { state: 'detached' });
                assert.deepEqual((await order('facts')).answers.at(-1), { request_id: id, option_id: 'o1' });
            },
        ],
        [
            'a question is answered with its choice',
            async ({ page }) => {
                const agent = await agentOf(0);
                await order('ask', {
                    agent_id: agent.id,
                    kind: 'question',
                    tool_name: 'AskUserQuestion',
                    input: 'Which database?',
                    questions: [
                        {
                            question: 'Which database?',
                            options: [{ label: 'SQLite', description: 'one file' }, { label: 'PostgreSQL' }],
                        },
                    ],
                    options: [{ id: 'send', label: 'Answer', effect: 'answer' }],
                });
                const answer = page.getByRole('button', { name: 'Answer', exact: true });
                await answer.waitFor();
                await page.waitForTimeout(900);
                assert.ok(await answer.isDisabled());
                await page.getByLabel('SQLite').check();
                await shot(page, 'question');
                await answer.click();
                await page.waitForSelector('.card', { state: 'detached' });
                assert.deepEqual((await order('facts')).answers.at(-1).answers, { 'Which database?': 'SQLite' });
            },
        ],
        [
            'a plan is shown, though its input does not hold it',
            async ({ page }) => {
                const agent = await agentOf(0);
                await order('ask', {
                    agent_id: agent.id,
                    kind: 'plan',
                    tool_name: 'ExitPlanMode',
                    input: '{}',
                    questions: [{ plan: '1. Raise the anchor\u202e.' }],
                    options: [{ id: 'allow_once', label: 'Approve the plan', effect: 'allow_once' }],
                });
                const approve = page.getByRole('button', { name: 'Approve the plan' });
                await approve.waitFor();
                assert.match(await page.locator('.card pre').textContent(), /^1\. Raise the anchor.*202e.*\.$/iu);
                await page.waitForFunction(() => !document.querySelector('.card .primary').disabled);
                await approve.click();
                await page.waitForSelector('.card', { state: 'detached' });
            },
        ],
    ];
}

function roleChecks({ order, agentOf, shot, live }) {
    return [
        [
            'a huge input is loaded whole before it is approved',
            async ({ page }) => {
                const agent = await agentOf(0);
                await order('ask', { agent_id: agent.id, input: null, input_bytes: 11, whole: 'make deploy' });
                await page.waitForTimeout(900);
                const allow = page.getByRole('button', { name: 'Allow once' });
                assert.ok(await allow.isDisabled());
                await page.getByRole('button', { name: 'Load all 11 bytes' }).click();
                await page.waitForFunction(() => !document.querySelector('.card .primary').disabled);
                await allow.click();
                await page.waitForSelector('.card', { state: 'detached' });
                assert.match((await order('facts')).answers.at(-1).input_sha256, /^[0-9a-f]{64}$/u);
            },
        ],
        [
            'a role that may not answer sees the card and why',
            async ({ page }) => {
                const agent = await agentOf(0);
                await order('role', { role: 'viewer' });
                await order('drop');
                await page.waitForSelector('body[data-link="down"]');
                await live(page);
                const id = await order('ask', { agent_id: agent.id, input: 'make' });
                await page.getByText('Your role (viewer) may see requests, not answer them.').waitFor();
                await page.waitForTimeout(900);
                for (const button of await page.locator('.card .buttons button').all())
                    assert.ok(await button.isDisabled());
                await shot(page, 'card-viewer');
                await order('role', { role: 'admin' });
                await order('drop');
                await page.waitForFunction(() => document.querySelector('.card .primary')?.disabled === false);
                await order('resolve', { id });
                await page.waitForSelector('.card', { state: 'detached' });
            },
        ],
    ];
}

function textChecks({ order, agentOf, shot }) {
    return [
        [
            '300 texts of script injection stay texts',
            async ({ page }) => {
                const agent = await agentOf(0);
                const texts = injections();
                assert.equal(texts.length, 300);
                const elements = () =>
                    page.evaluate(
                        () =>
                            document.querySelectorAll(
                                'script, iframe, object, embed, img, svg, link, style, base, form, a',
                            ).length,
                    );
                const before = await elements();
                for (const [i, text] of texts.entries()) {
                    await order('log', {
                        id: agent.id,
                        type: ['text', 'tool_use', 'tool_result', 'prompt', 'error'][i % 5],
                        content: text,
                    });
                    await order('update', {
                        id: agent.id,
                        change: { name: text, summary: text, model: text, working_dir: text, git_branch: text },
                    });
                    if (i % 30 === 0) {
                        const id = await order('ask', {
                            agent_id: agent.id,
                            input: text,
                            tool_name: text,
                            cwd: text,
                            options: [{ id: 'x', label: text, effect: 'deny' }],
                        });
                        await page.waitForTimeout(50);
                        await order('resolve', { id });
                    }
                }
                const shown = texts.at(-1).slice(0, 20).replace('\u001b', '␛'); // made visible
                await page.waitForFunction(
                    (text) => document.getElementById('details-name').textContent.startsWith(text),
                    shown,
                );
                for (const summary of await page.locator('.entry summary').all())
                    await summary.evaluate((element) => element.click());
                await page.waitForTimeout(300);
                assert.equal(await elements(), before, 'an element came out of a text');
                assert.equal(await page.evaluate(() => window.testRan), undefined, 'a script has run');
                assert.deepEqual(await page.evaluate(() => window.testReports), []);
                assert.ok((await page.locator('.entry').count()) >= 250);
                await shot(page, 'injections');
                await order('update', { id: agent.id, change: { name: 'api-migration', model: 'claude-opus-4-5' } });
            },
        ],
    ];
}

function loadChecks({ order, shot, live }) {
    return [
        [
            'a thousand agents: only what is seen is drawn',
            async ({ page }) => {
                await order('many', { count: 1000 });
                await page.waitForFunction(() => Number(document.querySelector('#counts b').textContent) > 500);
                const drawn = () => page.locator('.agent').count();
                assert.ok((await drawn()) < 40, `${await drawn()} rows are drawn`);
                await page.locator('#agents').evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
                await page.waitForTimeout(200);
                assert.ok((await drawn()) < 40 && (await drawn()) > 4);
                await page.locator('#agents').evaluate((element) => element.scrollTo(0, 0));
                await page.reload();
                await live(page);
                await shot(page, 'thousand');
            },
        ],
        [
            `from event to DOM: p99 at most ${P99_MS} ms with 100 busy agents among a thousand`,
            async ({ page }) => {
                await order('busy', { count: 100 });
                await page.waitForTimeout(2000);
                await page.evaluate(observeDelays);
                await page.waitForTimeout(BUSY_SECONDS * 1000);
                await order('busy', { count: 0 });
                const delays = await page.evaluate(() => {
                    window.testStop();
                    return window.testDelays.sort((a, b) => a - b);
                });
                assert.ok(delays.length > 200, `only ${delays.length} changes were seen`);
                const at = (share) => delays[Math.floor(delays.length * share)];
                assert.ok(at(0.99) <= P99_MS, `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
                return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${delays.at(-1)} ms of ${delays.length}`;
            },
        ],
    ];
}

function accessChecks({ order, origin, live, watch, shot }) {
    return [
        [
            'another device is paired',
            async ({ browser }) => {
                const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
                await watch(context);
                const page = await context.newPage();
                await page.goto(`${origin}/#pair=abc&fp=00`);
                assert.equal(new URL(page.url()).hash, '');
                assert.equal(await page.inputValue('#pair-code'), 'abc');
                await shot(page, 'pairing');
                await page.fill('#pair-name', 'Phone');
                await page.click('#pair-button');
                await page.waitForTimeout(300);
                assert.equal((await order('facts')).pairing, 'Phone');
                await order('confirm', { ok: true });
                await live(page);
                assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ['plimsoll.token']);
                await context.close();
            },
        ],
        [
            'a revoked token is forgotten and it says so',
            async ({ page }) => {
                await order('revoke');
                await page.getByText('has been revoked').waitFor();
                assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
                await shot(page, 'signin');
            },
        ],
    ];
}

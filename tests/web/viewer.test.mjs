// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the web viewer in Chromium and looks at what it does.
//
//   node viewer.test.mjs LAUNCH_LINK PLAYWRIGHT_CORE_DIR CHROMIUM_PATH [--control URL] [--shots DIR]
//
// Without --control everything is checked that any server with any fleet shows; with the control port of
// fakeserver.mjs also what needs a fleet that does as it is told. Exits with 1 if a check fails.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fakeChecks } from './fakechecks.mjs';

const MAX_BYTES = 150_000;
const SIZES = [
    [1280, 800],
    [390, 844],
    [360, 640],
    [2560, 1440],
    [900, 700],
];

const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        control: { type: 'string' },
        shots: { type: 'string' },
    },
});
const [launchLink, playwrightDir, chromiumPath] = positionals;
if (!chromiumPath) {
    console.error(
        'usage: node viewer.test.mjs LAUNCH_LINK PLAYWRIGHT_CORE_DIR CHROMIUM_PATH [--control URL] [--shots DIR]',
    );
    process.exit(2);
}
const { chromium } = createRequire(import.meta.url)(resolve(playwrightDir));
const origin = new URL(launchLink).origin;

/** What went wrong in any page: script errors, console errors, CSP reports, foreign requests. */
const faults = [];
const bodies = []; // promises of the sizes of the page's files

/** Keeps the page's sockets, so that the test can cut them, and notes each CSP report. */
function instrument() {
    window.testSockets = [];
    window.testReports = [];
    const Native = WebSocket;
    window.WebSocket = class extends Native {
        constructor(...given) {
            super(...given);
            window.testSockets.push(this);
        }
    };
    addEventListener('securitypolicyviolation', (event) => {
        window.testReports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
}

async function watch(context) {
    await context.addInitScript(instrument);
    context.on('page', (page) => {
        page.on('pageerror', (error) => faults.push(`script error: ${error.stack}`));
        page.on('dialog', (dialog) => {
            faults.push(`dialog: ${dialog.message()}`);
            dialog.dismiss();
        });
        page.on('console', (message) => {
            // What Chromium itself says about a link that the test has cut is no fault of the page.
            if (message.type() === 'error' && !/net::ERR_|WebSocket connection to|status of 401/u.test(message.text()))
                faults.push(`console: ${message.text()}`);
        });
        page.on('request', (request) => {
            if (!request.url().startsWith(origin) && !request.url().startsWith(origin.replace('http', 'ws')))
                faults.push(`foreign request: ${request.url()}`);
        });
    });
}

const live = (page) => page.waitForSelector('body[data-link="live"]', { timeout: 20_000 });

const checks = [
    [
        'the launch link opens the page and leaves the address',
        async ({ page }) => {
            page.on('response', (response) => {
                if (!response.url().includes('/api/')) bodies.push(response.body().then((body) => body.length));
            });
            await page.goto(launchLink);
            await live(page);
            assert.equal(new URL(page.url()).hash, '');
            const kept = await page.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage)]);
            assert.deepEqual(kept, [['plimsoll.token'], []]);
        },
    ],
    [
        `the page's files are at most ${MAX_BYTES} bytes`,
        async () => {
            const bytes = (await Promise.all(bodies)).reduce((sum, size) => sum + size, 0);
            assert.ok(bodies.length > 3 && bytes > 0 && bytes <= MAX_BYTES, `${bytes} bytes`);
            return `${bytes} bytes`;
        },
    ],
    [
        'the list shows the fleet',
        async ({ page }) => {
            const rows = await page.locator('.agent').count();
            const heads = await page.locator('.group').count();
            assert.ok(
                rows + heads > 0 || (await page.locator('#agents-empty').isVisible()),
                'neither agents nor the empty state',
            );
            return `${rows} rows`;
        },
    ],
    [
        'each bar has its values and words for a screen reader',
        async ({ page, context }) => {
            const bars = await page.locator('#agents .bar').evaluateAll((elements) =>
                elements.map((element) => ({
                    role: element.role,
                    label: element.ariaLabel,
                    min: element.ariaValueMin,
                    max: element.ariaValueMax,
                    now: element.ariaValueNow,
                    text: element.ariaValueText,
                })),
            );
            for (const bar of bars) {
                assert.ok(bar.label, 'a bar without a label');
                if (bar.role !== 'meter') {
                    assert.equal(bar.role, 'img');
                    continue;
                }
                assert.equal(bar.min, '0');
                assert.equal(bar.max, '100');
                assert.ok(Number(bar.now) >= 0 && Number(bar.now) <= 100);
                assert.match(bar.text, /^context \d+ percent, \S+ of \S+/u);
            }
            // What Chromium tells a screen reader, not only what the attributes say.
            const session = await context.newCDPSession(page);
            const { nodes } = await session.send('Accessibility.getFullAXTree');
            const meters = nodes.filter((node) => node.role?.value === 'meter');
            assert.ok(meters.length >= bars.filter((bar) => bar.role === 'meter').length);
            for (const meter of meters) {
                const values = Object.fromEntries(
                    meter.properties.map((property) => [property.name, property.value.value]),
                );
                assert.match(meter.name.value, /^Context of /u);
                assert.equal(values.valuemax, 100);
                assert.ok(meter.value.value >= 0 && meter.value.value <= 100);
            }
            return `${bars.length} bars, ${meters.length} meters in the accessibility tree`;
        },
    ],
    [
        'the list is walked by keyboard, Enter opens an agent, Escape leaves it',
        async ({ page }) => {
            if ((await page.locator('.agent').count()) === 0) return 'no agents';
            await page.locator('#agents [tabindex="0"]').first().focus();
            await page.keyboard.press('ArrowDown');
            assert.ok(await page.evaluate(() => document.activeElement.closest('.agent') !== null));
            await page.keyboard.press('Enter');
            await page.waitForSelector('#details-body:not([hidden])');
            assert.notEqual(await page.textContent('#details-name'), '');
            await page.keyboard.press('Escape');
            await page.waitForSelector('body[data-view="list"]');
            return '';
        },
    ],
    [
        'nothing is wider than the screen, in light and dark',
        async ({ page }) => {
            for (const [width, height] of SIZES) {
                await page.setViewportSize({ width, height });
                for (const colorScheme of ['dark', 'light']) await lookAt(page, width, colorScheme);
            }
            await page.setViewportSize({ width: 1280, height: 800 });
        },
    ],
    [
        'light and dark are switched by hand',
        async ({ page }) => {
            const color = () => page.evaluate(() => getComputedStyle(document.querySelector('header')).backgroundColor);
            const before = await color();
            await page.click('#theme');
            assert.notEqual(await color(), before);
            await page.click('#theme');
            assert.equal(await color(), before);
        },
    ],
    [
        'a lost link marks the numbers as stale, and comes back with the network',
        async ({ page, context }) => {
            await context.setOffline(true);
            await page.evaluate(() => window.testSockets.forEach((socket) => socket.close()));
            await page.waitForSelector('body[data-link="down"]');
            await page.waitForSelector('#stale-banner:not([hidden])');
            assert.ok(await page.locator('.totals .stale').isVisible());
            if ((await page.locator('.agent').count()) > 0) {
                assert.ok(await page.locator('.agent .stale').first().isVisible());
                const bar = page.locator('#agents .bar').first();
                assert.match(
                    (await bar.getAttribute('aria-valuetext')) ?? (await bar.getAttribute('aria-label')),
                    /, stale$/u,
                );
            }
            if (options.shots) await page.screenshot({ path: `${options.shots}/stale.png` });
            await context.setOffline(false);
            await live(page);
            assert.ok(await page.locator('#stale-banner').isHidden());
            assert.ok(await page.locator('.totals .stale').isHidden());
        },
    ],
    [
        'the page can be installed',
        async ({ page, context }) => {
            const session = await context.newCDPSession(page);
            const manifest = await session.send('Page.getAppManifest');
            assert.deepEqual(manifest.errors, []);
            const parsed = JSON.parse(manifest.data);
            for (const { src } of parsed.icons) assert.equal((await fetch(`${origin}/${src}`)).status, 200, src);
            assert.equal(
                await page.evaluate(async () => (await navigator.serviceWorker?.getRegistrations())?.length ?? 0),
                0,
            );
        },
    ],
];

async function lookAt(page, width, colorScheme) {
    await page.emulateMedia({ colorScheme });
    const tabs = page.locator('#tabs button');
    const views = (await tabs.first().isVisible()) ? await tabs.count() : 1;
    for (let view = 0; view < views; ++view) {
        if (views > 1) await tabs.nth(view).click();
        await page.waitForTimeout(150);
        const sizes = await page.evaluate(() => [
            document.documentElement.scrollWidth,
            document.body.scrollWidth,
            innerWidth,
        ]);
        assert.ok(sizes[0] <= sizes[2] && sizes[1] <= sizes[2], `${width}: ${sizes}`);
        if (options.shots) await page.screenshot({ path: `${options.shots}/${width}-${colorScheme}-${view}.png` });
    }
    if (views > 1) await tabs.first().click();
}

async function run() {
    const browser = await chromium.launch({
        executablePath: chromiumPath,
        args: [
            '--headless',
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
        ],
    });
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await watch(context);
    const page = await context.newPage();
    const all = [
        ...checks,
        ...(options.control ? fakeChecks(options.control, { origin, live, watch, shots: options.shots }) : []),
    ];
    let failed = 0;
    for (const [name, check] of all) {
        try {
            const note = await check({ page, context, browser });
            console.log(`ok    ${name}${note ? ` (${note})` : ''}`);
        } catch (error) {
            ++failed;
            console.log(`FAIL  ${name}\n${error.stack}`);
        }
    }
    for (const report of await page.evaluate(() => window.testReports)) faults.push(`CSP: ${report}`);
    faults.forEach((fault) => console.log(`FAIL  ${fault}`));
    console.log(`${all.length - failed} of ${all.length} checks passed, ${faults.length} faults in the pages`);
    await browser.close();
    process.exitCode = failed + faults.length > 0 ? 1 : 0;
}

await run();

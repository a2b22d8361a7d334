// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for Claude Code that Plimsoll starts: speaks its stream on standard input and output, writes its log, and
// does as its prompts say. Each line that it gets as an answer goes, byte for byte, to the file `told` of its home.
//
//   ask TOOL INPUT     asks for permission with this input, byte for byte
//   inject FROM TO     says these texts of injections.mjs in every place that it has, and asks with them
//   withdraw           asks no more
//   say TEXT           streams and says a text
//   hang               works until it is interrupted
import { appendFileSync, mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { injections } from './injections.mjs';
import { answerLine, promptLine, titleLine } from './claudelog.mjs';

const home = process.env.HOME;
const session = process.argv[Math.max(process.argv.indexOf('--session-id'), process.argv.indexOf('--resume')) + 1];
const folder = `${home}/.claude/projects/-boat`;
mkdirSync(folder, { recursive: true });
const log = `${folder}/${session}.jsonl`;
const open = new Set();
let turns = 0;
let asked = 0;

const say = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
const write = (line) => appendFileSync(log, `${line}\n`);
const state = (name) => say({ type: 'system', subtype: 'session_state_changed', state: name });

function finish(result = { subtype: 'success', is_error: false }) {
    say({ type: 'result', ...result });
    state('idle');
}

/** @param input JSON as it is to stand on the wire */
function ask(tool, input) {
    const id = `q${++asked}`;
    open.add(id);
    process.stdout.write(
        `{"type":"control_request","request_id":"${id}","request":{"subtype":"can_use_tool",` +
            `"tool_name":${JSON.stringify(tool)},"input":${input},"permission_suggestions":[]}}\n`,
    );
}

function inject(from, to) {
    for (const [i, text] of injections().slice(from, to).entries()) {
        write(promptLine(text));
        write(titleLine(text));
        const said = { id: `${session}-${from + i}`, input: 1000 + from + i, model: text, cwd: `/${text}`, branch: text };
        write(answerLine({ ...said, text }));
        write(answerLine({ ...said, tool: text, toolInput: { command: text, [text]: text } }));
        say({ type: 'stream_event', parent_tool_use_id: null,
            event: { type: 'content_block_delta', delta: { type: 'text_delta', text } } });
        const question = { question: text, header: text, options: [{ label: text, description: text }], multiSelect: false };
        ask(i % 2 === 0 ? text : 'AskUserQuestion', JSON.stringify({ command: text, questions: [question] }));
    }
    say({ type: 'stream_event', parent_tool_use_id: null, event: { type: 'message_stop' } });
}

function withdraw() {
    for (const id of open) say({ type: 'control_cancel_request', request_id: id });
    open.clear();
    finish();
}

function turn(text) {
    const [word, first, ...rest] = text.split(' ');
    state('running');
    say({ type: 'system', subtype: 'init', session_id: session });
    if (word === 'inject') {
        inject(Number(first), Number(rest[0]));
        return;
    }
    write(promptLine(text));
    if (word === 'ask') {
        state('requires_action');
        ask(first, rest.join(' '));
    } else if (word === 'withdraw') {
        withdraw();
    } else if (word !== 'hang') {
        write(answerLine({ id: `${session}-said-${++turns}`, input: 1000 * turns, text: `You said: ${text}` }));
        finish();
    }
}

function control({ request_id: id, request }) {
    const usage = { rawMaxTokens: 200_000, autoCompactThreshold: 167_000 };
    const response = request.subtype === 'get_context_usage' ? usage : {};
    say({ type: 'control_response', response: { subtype: 'success', request_id: id, response } });
    if (request.subtype === 'interrupt')
        finish({ subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_streaming' });
}

createInterface({ input: process.stdin })
    .on('line', (line) => {
        const message = JSON.parse(line);
        if (message.type === 'control_request') {
            control(message);
        } else if (message.type === 'control_response') {
            appendFileSync(`${home}/told`, `${line}\n`);
            open.delete(message.response.request_id);
            finish();
        } else {
            turn(message.message.content);
        }
    })
    .on('close', () => process.exit(0));

// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of Claude Code's transcripts, as small as the reader allows.

const base = (type, { cwd = '/home/ada/boat', branch = 'main' } = {}) => ({
    type,
    timestamp: new Date().toISOString(),
    cwd,
    gitBranch: branch,
    version: '2.1.150',
});

export const promptLine = (text) =>
    JSON.stringify({ ...base('user'), message: { role: 'user', content: text } });

/** The name that a person gave to the session. */
export const titleLine = (title) => JSON.stringify({ type: 'custom-title', customTitle: title });

/** @param said {id, input, output, model, text} or {…, tool, toolInput} */
export function answerLine({ id, input, output = 7, model = 'claude-opus-4-5-20251101', text, tool, toolInput, ...rest }) {
    const block = tool ? { type: 'tool_use', id: 'toolu_1', name: tool, input: toolInput } : { type: 'text', text };
    return JSON.stringify({
        ...base('assistant', rest),
        requestId: `req_${id}`,
        message: {
            id,
            role: 'assistant',
            model,
            stop_reason: tool ? 'tool_use' : 'end_turn',
            content: [block],
            usage: { input_tokens: input, output_tokens: output, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
        },
    });
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Invented agents: the eight of the design's pictures, or as many as are wanted.

const id = (number) => `5e0c2d1e-9a4e-4c0e-8b0a-${String(number).padStart(12, '0')}`;
const before = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

function agent(number, values) {
    return {
        id: id(number),
        name: `agent-${number}`,
        kind: 'claude-code',
        session_id: `s${number}`,
        parent_id: null,
        model: 'claude-sonnet-4-5-20250929',
        working_dir: '/home/ada/shop',
        git_branch: 'main',
        summary: null,
        status: 'executing',
        status_source: 'log',
        status_reason: 'log is growing',
        status_since: before(3),
        context_tokens: 50_000,
        context_peak_tokens: 50_000,
        context_window: 200_000,
        compact_at_tokens: 167_000,
        input_tokens: 41_000,
        cache_read_tokens: 7_400_000,
        cache_write_5m_tokens: 388_000,
        cache_write_1h_tokens: 0,
        output_tokens: 96_000,
        reasoning_tokens: null,
        total_cost: 1.25,
        reported_tree_cost: null,
        turns: 18,
        tool_calls: 42,
        compaction_count: 1,
        freed_tokens: 133_000,
        context_basis: 'reported',
        window_basis: 'derived',
        trigger_basis: 'derived',
        cost_basis: 'derived',
        created_at: before(200),
        updated_at: before(number),
        capabilities: [],
        ...values,
    };
}

const DEMO = [
    {
        number: 1,
        name: 'api-migration',
        model: 'claude-opus-4-5-20251101',
        context_tokens: 171_000,
        context_peak_tokens: 171_000,
        total_cost: 4.18,
        summary: 'Bash npm run migrate',
    },
    {
        number: 2,
        name: 'checkout-ui',
        context_tokens: 612_000,
        context_window: 1_000_000,
        compact_at_tokens: 967_000,
        total_cost: 7.02,
        summary: 'Edit src/cart/Total.tsx (+42 −17)',
    },
    {
        number: 3,
        name: 'explore',
        parent_id: id(2),
        model: 'claude-haiku-4-5',
        context_tokens: 48_000,
        total_cost: 0.11,
        summary: 'Grep “useCart(” in 214 files',
    },
    {
        number: 4,
        name: 'payments-audit',
        kind: 'codex',
        model: 'gpt-5.1-codex',
        context_tokens: 231_000,
        context_window: 258_400,
        compact_at_tokens: 245_480,
        total_cost: 3.4,
        summary: 'exec cargo test --workspace',
    },
    {
        number: 5,
        name: 'docs-writer',
        context_tokens: 388_000,
        context_window: 1_000_000,
        compact_at_tokens: 967_000,
        total_cost: 0.92,
        summary: 'Read docs/api/*.md',
    },
    {
        number: 6,
        name: 'load-tests',
        status: 'waiting',
        status_reason: 'rate limited, retrying',
        context_tokens: 41_000,
        total_cost: 2.35,
    },
    {
        number: 7,
        name: 'infra',
        kind: 'other',
        model: 'qwen3-coder',
        status: 'idle',
        context_tokens: 29_000,
        context_window: null,
        compact_at_tokens: null,
        context_basis: 'estimated',
        total_cost: 0,
        summary: 'Finished: plan has no changes',
    },
    {
        number: 8,
        name: 'release-notes',
        status: 'idle',
        context_tokens: 96_000,
        total_cost: 0.63,
        summary: 'Finished: notes for 4.0 are written',
    },
    {
        number: 9,
        name: 'old-refactoring',
        status: 'complete',
        context_tokens: 120_000,
        total_cost: 2.2,
        summary: 'Done in 4 min 12 s',
    },
    {
        number: 10,
        name: 'broken-build',
        status: 'failed',
        status_reason: 'exit code 1',
        context_tokens: 12_000,
        total_cost: 0.02,
    },
];

export const demoAgents = () => DEMO.map(({ number, ...values }) => agent(number, values));

/** @param from the number of the first */
export function manyAgents(count, from = 1) {
    const states = ['executing', 'executing', 'waiting', 'idle', 'complete'];
    return Array.from({ length: count }, (_, i) =>
        agent(from + i, {
            context_tokens: 20_000 + ((i * 7919) % 150_000),
            status: i < 100 ? 'executing' : states[i % states.length],
            summary: `Step ${i}`,
            updated_at: before(i / 10),
        }),
    );
}

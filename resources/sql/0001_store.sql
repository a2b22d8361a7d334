-- SPDX-License-Identifier: GPL-3.0-or-later
-- One file per step; statements end with a semicolon at the end of a line. Understood by SQLite and PostgreSQL alike.

-- How far each log was read, and what its reader knows (app/watch/logrecord.h).
CREATE TABLE files (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    root BYTEA NOT NULL,
    path BYTEA NOT NULL,
    dev BIGINT NOT NULL,
    inode BIGINT NOT NULL,
    head_hash BIGINT NOT NULL,
    head_length INTEGER NOT NULL,
    mark_hash BIGINT NOT NULL,
    mark_length INTEGER NOT NULL,
    read_offset BIGINT NOT NULL,
    skipping INTEGER NOT NULL,
    size_bytes BIGINT NOT NULL,
    mtime_ms BIGINT NOT NULL,
    gone INTEGER NOT NULL,
    meta_type TEXT NOT NULL,
    meta_description TEXT NOT NULL,
    meta_finished INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    reader BYTEA NOT NULL,
    UNIQUE (root, path)
);

-- Every response of a log, packed by day: key, time, model, thread and tokens. Parts of a day are joined by joining bytes.
CREATE TABLE samples (
    file_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    day INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (file_id, part)
);

-- The last picture of each agent. Money in pico-USD, times in ms UTC; NULL is unknown.
CREATE TABLE agents (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    session_id TEXT NOT NULL,
    parent_id TEXT,
    forked_from_id TEXT,
    continues_id TEXT,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    model TEXT NOT NULL,
    working_dir TEXT NOT NULL,
    git_branch TEXT NOT NULL,
    status TEXT NOT NULL,
    status_source TEXT NOT NULL,
    status_reason TEXT NOT NULL,
    status_since_ms BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    context_tokens BIGINT,
    context_peak_tokens BIGINT,
    context_window BIGINT,
    compact_at_tokens BIGINT,
    input_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_write_5m_tokens BIGINT,
    cache_write_1h_tokens BIGINT,
    output_tokens BIGINT,
    reasoning_tokens BIGINT,
    total_cost BIGINT,
    reported_tree_cost BIGINT,
    turns BIGINT,
    tool_calls BIGINT,
    compaction_count BIGINT,
    freed_tokens BIGINT
);

-- What happened, in order; the body as JSON without secrets.
CREATE TABLE events (
    seq BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    agent_id TEXT,
    type TEXT NOT NULL,
    body TEXT NOT NULL
);

-- Lines of the stream as they were seen, without secrets. A line has its place in a file and is kept once.
CREATE TABLE texts (
    file_hash BIGINT NOT NULL,
    line_offset BIGINT NOT NULL,
    block INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    agent_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    tool TEXT NOT NULL,
    truncated INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (file_hash, line_offset, block, at_ms)
);
CREATE INDEX texts_by_agent ON texts (agent_id, at_ms);
CREATE INDEX texts_by_time ON texts (at_ms, bytes);

-- What was worked out and should not be again, by name: "token_ratios".
CREATE TABLE kept_values (
    name TEXT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    json TEXT NOT NULL
);

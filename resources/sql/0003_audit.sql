-- SPDX-License-Identifier: GPL-3.0-or-later
-- Who came to a shared fleet, who was refused, and who did what; without secrets.
CREATE TABLE audit (
    at_ms BIGINT NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at_ms);

-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each run tells anew (isToldAgain()) is found however much was told since; the condition must stand in the query
-- word for word.
CREATE INDEX events_told_again ON events (seq) WHERE type IN ('permission_requested', 'permission_resolved', 'limits_changed');

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# web.sh PROGRAM page|real|fleet|attacks: the page in a real Chromium. page: against the program with the demo; real: with
# agents that the test plays; fleet: against a small server that does as it is told; attacks: pages of other sites. Says why it is skipped where something is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1
what=$2

skip() {
    echo "SKIP: $*"
    exit 77
}

chromium=$(command -v chromium || command -v chromium-browser) || skip "chromium is not installed"
command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"
# Once for all tests; pinned.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll-tests/playwright-core-1.65.1
if [[ ! -f $cache/node_modules/playwright-core/package.json ]]; then
    timeout 90 npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$cache.$$" playwright-core@1.65.1 >/dev/null 2>&1 ||
        skip "npm could not install playwright-core"
    mv -T "$cache.$$" "$cache" 2>/dev/null || rm -rf "$cache.$$"
fi
playwright=$cache/node_modules/playwright-core

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# The first line of what a server prints, as soon as it is there.
first_line() {
    for _ in $(seq 100); do
        [[ $(wc -l <"$work/out") -eq 0 ]] || { head -n 1 "$work/out"; return; }
        sleep 0.1
    done
    echo "the server does not start" >&2
    return 1
}
value() { node -p 'JSON.parse(process.argv[1])[process.argv[2]]' "$1" "$2"; }

if [[ $what == real ]]; then
    node "$here/real.test.mjs" "$program" "$playwright" "$chromium"
    exit
fi
if [[ $what == fleet ]]; then
    node "$here/fakeserver.mjs" >"$work/out" &
    server=$!
    line=$(first_line)
    node "$here/viewer.test.mjs" "$(value "$line" link)" "$playwright" "$chromium" --control "$(value "$line" control)"
    exit
fi
"$program" --headless --replay :demo --serve 127.0.0.1:0 --data-dir "$work/data" >"$work/out" &
server=$!
line=$(first_line)
if [[ $what == attacks ]]; then
    node "$here/attacks.test.mjs" "$(value "$line" listening)" "$(value "$line" token_file)" "$playwright" "$chromium"
else
    node "$here/viewer.test.mjs" "$("$program" token link --data-dir "$work/data")" "$playwright" "$chromium"
fi

// SPDX-License-Identifier: GPL-3.0-or-later
// The token of this page: where it comes from, where it is kept, what it is traded for.

const KEY = 'plimsoll.token';

export class AccessError extends Error {
    /** @param status the HTTP status; 0 where no answer came */
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

async function request(path, body, token) {
    const headers = { 'Content-Type': 'application/json' };
    if (token)
        headers.Authorization = `Bearer ${token}`;
    let response;
    try {
        response = await fetch(path, {
            method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body),
            cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
        });
    } catch {
        throw new AccessError(0, 'Plimsoll does not answer.');
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok)
        throw new AccessError(response.status, answer?.error?.message ?? `HTTP ${response.status}`);
    return answer;
}

/** A launch link's token ends with the tab; a paired device keeps its own. */
export function storedToken() {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

export function forgetToken() {
    // Only the one in use: a revoked launch session must not unpair the device.
    if (sessionStorage.getItem(KEY) !== null)
        sessionStorage.removeItem(KEY);
    else
        localStorage.removeItem(KEY);
}

/** Takes the codes out of the address at once: they must not stay in the history or in a bookmark. */
export function takeCodes() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    if (fragment.has('code') || fragment.has('pair'))
        history.replaceState(history.state, '', location.pathname);
    return { launch: fragment.get('code'), pairing: fragment.get('pair') };
}

export async function tradeCode(code) {
    const { token } = await request('/api/access/token', { code });
    sessionStorage.setItem(KEY, token);
}

/** Answered only once the operator has confirmed or refused, or the code has ended. */
export async function pairDevice(code, name) {
    const { token } = await request('/api/access/pair', { code, name });
    if (typeof token !== 'string')
        throw new AccessError(0, 'The pairing was not confirmed.');
    localStorage.setItem(KEY, token);
}

export async function fetchTicket() {
    return (await request('/api/access/ticket', {}, storedToken())).ticket;
}

/** The events up to `seq` that the server still holds: what the list shows before anything new happens. */
export async function fetchEvents(seq, limit) {
    const since = Math.max(0, seq - limit);
    return (await request(`/api/events?since=${since}&limit=${limit}`, null, storedToken())).events ?? [];
}

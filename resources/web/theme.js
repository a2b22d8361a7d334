// SPDX-License-Identifier: GPL-3.0-or-later
// Light or dark: as the system says until it is switched by hand.

const KEY = 'plimsoll.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function isDark() {
    const chosen = localStorage.getItem(KEY);
    return chosen ? chosen === 'dark' : system.matches;
}

function apply() {
    document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
}

export function initTheme(button) {
    apply();
    system.addEventListener('change', apply);
    button.addEventListener('click', () => {
        const wanted = isDark() ? 'light' : 'dark';
        if ((wanted === 'dark') === system.matches)
            localStorage.removeItem(KEY);
        else
            localStorage.setItem(KEY, wanted);
        apply();
    });
}

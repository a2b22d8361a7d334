// SPDX-License-Identifier: GPL-3.0-or-later
// Elements without markup: every text goes in through textContent, so nothing that an agent printed is
// ever read as HTML.

/** The element with this id; the page's skeleton has all that are asked for. */
export function byId(id) {
    return document.getElementById(id);
}

/**
 * Makes an element. `properties` are DOM properties (className, textContent, onclick …); a key with a dash
 * and `role` are attributes.
 */
export function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
        if (key.includes('-') || key === 'role')
            element.setAttribute(key, value);
        else
            element[key] = value;
    }
    element.append(...children);
    return element;
}

/** Changes the text only where it differs: an equal text must cost no layout and no announcement. */
export function setText(element, text) {
    if (element.textContent !== text)
        element.textContent = text;
}

export function setAttribute(element, name, value) {
    if (value === null)
        element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value))
        element.setAttribute(name, value);
}

/** The size of 1rem: what is laid out by script grows with the reader's font size, too. */
export function rem() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

/** Puts children in this order, as a screen reader reads them. Moving an element costs it its focus. */
export function keepOrder(parent, elements) {
    let next = null;
    for (const element of elements.toReversed()) {
        if (element.nextSibling !== next && !element.contains(document.activeElement))
            parent.insertBefore(element, next);
        next = element;
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The questions of an agent with their choices, as a form.
import { make } from './dom.js';
import { oneLine, plain } from './format.js';

let nextGroup = 0;

class Question {
    #inputs = [];

    constructor(question, onChange) {
        this.text = String(question.question ?? question.header ?? '');
        const type = question.multiSelect || question.multi_select ? 'checkbox' : 'radio';
        const name = `question-${nextGroup++}`;
        this.element = make('fieldset', {}, make('legend', { textContent: plain(this.text) }));
        for (const option of question.options ?? []) {
            const label = typeof option === 'string' ? option : String(option.label ?? '');
            const input = make('input', { type, name, value: label, onchange: onChange });
            this.#inputs.push(input);
            const words = make('span', { textContent: oneLine(label, 300) });
            if (option.description)
                words.append(make('span', { className: 'dim', textContent: ` – ${oneLine(option.description, 500)}` }));
            this.element.append(make('label', {}, input, words));
        }
        this.own = make('input', { type: 'text', placeholder: 'Other answer', oninput: onChange,
            'aria-label': `Other answer to: ${oneLine(this.text, 200)}` });
        this.element.append(this.own);
    }

    get answer() {
        const chosen = this.#inputs.filter((input) => input.checked).map((input) => input.value);
        return [...chosen, this.own.value.trim()].filter(Boolean).join(', ');
    }
}

export class Questions {
    #questions;

    constructor(questions, onChange) {
        this.#questions = questions.map((question) => new Question(question, onChange));
        this.element = make('div', { className: 'questions' }, ...this.#questions.map((each) => each.element));
    }

    get isComplete() {
        return this.#questions.every((question) => question.answer !== '');
    }

    /** question → answer */
    get answers() {
        return Object.fromEntries(this.#questions.map((question) => [question.text, question.answer]));
    }
}

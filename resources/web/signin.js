// SPDX-License-Identifier: GPL-3.0-or-later
// The page before it has a token: trades a launch code, pairs this device, or says how to get a link.
import { pairDevice, storedToken, takeCodes, tradeCode } from './access.js';
import { byId, setText } from './dom.js';

const REASONS = {
    none: '',
    revoked: 'The access of this page has been revoked or has ended.',
    signedOut: 'This device has forgotten its access.',
};

function deviceName() {
    const platform = navigator.userAgentData?.platform || navigator.platform || 'device';
    return `${/Android|iPhone|Mobile/u.test(navigator.userAgent) ? 'Phone' : 'Browser'} (${platform})`;
}

export class SignIn {
    #onToken;

    /** @param onToken called once there is a token */
    constructor(onToken) {
        this.#onToken = onToken;
        byId('pair-name').value = deviceName();
        byId('pair-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#pair();
        });
        // A link opened in a tab that has the page already changes only the fragment.
        addEventListener('hashchange', () => {
            if (/^#(?:code|pair)=/u.test(location.hash))
                this.begin();
        });
    }

    async begin() {
        const codes = takeCodes();
        if (codes.launch) {
            this.#show(false);
            await this.#trade(codes.launch);
        } else if (codes.pairing) {
            this.show('none');
            byId('pair-code').value = codes.pairing;
            byId('pair-name').focus();
        } else if (storedToken()) {
            this.#enter();
        } else {
            this.show('none');
        }
    }

    show(reason) {
        this.#show(true);
        this.#say(REASONS[reason]);
    }

    #show(isShown) {
        byId('signin').hidden = !isShown;
        byId('viewer').hidden = isShown;
    }

    #say(text) {
        setText(byId('signin-note'), text);
    }

    #enter() {
        this.#show(false);
        this.#onToken();
    }

    async #trade(code) {
        try {
            await tradeCode(code);
            this.#enter();
        } catch (error) {
            // A page that was reloaded with an old link still has its token.
            if (storedToken()) {
                this.#enter();
                return;
            }
            this.show('none');
            this.#say(error.status === 0 ? error.message
                : 'The link has been used or has ended: a link opens once, within a minute. Get a new one.');
        }
    }

    async #pair() {
        const button = byId('pair-button');
        button.disabled = true;
        this.#say('Waiting: confirm this device where the code was made.');
        try {
            await pairDevice(byId('pair-code').value.trim(), byId('pair-name').value.trim());
            this.#enter();
        } catch (error) {
            this.#say(error.status === 403 ? 'The pairing was refused.' : `Not paired: ${error.message}`);
        }
        button.disabled = false;
    }
}

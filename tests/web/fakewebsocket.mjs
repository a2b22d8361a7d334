// SPDX-License-Identifier: GPL-3.0-or-later
// As much of RFC 6455 as a fake server needs: whole frames out, masked and possibly split frames in.

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function acceptKey(key, createHash) {
    return createHash('sha1')
        .update(key + GUID)
        .digest('base64');
}

export function frame(opcode, payload) {
    let head;
    if (payload.length < 126) {
        head = Buffer.from([0x80 | opcode, payload.length]);
    } else if (payload.length < 65_536) {
        head = Buffer.alloc(4);
        head[1] = 126;
        head.writeUInt16BE(payload.length, 2);
    } else {
        head = Buffer.alloc(10);
        head[1] = 127;
        head.writeBigUInt64BE(BigInt(payload.length), 2);
    }
    head[0] = 0x80 | opcode;
    return Buffer.concat([head, payload]);
}

export class FrameReader {
    #buffer = Buffer.alloc(0);
    #handlers;

    /** @param handlers {text, close, ping} */
    constructor(handlers) {
        this.#handlers = handlers;
    }

    push(data) {
        this.#buffer = Buffer.concat([this.#buffer, data]);
        while (this.#takeFrame());
    }

    #takeFrame() {
        const buffer = this.#buffer;
        if (buffer.length < 6) return false;
        let length = buffer[1] & 0x7f;
        let at = 2;
        if (length === 126) {
            length = buffer.readUInt16BE(2);
            at = 4;
        } else if (length === 127) {
            if (buffer.length < 14) return false;
            length = Number(buffer.readBigUInt64BE(2));
            at = 10;
        }
        if (buffer.length < at + 4 + length) return false;
        const mask = buffer.subarray(at, at + 4);
        const payload = Buffer.from(buffer.subarray(at + 4, at + 4 + length));
        for (let i = 0; i < payload.length; ++i) payload[i] ^= mask[i % 4];
        this.#buffer = buffer.subarray(at + 4 + length);
        this.#handle(buffer[0] & 0x0f, payload);
        return true;
    }

    #handle(opcode, payload) {
        if (opcode === 0x1) this.#handlers.text(payload.toString('utf8'));
        else if (opcode === 0x8) this.#handlers.close();
        else if (opcode === 0x9) this.#handlers.ping(payload);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the head of a request: no crash, what comes in pieces is read as it is whole, and the gate
// lets nobody in who shows nothing.
#include "app/server/gate.h"

#include <QtGlobal>

#include <cstddef>
#include <cstdint>

using namespace plimsoll;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const QByteArrayView bytes(reinterpret_cast<const char*>(data), qsizetype(size));
    const HeadResult whole = parseHead(bytes);
    if (whole.state != HeadResult::State::Complete)
        return 0;
    const qsizetype length = whole.head.headBytes;
    if (length <= 4 || length > bytes.size() || whole.head.contentLength < 0 ||
        whole.head.contentLength > maxBodyBytes)
        qFatal("a head of a length that makes no sense was taken");
    if (parseHead(bytes.first(length - 1)).state == HeadResult::State::Complete)
        qFatal("a part of a head was taken for all of it");
    if (parseHead(bytes.first(length)).head.fields != whole.head.fields)
        qFatal("what follows a head changed what it says");
    AccessTable access;
    const Verdict verdict = decide(whole.head, {"http", {"127.0.0.1:7431"}}, access, 1);
    if (verdict.kind == Verdict::Kind::Admitted && verdict.match.route->roles != 0)
        qFatal("somebody was let in without a token");
    std::ignore = queryItems(whole.head.query);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/httphead.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace plimsoll {

namespace {

using State = HeadResult::State;

bool isTokenChar(char c)
{
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alnum || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool isToken(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), isTokenChar);
}

/// No control characters; those that are not ASCII may stand in a value.
bool isFieldValue(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

/// Two of these could be read differently by two readers.
constexpr std::array<std::string_view, 15> once{
    "host",          "origin",         "content-length",         "transfer-encoding",        "upgrade",
    "authorization", "cookie",         "sec-websocket-key",      "sec-websocket-version",    "content-type",
    "connection",    "sec-fetch-site", "sec-websocket-protocol", "sec-websocket-extensions", "expect",
};

HeadResult bad(int status)
{
    HeadResult result;
    result.state = State::Bad;
    result.status = status;
    return result;
}

/// 0 = good, else the status.
int readRequestLine(QByteArrayView line, HttpHead& head)
{
    const qsizetype first = line.indexOf(' ');
    const qsizetype second = line.lastIndexOf(' ');
    if (first <= 0 || second <= first)
        return 400;
    const QByteArrayView method = line.first(first);
    const QByteArrayView target = line.sliced(first + 1, second - first - 1);
    const QByteArrayView version = line.sliced(second + 1);
    if (method.size() > 16 ||
        !std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
        return 400;
    if (!version.startsWith("HTTP/"))
        return 400;
    if (version != "HTTP/1.1")
        return 505;
    if (target.size() > maxTargetBytes)
        return 414;
    const bool visible =
        std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    if (!visible || !target.startsWith('/'))
        return 400;
    const qsizetype mark = target.indexOf('?');
    head.method = method.toByteArray();
    head.path = (mark < 0 ? target : target.first(mark)).toByteArray();
    head.query = mark < 0 ? QByteArray() : target.sliced(mark + 1).toByteArray();
    return 0;
}

int readField(QByteArrayView line, HttpHead& head)
{
    const qsizetype colon = line.indexOf(':');
    if (colon <= 0 || !isToken(line.first(colon)))
        return 400; // also a folded line, which begins with a space
    const QByteArrayView value = line.sliced(colon + 1).trimmed();
    if (!isFieldValue(value))
        return 400;
    const QByteArray name = line.first(colon).toByteArray().toLower();
    const bool single = std::find(once.begin(), once.end(),
                                  std::string_view(name.constData(), size_t(name.size()))) != once.end();
    if (single && head.has(name))
        return 400;
    if (head.fields.size() >= maxFields)
        return 431;
    head.fields.append({name, value.toByteArray()});
    return 0;
}

int readBodyLength(HttpHead& head)
{
    if (head.has("transfer-encoding"))
        return 501;
    if (!head.has("content-length"))
        return 0;
    const QByteArray text = head.field("content-length");
    const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (text.isEmpty() || !digits)
        return 400;
    if (text.size() > 9)
        return 413;
    head.contentLength = text.toLongLong();
    return head.contentLength > maxBodyBytes ? 413 : 0;
}

HeadResult parseWhole(QByteArrayView bytes)
{
    HeadResult result;
    result.head.headBytes = bytes.size() + 4;
    bool isFirst = true;
    for (qsizetype at = 0; at <= bytes.size();) {
        qsizetype end = bytes.indexOf("\r\n", at);
        if (end < 0)
            end = bytes.size();
        const QByteArrayView line = bytes.sliced(at, end - at);
        at = end + 2;
        if (line.contains('\r') || line.contains('\n') || line.contains('\0'))
            return bad(400);
        const int status = isFirst ? readRequestLine(line, result.head) : readField(line, result.head);
        if (status != 0)
            return bad(status);
        isFirst = false;
    }
    if (result.head.field("host").isEmpty())
        return bad(400);
    if (const int status = readBodyLength(result.head); status != 0)
        return bad(status);
    result.state = State::Complete;
    return result;
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

QByteArray HttpHead::field(QByteArrayView name) const
{
    const auto found =
        std::find_if(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
    return found == fields.end() ? QByteArray() : found->second;
}

bool HttpHead::has(QByteArrayView name) const
{
    return std::any_of(fields.begin(), fields.end(),
                       [name](const auto& field) { return field.first == name; });
}

bool HttpHead::asksForUpgrade() const
{
    return has("upgrade");
}

HeadResult parseHead(QByteArrayView bytes)
{
    const QByteArrayView looked = bytes.first(std::min(bytes.size(), maxHeadBytes));
    const qsizetype end = looked.indexOf("\r\n\r\n");
    if (end >= 0)
        return parseWhole(looked.first(end));
    if (bytes.size() >= maxHeadBytes) {
        // A long first line is a long target: say so.
        return bad(looked.indexOf("\r\n") < 0 ? 414 : 431);
    }
    return {};
}

std::optional<QByteArray> percentDecoded(QByteArrayView text)
{
    QByteArray out;
    out.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size())
                return std::nullopt;
            const int high = hexDigit(text[i + 1]);
            const int low = hexDigit(text[i + 2]);
            if (high < 0 || low < 0)
                return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            return std::nullopt;
        out += c;
    }
    return out;
}

std::optional<QList<std::pair<QByteArray, QByteArray>>> queryItems(QByteArrayView query)
{
    QList<std::pair<QByteArray, QByteArray>> items;
    while (!query.isEmpty()) {
        const qsizetype end = query.indexOf('&');
        const QByteArrayView item = end < 0 ? query : query.first(end);
        query = end < 0 ? QByteArrayView() : query.sliced(end + 1);
        if (item.isEmpty())
            continue;
        const qsizetype equals = item.indexOf('=');
        const auto decoded = [](QByteArrayView part) {
            return percentDecoded(part.toByteArray().replace('+', ' '));
        };
        const auto name = decoded(equals < 0 ? item : item.first(equals));
        const auto value = decoded(equals < 0 ? QByteArrayView() : item.sliced(equals + 1));
        if (!name || !value)
            return std::nullopt;
        items.append({*name, *value});
    }
    return items;
}

} // namespace plimsoll

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

#include <optional>
#include <utility>

namespace plimsoll {

/// The head of a request, as it came, once it was found to be in order.
struct HttpHead
{
    QByteArray method; ///< upper-case letters
    QByteArray path;   ///< begins with '/', still percent-encoded, without the query
    QByteArray query;  ///< behind the '?', still percent-encoded
    QList<std::pair<QByteArray, QByteArray>> fields; ///< names in lower case, values trimmed
    qint64 contentLength = 0;                        ///< bytes, at most maxBodyBytes
    qsizetype headBytes = 0;                         ///< with the empty line

    /// The value of the first such field; null where there is none. \param name in lower case
    [[nodiscard]] QByteArray field(QByteArrayView name) const;
    [[nodiscard]] bool has(QByteArrayView name) const;
    [[nodiscard]] bool asksForUpgrade() const;
};

inline constexpr qsizetype maxHeadBytes = 16 * 1024;
inline constexpr qsizetype maxTargetBytes = 2048;
inline constexpr qsizetype maxFields = 64;
inline constexpr qint64 maxBodyBytes = 64 * 1024;

struct HeadResult
{
    enum class State { Incomplete, Bad, Complete };
    State state = State::Incomplete;
    int status = 400; ///< of Bad: what to answer
    HttpHead head;    ///< of Complete
};

// Pure functions on bytes that anybody may have sent: total, any thread, linear.

/// Strict: HTTP/1.1 alone, CRLF, no folding, no field twice where two could be read differently by two
/// readers, no transfer encoding. \param bytes all that has come so far
[[nodiscard]] HeadResult parseHead(QByteArrayView bytes);

/// Nothing where an escape is broken or stands for a control character.
[[nodiscard]] std::optional<QByteArray> percentDecoded(QByteArrayView text);

/// The names and values of a query, decoded ('+' is a space); nothing where one is broken.
[[nodiscard]] std::optional<QList<std::pair<QByteArray, QByteArray>>> queryItems(QByteArrayView query);

} // namespace plimsoll

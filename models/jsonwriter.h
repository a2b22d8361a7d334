// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QLatin1String>
#include <QStringView>

namespace plimsoll {

/// Writes JSON straight to text, compact, keys in the order in which they come: for answers so large that a
/// tree of values costs too much. Does not check that what it is told to write makes one document. Appends to
/// a text that outlives it.
class JsonWriter
{
public:
    explicit JsonWriter(QByteArray& out)
        : m_out(out)
    {
    }

    void beginObject() { open('{'); }
    void endObject() { close('}'); }
    void beginArray() { open('['); }
    void endArray() { close(']'); }
    void key(QStringView key);
    void key(QLatin1String key);  ///< without characters that need an escape
    void text(QStringView value); ///< half a surrogate pair becomes a question mark
    void number(qint64 value);
    void number(double value); ///< exact: reads back as the same; null where JSON has no such number
    void boolean(bool value);
    void null();
    void raw(QByteArrayView json); ///< one value that is JSON already
    /// What comes next begins a line.
    void newLine() { m_breaksLine = true; }

private:
    void open(char bracket);
    void close(char bracket);
    void separate();
    void breakLine();
    void quote(QStringView value);

    QByteArray& m_out;
    bool m_needsComma = false;
    bool m_breaksLine = false;
};

} // namespace plimsoll

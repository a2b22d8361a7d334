// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

#include <QList>

namespace plimsoll::test {

/// A host that notes each query and answers when the test says so. Has no signals of its own.
class AskedHost : public Host
{
public:
    struct Question
    {
        quint64 id = 0;
        QString method;
        QJsonObject params;
    };

    using Host::Host;

    [[nodiscard]] quint64 lastSeq() const override { return 0; }
    [[nodiscard]] HostCapabilities capabilities() const override { return about; }
    void start() override {}
    void cancelScan() override {}
    quint64 query(const QString& method, const QJsonObject& params) override
    {
        asked.append({++m_last, method, params});
        return m_last;
    }

    [[nodiscard]] QList<Question> askedFor(const QString& method) const
    {
        QList<Question> out;
        for (const Question& question : asked) {
            if (question.method == method)
                out.append(question);
        }
        return out;
    }

    void answer(quint64 id, const QJsonObject& result) { emit replied({id, result, {}}); }
    void refuse(quint64 id, const QString& error) { emit replied({id, {}, error}); }

    QList<Question> asked;
    HostCapabilities about;

private:
    quint64 m_last = 0;
};

} // namespace plimsoll::test

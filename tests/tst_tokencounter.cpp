// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"
#include "app/tokencounter.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace plimsoll;

namespace {

const QString model = QStringLiteral("gpt-5.5");

/// Takes about a second to count.
QString longText()
{
    return QStringLiteral("The load line of a ship. ").repeated(1'000'000);
}

} // namespace

class TestTokenCounter : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_counts.clear();
        m_counter = std::make_unique<TokenCounter>(QList<LogRoot>());
        connect(m_counter.get(), &TokenCounter::counted, this,
                [this](quint64 id, const std::optional<TokenCount>& count) {
                    QCOMPARE(QThread::currentThread(), thread());
                    m_counts.append({id, count ? count->tokens : -1});
                });
    }

    void answersComeInOrder()
    {
        m_counter->count(7, QStringLiteral("a a"), model);
        m_counter->count(9, QString(), model);
        QCOMPARE(m_counts.size(), 0); // never at once
        QTRY_COMPARE(m_counts.size(), 2);
        QCOMPARE(m_counts.at(0), (std::pair<quint64, int64_t>(7, 2)));
        QCOMPARE(m_counts.at(1), (std::pair<quint64, int64_t>(9, 0)));
    }

    void whatRunsAndWhatWaitsCanBeCancelled()
    {
        const QString text = longText();
        m_counter->count(1, text, model);
        m_counter->count(2, text, model);
        m_counter->cancel(2);
        m_counter->cancel(1);
        m_counter->cancel(5); // there is none
        m_counter->count(3, QStringLiteral("a"), model);
        QTRY_COMPARE(m_counts.size(), 3);
        QCOMPARE(m_counts.at(0), (std::pair<quint64, int64_t>(1, -1)));
        QCOMPARE(m_counts.at(1), (std::pair<quint64, int64_t>(2, -1)));
        QCOMPARE(m_counts.at(2), (std::pair<quint64, int64_t>(3, 1)));
    }

    void endDoesNotWaitForACount()
    {
        m_counter->count(1, longText(), model);
        m_counter.reset();
        QCoreApplication::processEvents();
        QCOMPARE(m_counts.size(), 0);
    }

    void whatIsLearnedIsToldOnce()
    {
        QList<qint64> learned;
        connect(m_counter.get(), &TokenCounter::learned, this,
                [&](const TokenRatios& /*ratios*/, qint64 atMs) { learned.append(atMs); });
        m_counter->count(1, QStringLiteral("a a"), QStringLiteral("claude-opus-4-5"));
        m_counter->count(2, QStringLiteral("a a"), QStringLiteral("claude-opus-4-5"));
        QTRY_COMPARE(m_counts.size(), 2);
        QCOMPARE(learned.size(), 1);
        const auto fresh = std::make_unique<TokenCounter>(QList<LogRoot>());
        QSignalSpy again(fresh.get(), &TokenCounter::learned);
        QSignalSpy counted(fresh.get(), &TokenCounter::counted);
        fresh->setKnown({}, learned.constFirst());
        fresh->count(1, QStringLiteral("a a"), QStringLiteral("claude-opus-4-5"));
        QTRY_COMPARE(counted.size(), 1);
        QCOMPARE(again.size(), 0);
    }

    void hostAnswersTheQuery()
    {
        const QTemporaryDir home;
        Orchestrator host(Catalogue::builtIn(), home.path(), agentHomes(home.path(), false));
        QList<Reply> replies;
        connect(&host, &Host::replied, this, [&](const Reply& reply) { replies.append(reply); });
        host.start();
        const quint64 id = host.query(QStringLiteral("tokens"),
                                      {{QStringLiteral("text"), QStringLiteral("a a")},
                                       {QStringLiteral("model"), QStringLiteral("claude-opus-4-5")}});
        QTRY_COMPARE(replies.size(), 1);
        QCOMPARE(replies.at(0).id, id);
        QCOMPARE(replies.at(0).error, QString());
        QCOMPARE(replies.at(0).result.value(QStringLiteral("tokens")).toInt(), 2);
        QCOMPARE(replies.at(0).result.value(QStringLiteral("basis")).toString(), QStringLiteral("estimated"));
    }

    void hostRefusesTextsWithoutEnd()
    {
        const QTemporaryDir home;
        Orchestrator host(Catalogue::builtIn(), home.path(), agentHomes(home.path(), false));
        QList<Reply> replies;
        connect(&host, &Host::replied, this, [&](const Reply& reply) { replies.append(reply); });
        const quint64 id =
            host.query(QStringLiteral("tokens"),
                       {{QStringLiteral("text"), QString(16 * 1024 * 1024 + 1, QLatin1Char('a'))}});
        QCOMPARE(replies.size(), 0);
        QTRY_COMPARE(replies.size(), 1);
        QCOMPARE(replies.at(0).id, id);
        QVERIFY(replies.at(0).error.contains(QStringLiteral("too long")));
    }

private:
    std::unique_ptr<TokenCounter> m_counter;
    QList<std::pair<quint64, int64_t>> m_counts; ///< id, tokens; -1 = cancelled
};

QTEST_GUILESS_MAIN(TestTokenCounter)
#include "tst_tokencounter.moc"

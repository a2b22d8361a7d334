// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/alertrules.h"
#include "tests/fleet.h"

#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Event filled(qint64 tokens)
{
    Usage usage;
    usage.contextTokens = tokens;
    usage.contextWindow = 2000;
    usage.compactAtTokens = 1000;
    return {0, 1, idOf(1), UsageChanged{usage}};
}

} // namespace

class TestAlertRules : public QObject
{
    Q_OBJECT

private slots:
    void oncePerCrossing()
    {
        AlertRules rules;
        QList<FillLevel> told;
        for (const qint64 tokens :
             {700, 799, 800, 805, 790, 760, 802, 899, 900, 880, 851, 905, 849, 830, 749, 760, 800, 100}) {
            if (const auto alert = rules.take(filled(tokens)))
                told << alert->level;
        }
        using enum FillLevel;
        QCOMPARE(told, QList({Warning, Critical, Warning, Calm, Warning, Calm}));
    }

    void tellsHowFull()
    {
        AlertRules rules;
        const auto alert = rules.take(filled(950));
        QVERIFY(alert);
        QCOMPARE(*alert, (AlertRaised{FillLevel::Critical, 0.95}));
    }

    void aNewAgentIsLearned()
    {
        AlertRules rules;
        QVERIFY(!rules.take(added(agentOf(1, QStringLiteral("a"), AgentState::Idle, 160'000, 1)))); // 96 %
        QVERIFY(!rules.take(filled(960)));
        QCOMPARE(rules.take(filled(10)).value().level, FillLevel::Calm);
    }

    void unknownSaysNothing()
    {
        AlertRules rules;
        QVERIFY(!rules.take({0, 1, idOf(1), UsageChanged{}}));
        QVERIFY(rules.take(filled(900)));
        QVERIFY(!rules.take({0, 1, idOf(1), UsageChanged{}})); // nothing is known, so nothing is over
        QVERIFY(!rules.take({0, 1, idOf(1), AgentRemoved{}}));
        QVERIFY(rules.take(filled(900))); // another one
    }
};

QTEST_GUILESS_MAIN(TestAlertRules)
#include "tst_alertrules.moc"

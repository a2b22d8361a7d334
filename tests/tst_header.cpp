// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/header.h"
#include "ui/statusstrip.h"

#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>

using namespace plimsoll;

namespace {

constexpr qint64 hourMs = 3'600'000;
constexpr qint64 midnight = 20'000LL * 24 * hourMs;
constexpr qint64 dollar = 1'000'000'000'000;

QString text(const QList<Run>& runs)
{
    QString result;
    for (const Run& run : runs)
        result += run.text;
    return result;
}

} // namespace

class TestHeader : public QObject
{
    Q_OBJECT

private slots:
    void spendTodayAndPerHour()
    {
        const qint64 now = midnight + 14 * hourMs;
        const QList<SpendSlot> spent{{midnight - hourMs, 7 * dollar},
                                     {midnight, dollar},
                                     {now - hourMs - spendSlotMs, 2 * dollar},
                                     {now - hourMs, 3 * dollar},
                                     {now - spendSlotMs, 4 * dollar}};
        QCOMPARE(spendAt(spent, now, midnight), (Spend{10 * dollar, 7 * dollar}));
    }

    void theSlotInWhichTheHourBeganCountsInPart()
    {
        const qint64 now = midnight + 14 * hourMs + spendSlotMs / 3;
        const Spend spend = spendAt({{midnight + 13 * hourMs, 3 * dollar}}, now, midnight);
        QCOMPARE(spend.todayPico, 3 * dollar);
        QVERIFY(std::abs(spend.hourPico - 2 * dollar) <= 1);
    }

    void justAfterMidnightTheHourReachesBack()
    {
        const qint64 now = midnight + spendSlotMs;
        QCOMPARE(spendAt({{midnight - spendSlotMs, dollar}}, now, midnight), (Spend{0, dollar}));
        QCOMPARE(spendAt({{now + hourMs, dollar}}, now, midnight), Spend{});
        QCOMPARE(spendAt({}, now, midnight), Spend{});
    }

    void countsAreWords()
    {
        QCOMPARE(text(countRuns({7, 4, 1, 9})),
                 QStringLiteral("7 agents · 4 working · 1 needs you · 2 finished"));
        QCOMPARE(text(countRuns({1, 0, 0, 1})), QStringLiteral("1 agent"));
        QCOMPARE(text(countRuns({0, 0, 0, 62})), QStringLiteral("no agent is running · 62 finished"));
        QVERIFY(countRuns({0, 0, 0, 62}).last().color == &Theme::dimText);
        QVERIFY(countRuns({}).isEmpty());
        QCOMPARE(text(countRuns({3, 0, 2, 3})), QStringLiteral("3 agents · 2 need you"));
    }

    void unknownMoneyIsNotShown()
    {
        QVERIFY(spendRuns(std::nullopt).isEmpty());
        QCOMPARE(text(spendRuns(Spend{16'260'000'000'000, 5'100'000'000'000})),
                 QStringLiteral("Today $16.26 · $5.10/h"));
    }

    void limitsOfTheAccounts()
    {
        const qint64 now = midnight + 14 * hourMs;
        const LimitsChanged claude{AgentKind::ClaudeCode,
                                   {},
                                   {{QStringLiteral("5 h"), 61.6, now + 2 * hourMs},
                                    {QStringLiteral("7 d"), 12, now + 60 * hourMs},
                                    {QStringLiteral("old"), 99, now - 1}},
                                   now};
        const LimitsChanged codex{AgentKind::Codex, {}, {{QStringLiteral("7 d"), 31, 0}}, now};
        QCOMPARE(text(limitRuns({claude, codex}, now)),
                 QStringLiteral("Claude Code 5 h 62%, resets 16:00 · 7 d 12% · Codex 7 d 31%"));
        QVERIFY(limitRuns({}, now).isEmpty());
    }

    void narrowWindowsDropLimitsThenMoney()
    {
        Header header;
        header.setCounts({7, 4, 1, 9});
        header.setSpend(Spend{dollar, dollar});
        header.setLimits({{AgentKind::Codex, {}, {{QStringLiteral("7 d"), 31, 0}}, 0}}, midnight);
        const auto shown = [&header] {
            int count = 0;
            const auto labels = header.findChildren<RunLabel*>();
            for (const RunLabel* label : labels)
                count += label->isVisibleTo(&header) ? 1 : 0;
            return count;
        };
        header.resize(1440, 48);
        header.show();
        QCOMPARE(shown(), 3);
        int before = 3;
        for (int width = 1440; width >= header.minimumSizeHint().width(); width -= 10) {
            header.resize(width, 48);
            QVERIFY(shown() <= before);
            before = shown();
        }
        QVERIFY(before < 3);
        QVERIFY(before >= 1);
    }

    void theSearchFieldFiltersAndHandsOn()
    {
        Header header;
        QSignalSpy filter(&header, &Header::filterChanged);
        QSignalSpy left(&header, &Header::searchLeft);
        auto* field = header.findChild<QLineEdit*>();
        QTest::keyClicks(field, QStringLiteral("api"));
        QCOMPARE(filter.last().at(0).toString(), QStringLiteral("api"));
        QTest::keyClick(field, Qt::Key_Down);
        QCOMPARE(left.size(), 1);
        QCOMPARE(field->text(), QStringLiteral("api"));
        QTest::keyClick(field, Qt::Key_Escape);
        QCOMPARE(left.size(), 2);
        QCOMPARE(filter.last().at(0).toString(), QString());
    }

    void progressIsWords()
    {
        QCOMPARE(progressText({}), QString());
        QCOMPARE(progressText({true, false, 120, 312, 34'000'000, 180'000'000}),
                 QStringLiteral("Reading 120 of 312 session files · 34.0 MB of 180.0 MB"));
        QCOMPARE(progressText({false, false, 312, 312, 1, 1}), QStringLiteral("watching 312 session files"));
        QCOMPARE(progressText({false, true, 120, 312, 1, 1}),
                 QStringLiteral("Reading was stopped: 120 of 312 session files"));
    }
};

QTEST_MAIN(TestHeader)
#include "tst_header.moc"

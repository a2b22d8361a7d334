// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/headless.h"
#include "tests/fleet.h"

#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr qint64 nowMs = 1'767'000'000'000;

Event added(int number, const QString& name, qint64 context)
{
    return {0, nowMs, idOf(number), AgentAdded{agentOf(number, name, AgentState::Idle, context, nowMs)}};
}

Event usage(int number, qint64 context)
{
    return {0, nowMs, idOf(number),
            UsageChanged{agentOf(number, {}, AgentState::Idle, context, nowMs).usage}};
}

} // namespace

class TestHeadless : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_lines.clear();
        m_host = std::make_unique<FakeHost>();
    }

    void fleetIsPrintedWhenTheScanIsOver()
    {
        begin();
        m_host->send({added(2, QStringLiteral("older"), 20'000), added(1, QStringLiteral("newer"), 100'000)});
        const Compacted compacted{{nowMs, 150'000, 20'000, QStringLiteral("auto")}};
        m_host->send({{0, nowMs, idOf(2), compacted}}); // a part of what the scan finds
        emit m_host->progressed({true, false, 1, 3, 0, 0});
        QVERIFY(m_lines.isEmpty());
        emit m_host->progressed({false, false, 3, 3, 0, 0});
        QCOMPARE(m_lines.size(), 3);
        QCOMPARE(m_lines[0], QStringLiteral("3 files, 2 agents"));
        QVERIFY2(m_lines[1].startsWith(QStringLiteral("newer  [Claude Code]")), qPrintable(m_lines[1]));
        QVERIFY2(m_lines[1].contains(QStringLiteral("50%  100k / 200k  $4.18")), qPrintable(m_lines[1]));
        QVERIFY2(m_lines[2].startsWith(QStringLiteral("older  [Claude Code]")), qPrintable(m_lines[2]));
        emit m_host->progressed({false, false, 3, 3, 0, 0});
        QCOMPARE(m_lines.size(), 3);
    }

    void aLinkTellsItsFleetAtOnce()
    {
        m_host->state = {LinkState::Phase::Connecting, QStringLiteral("wss://desk:7431"), {}, 1, 0};
        begin();
        emit m_host->reset({agentOf(1, QStringLiteral("boat"), AgentState::Idle, 100'000, nowMs)}, 0);
        QCOMPARE(m_lines.size(), 1);
        QVERIFY(m_lines[0].startsWith(QStringLiteral("boat")));
        m_host->setLink({LinkState::Phase::Connected, QStringLiteral("wss://desk:7431"), {}, 0, 0});
        QCOMPARE(m_lines[1], QStringLiteral("connected to wss://desk:7431"));
        m_host->send({usage(1, 150'000)});
        QCOMPARE(m_lines.size(), 3);
        m_host->setLink({LinkState::Phase::Lost, QStringLiteral("wss://desk:7431"),
                         QStringLiteral("The link was cut."), 0, nowMs});
        QCOMPARE(m_lines[3], QStringLiteral("The link was cut."));
        emit m_host->reset({agentOf(1, QStringLiteral("boat"), AgentState::Idle, 150'000, nowMs)}, 0);
        QCOMPARE(m_lines.size(), 4); // known already
    }

    void oneLinePerChangeAndNoneTwice()
    {
        begin();
        m_host->send({added(1, QStringLiteral("boat"), 100'000), added(2, QStringLiteral("ship"), 100'000)});
        emit m_host->progressed({false, false, 1, 1, 0, 0});
        m_lines.clear();
        m_host->send({usage(1, 120'000), usage(1, 140'000)}); // one frame, one line
        QCOMPARE(m_lines.size(), 1);
        QVERIFY(m_lines[0].contains(QStringLiteral("70%")));
        m_host->send({usage(1, 140'000)});
        m_host->send({usage(1, 140'001)}); // rounds to the same
        QCOMPARE(m_lines.size(), 1);
        m_host->send(
            {{0, nowMs, idOf(2),
              StateChanged{AgentState::Blocked, StateSource::Registry, QStringLiteral("asks"), nowMs}}});
        QCOMPARE(m_lines.size(), 2);
        QVERIFY(m_lines[1].startsWith(QStringLiteral("ship")));
        m_host->send({{0, nowMs, {}, SpendChanged{}}}); // nobody's
        QCOMPARE(m_lines.size(), 2);
    }

    void compactionIsSaid()
    {
        begin();
        m_host->send({added(1, QStringLiteral("boat"), 100'000)});
        emit m_host->progressed({false, false, 1, 1, 0, 0});
        m_lines.clear();
        const Compacted compacted{{nowMs, 150'000, 20'000, QStringLiteral("auto")}};
        m_host->send({{0, nowMs, idOf(1), compacted}});
        QCOMPARE(m_lines, QStringList{QStringLiteral("boat  compacted  150k -> 20k  auto")});
    }

    void foreignTextStaysOneLine()
    {
        begin();
        m_host->send({added(1, QStringLiteral("a\nb\x1b[31mc"), 100'000)});
        emit m_host->progressed({false, false, 1, 1, 0, 0});
        QCOMPARE(m_lines.size(), 2);
        QVERIFY(!m_lines[1].contains(QLatin1Char('\n')));
        QVERIFY(!m_lines[1].contains(QChar(0x1b)));
    }

    void recordingHasNoScan()
    {
        m_host->about.recording = true;
        begin();
        m_host->send({added(1, QStringLiteral("boat"), 100'000)});
        QCOMPARE(m_lines.size(), 1);
    }

    void failuresAreSaid()
    {
        begin();
        emit m_host->failed(QStringLiteral("too many folders"));
        QCOMPARE(m_lines, QStringList{QStringLiteral("too many folders")});
    }

private:
    void begin()
    {
        m_headless = std::make_unique<Headless>(*m_host, [this](const QString& line) {
            static const QRegularExpression time(QStringLiteral("^\\d\\d:\\d\\d(:\\d\\d)?  "));
            QVERIFY2(line.contains(time), qPrintable(line));
            m_lines.append(QString(line).remove(time));
        });
    }

    QStringList m_lines;
    std::unique_ptr<FakeHost> m_host;
    std::unique_ptr<Headless> m_headless;
};

QTEST_GUILESS_MAIN(TestHeadless)
#include "tst_headless.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/replayhost.h"
#include "models/agentmodel.h"
#include "models/codec.h"
#include "models/usagehistory.h"
#include "tests/fleetsamples.h"

#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

const QByteArray header =
    R"({"plimsoll_recording":1,"label":"Test","started_at":"2026-01-15T14:30:00.000Z"})";

QByteArray line(qint64 atMs, const Event& event)
{
    QJsonObject object = toJson(event);
    object.insert(QStringLiteral("at"), atMs);
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

/// All events that a host has handed out so far.
Events eventsOf(const QSignalSpy& spy)
{
    Events events;
    for (const QList<QVariant>& call : spy)
        events << call.at(0).value<Events>();
    return events;
}

Logged logged(const QString& text)
{
    return {LogKind::Text, text, {}, false, QStringLiteral("/log"), text.size(), 0};
}

} // namespace

class TestReplayHost : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void playsAllAtOnce();
    void playsInTime();
    void answersFromTheRecording();
    void pagesTheHistory();
    void refusesWhatItDoesNotKnow();
    void skipsBadLines();
    void saysWhatIsWrong();
    void demoShowsEverything();
    void demoCurvesFallAndFill();

private:
    QString write(const QList<QByteArray>& lines);
    [[nodiscard]] static Reply ask(ReplayHost& host, const QString& method, const QJsonObject& params);

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestReplayHost::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

QString TestReplayHost::write(const QList<QByteArray>& lines)
{
    QString path = m_folder->filePath(QStringLiteral("recording.jsonl"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return {};
    for (const QByteArray& text : lines)
        file.write(text + '\n');
    return path;
}

Reply TestReplayHost::ask(ReplayHost& host, const QString& method, const QJsonObject& params)
{
    QSignalSpy replied(&host, &ReplayHost::replied);
    const quint64 id = host.query(method, params);
    if (!replied.isEmpty() || !replied.wait())
        return {0, {}, QStringLiteral("answered too early or never")};
    const auto reply = replied.first().first().value<Reply>();
    return reply.id == id ? reply : Reply{0, {}, QStringLiteral("another id")};
}

void TestReplayHost::playsAllAtOnce()
{
    Agent first = agent(1);
    first.info.updatedAtMs = nowMs - 1000;
    first.stateSinceMs = nowMs;
    ReplayHost host(
        write({header, line(60'000, about(1, UsageChanged{usage(7)})), line(-1000, added(first))}),
        ReplayHost::Mode::AtOnce);
    QSignalSpy recorded(&host, &ReplayHost::recorded);
    QSignalSpy reset(&host, &ReplayHost::reset);
    const qint64 before = QDateTime::currentMSecsSinceEpoch();

    host.start();

    QCOMPARE(reset.size(), 1);
    QCOMPARE(recorded.size(), 1);
    QVERIFY(host.isAtEnd());
    QCOMPARE(host.lastSeq(), quint64(2));
    QCOMPARE(host.capabilities().label, QStringLiteral("Test"));
    QVERIFY(host.capabilities().recording);
    const Events events = eventsOf(recorded);
    QCOMPARE(events.size(), 2);
    QCOMPARE(events.at(0).seq, quint64(1));
    QCOMPARE(events.at(1).seq, quint64(2));
    QVERIFY(qAbs(events.at(1).atMs - before) < 5000); // the end is now
    QCOMPARE(events.at(0).atMs, events.at(1).atMs - 61'000);
    const auto& shifted = std::get<AgentAdded>(events.at(0).body).agent;
    QCOMPARE(shifted.info.updatedAtMs, events.at(0).atMs); // times inside move with it
    QCOMPARE(shifted.stateSinceMs, events.at(0).atMs + 1000);
}

void TestReplayHost::playsInTime()
{
    ReplayHost host(
        write({header, line(-5000, added(agent(1))), line(-10, about(1, UsageChanged{usage(5)})),
               line(150, about(1, UsageChanged{usage(6)})), line(300, about(1, UsageChanged{usage(7)}))}),
        ReplayHost::Mode::Live);
    QSignalSpy recorded(&host, &ReplayHost::recorded);
    const qint64 before = QDateTime::currentMSecsSinceEpoch();

    host.start();

    QCOMPARE(recorded.size(), 1);
    QCOMPARE(eventsOf(recorded).size(), 2); // the history at once
    QVERIFY(!host.isAtEnd());
    QTRY_VERIFY(host.isAtEnd());
    QVERIFY(QDateTime::currentMSecsSinceEpoch() - before >= 270);
    const Events events = eventsOf(recorded);
    QCOMPARE(events.size(), 4);
    QCOMPARE(recorded.size(), 3);
    for (qsizetype i = 0; i < events.size(); ++i)
        QCOMPARE(events.at(i).seq, quint64(i + 1));
    QVERIFY(qAbs(events.at(2).atMs - before - 150) < 1000); // the start is now
}

void TestReplayHost::answersFromTheRecording()
{
    ReplayHost host(
        write({header, line(0, added(agent(1))), line(1, about(1, UsageChanged{usage(150, 200)})),
               line(2, about(2, UsageChanged{usage(99)})), line(3, about(1, logged(QStringLiteral("hello")))),
               line(10, about(1, Compacted{{nowMs + 10, 167, 34, QStringLiteral("auto")}}))}),
        ReplayHost::Mode::AtOnce);
    host.start();
    const QJsonObject who{{QStringLiteral("agent_id"), idOf(1).toString()}};

    const QList<UsageSample> samples = samplesFromCurve(ask(host, QStringLiteral("curve"), who).result);
    QCOMPARE(samples.size(), 3);
    QCOMPARE(samples.at(0).contextTokens, 150);
    QCOMPARE(samples.at(1).contextTokens, 167);
    QCOMPARE(samples.at(2).contextTokens, 34);
    QCOMPARE(samples.at(2).contextWindow, Count(200));

    const Reply text = ask(host, QStringLiteral("text"),
                           {{QStringLiteral("file"), QStringLiteral("/log")},
                            {QStringLiteral("offset"), 5},
                            {QStringLiteral("block"), 0}});
    QCOMPARE(text.result.value(QLatin1String("text")).toString(), QStringLiteral("hello"));
    QVERIFY(!ask(host, QStringLiteral("text"),
                 {{QStringLiteral("file"), QStringLiteral("/etc/passwd")}, {QStringLiteral("offset"), 0}})
                 .error.isEmpty());
    QCOMPARE(ask(host, QStringLiteral("agents"), {}).result.value(QLatin1String("count")).toInt(-1), 0);
}

void TestReplayHost::pagesTheHistory()
{
    QList<QByteArray> lines{header, line(0, added(agent(1)))};
    for (int i = 0; i < 10; ++i)
        lines << line(i + 1, about(1, logged(QString::number(i))))
              << line(i + 1, about(2, logged(QStringLiteral("other"))));
    ReplayHost host(write(lines), ReplayHost::Mode::AtOnce);
    host.start();

    QStringList read;
    QJsonObject params{{QStringLiteral("agent_id"), idOf(1).toString()}, {QStringLiteral("limit"), 4}};
    bool more = true;
    int pages = 0;
    while (more && ++pages < 9) {
        const QJsonObject page = ask(host, QStringLiteral("history"), params).result;
        QStringList texts;
        const QJsonArray items = page.value(QLatin1String("items")).toArray();
        for (const auto& item : items)
            texts << item.toObject().value(QLatin1String("text")).toString();
        read = texts + read; // each page is oldest first and lies before the last
        more = page.value(QLatin1String("more")).toBool();
        params.insert(QStringLiteral("before_offset"), page.value(QLatin1String("before_offset")));
    }
    QCOMPARE(pages, 3);
    QCOMPARE(read.join(QLatin1Char(' ')), QStringLiteral("0 1 2 3 4 5 6 7 8 9"));
}

void TestReplayHost::refusesWhatItDoesNotKnow()
{
    ReplayHost host(write({header}), ReplayHost::Mode::AtOnce);
    host.start();
    QVERIFY(!ask(host, QStringLiteral("rm"), {}).error.isEmpty());
    QVERIFY(ask(host, QStringLiteral("history"),
                {{QStringLiteral("limit"), QStringLiteral("x")}, {QStringLiteral("before_offset"), 1e18}})
                .error.isEmpty());
}

void TestReplayHost::skipsBadLines()
{
    QByteArray tooLong(ReplayHost::maxLineBytes + 10, 'x');
    ReplayHost host(write({header, "not json", "[]", "", R"({"type":"of_the_future","at":1})",
                           R"({"type":"agent_deleted"})", tooLong,
                           R"({"type":"agent_deleted","at":"2026-01-15T14:30:07.000Z"})",
                           R"({"type":"agent_deleted","at":1e300})"}),
                    ReplayHost::Mode::AtOnce);
    QSignalSpy recorded(&host, &ReplayHost::recorded);
    QSignalSpy failed(&host, &ReplayHost::failed);

    host.start();

    QCOMPARE(eventsOf(recorded).size(), 2);
    QCOMPARE(failed.size(), 1);
    QCOMPARE(failed.first().first().toString().section(QLatin1Char(' '), 0, 1), QStringLiteral("4 lines"));
}

void TestReplayHost::saysWhatIsWrong()
{
    const QStringList paths{m_folder->filePath(QStringLiteral("none")), m_folder->path(),
                            write({"{\"hello\":1}"})};
    for (const QString& path : paths) {
        ReplayHost host(path, ReplayHost::Mode::Live);
        QSignalSpy failed(&host, &ReplayHost::failed);
        QSignalSpy recorded(&host, &ReplayHost::recorded);
        host.start();
        QCOMPARE(failed.size(), 1);
        QVERIFY(failed.first().first().toString().contains(path));
        QCOMPARE(recorded.size(), 0);
        QVERIFY(host.isAtEnd());
    }
}

void TestReplayHost::demoShowsEverything()
{
    QVERIFY(QFile(ReplayHost::demoPath()).size() < 300'000);
    ReplayHost host(ReplayHost::demoPath(), ReplayHost::Mode::AtOnce);
    QSignalSpy recorded(&host, &ReplayHost::recorded);
    QSignalSpy failed(&host, &ReplayHost::failed);
    host.start();
    QCOMPARE(failed.size(), 0);
    QVERIFY(host.capabilities().label.contains(QLatin1String("recording")));

    AgentModel fleet;
    fleet.apply(eventsOf(recorded));
    QSet<AgentState> states;
    QSet<AgentKind> kinds;
    int subagents = 0;
    int unknownWindows = 0;
    bool compacted = false;
    for (const Agent& agent : fleet.agents()) {
        states << agent.state;
        kinds << agent.info.kind;
        subagents += int(!agent.info.parentId.isNull());
        unknownWindows += int(agent.usage.contextTokens && !agent.usage.contextWindow);
        compacted = compacted || !agent.info.compactions.isEmpty();
        QVERIFY(agent.info.parentId.isNull() || fleet.agent(agent.info.parentId));
    }
    QCOMPARE(states.size(), 7);
    QCOMPARE(kinds.size(), 3);
    QVERIFY(subagents >= 2);
    QCOMPARE(unknownWindows, 1);
    QVERIFY(compacted);

    QSet<size_t> bodies;
    for (const Event& event : eventsOf(recorded))
        bodies << event.body.index();
    for (const Body& wanted :
         {Body(PermissionAsked()), Body(PermissionAnswered()), Body(Compacted()), Body(LimitsChanged()),
          Body(SpendChanged()), Body(AlertRaised()), Body(Logged())})
        QVERIFY(bodies.contains(wanted.index()));
}

void TestReplayHost::demoCurvesFallAndFill()
{
    ReplayHost host(ReplayHost::demoPath(), ReplayHost::Mode::AtOnce);
    QSignalSpy recorded(&host, &ReplayHost::recorded);
    host.start();
    UsageHistory history;
    history.apply(eventsOf(recorded));
    const qint64 now = QDateTime::currentMSecsSinceEpoch();

    QVERIFY(now - history.firstMs() > 3 * 3'600'000);
    int falling = 0;
    for (const AgentId& id : history.agents()) {
        const QList<UsageSample> samples = history.visible(id, 0, now, 100'000);
        QVERIFY(samples.size() >= 5);
        QVERIFY(samples.last().atMs <= now);
        falling += int(std::adjacent_find(samples.begin(), samples.end(),
                                          [](const UsageSample& a, const UsageSample& b) {
                                              return b.contextTokens < a.contextTokens / 3;
                                          }) != samples.end());
    }
    QCOMPARE(falling, 2);
}

QTEST_GUILESS_MAIN(TestReplayHost)
#include "tst_replayhost.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/status.h"
#include "tests/fleet.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QtTest>

#include <array>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr qint64 nowMs = 1'767'000'000'000;

/// One key of the contract: "n" number, "s" text, "a" list, "o" object, "t" time, "b" truth; null where
/// marked "?".
struct Key
{
    const char* name;
    const char* type;
};

constexpr std::array<Key, 33> agentKeys{{
    {"id", "s"},
    {"kind", "s"},
    {"session_id", "s"},
    {"parent_id", "s?"},
    {"name", "s"},
    {"model", "s?"},
    {"by_model", "o"},
    {"status", "s"},
    {"status_reason", "s?"},
    {"working_dir", "s?"},
    {"git_branch", "s?"},
    {"input_tokens", "n?"},
    {"output_tokens", "n?"},
    {"cache_read_tokens", "n?"},
    {"cache_write_5m_tokens", "n?"},
    {"cache_write_1h_tokens", "n?"},
    {"reasoning_tokens", "n?"},
    {"total_cost", "n?"},
    {"reported_tree_cost", "n?"},
    {"context_tokens", "n?"},
    {"context_peak_tokens", "n?"},
    {"context_window", "n?"},
    {"compact_at_tokens", "n?"},
    {"context_basis", "s?"},
    {"window_basis", "s?"},
    {"cost_basis", "s?"},
    {"turns", "n?"},
    {"tool_calls", "n?"},
    {"compactions", "a"},
    {"notes", "a"},
    {"files", "a"},
    {"created_at", "t?"},
    {"updated_at", "t?"},
}};

bool isTime(const QString& text)
{
    static const QRegularExpression iso(
        QStringLiteral("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$"));
    return iso.match(text).hasMatch();
}

bool hasType(const QJsonValue& value, const char* type)
{
    switch (type[0]) {
    case 'n': return value.isDouble();
    case 's': return value.isString() && !value.toString().isEmpty();
    case 'a': return value.isArray();
    case 'o': return value.isObject();
    case 't': return isTime(value.toString());
    default: return false;
    }
}

/// An agent of which everything is known.
Agent wholeAgent()
{
    Agent agent = agentOf(1, QStringLiteral("api-migration"), AgentState::Blocked, 171'000, nowMs);
    agent.stateReason = QStringLiteral("permission prompt");
    agent.info.parentId = idOf(2);
    agent.info.workingDir = QStringLiteral("/home/ann/boat");
    agent.info.gitBranch = QStringLiteral("main");
    agent.info.notes = QStringList{QStringLiteral("output under-reported")};
    agent.info.files = QStringList{QStringLiteral("/home/ann/.claude/projects/boat/1.jsonl")};
    agent.info.compactions = {{nowMs - 5000, 167'000, 30'000, QStringLiteral("auto")},
                              {nowMs - 1, {}, {}, {}}};
    Usage& usage = agent.usage;
    usage.contextPeakTokens = 180'000;
    usage.inputTokens = 1000;
    usage.outputTokens = 200;
    usage.cacheReadTokens = 30;
    usage.cacheWrite5mTokens = 4;
    usage.cacheWrite1hTokens = 5;
    usage.reasoningTokens = 60;
    usage.reportedTreeCostPico = 5'000'000'000'000;
    usage.turns = 7;
    usage.toolCalls = 8;
    usage.compactionCount = 2;
    usage.freedTokens = 137'000;
    usage.contextBasis = Basis::Reported;
    usage.windowBasis = Basis::Derived;
    usage.triggerBasis = Basis::Estimated;
    usage.costBasis = Basis::Derived;
    usage.byModel = {
        {QStringLiteral("claude-opus-4-5-20251101"), 1000, 200, 30, 4, 5, 60, 4'180'000'000'000}};
    return agent;
}

/// One of which nothing is known.
Agent bareAgent()
{
    Agent agent;
    agent.id = idOf(2);
    agent.info.kind = AgentKind::Codex;
    agent.info.name = QStringLiteral("session 2");
    agent.info.sessionId = QStringLiteral("2");
    return agent;
}

ScanTotals scanOf()
{
    return {2, 3000, 2900, 1};
}

QJsonObject written(const QList<Agent>& agents)
{
    return QJsonDocument::fromJson(statusJson(agents, scanOf(), 12)).object(); // as a reader gets it
}

} // namespace

class TestStatus : public QObject
{
    Q_OBJECT

private slots:
    void everyKeyHasItsType()
    {
        const QJsonArray agents =
            written({wholeAgent(), bareAgent()}).value(QLatin1String("agents")).toArray();
        QCOMPARE(agents.size(), 2);
        const QJsonObject whole = agents[0].toObject();
        const QJsonObject bare = agents[1].toObject();
        for (const Key& key : agentKeys) {
            const QLatin1String name(key.name);
            QVERIFY2(hasType(whole.value(name), key.type), key.name);
            const bool mayBeNull = key.type[1] == '?';
            QVERIFY2(mayBeNull ? bare.value(name).isNull() && bare.contains(name)
                               : bare.contains(name) && !bare.value(name).isNull(),
                     key.name);
        }
        QCOMPARE(whole.value(QLatin1String("kind")).toString(), QStringLiteral("claude-code"));
        QCOMPARE(bare.value(QLatin1String("kind")).toString(), QStringLiteral("codex"));
        QCOMPARE(whole.value(QLatin1String("total_cost")).toDouble(), 4.18);
        QCOMPARE(whole.value(QLatin1String("updated_at")).toString(),
                 QStringLiteral("2025-12-29T09:19:59.999Z"));
    }

    void compactionsSayWhatIsKnown()
    {
        const QJsonArray agents = written({wholeAgent()}).value(QLatin1String("agents")).toArray();
        const QJsonArray compactions = agents[0][QLatin1String("compactions")].toArray();
        QCOMPARE(compactions.size(), 2);
        const QJsonObject known = compactions[0].toObject();
        QVERIFY(isTime(known.value(QLatin1String("at")).toString()));
        QCOMPARE(known.value(QLatin1String("before_tokens")).toInt(), 167'000);
        QCOMPARE(known.value(QLatin1String("after_tokens")).toInt(), 30'000);
        QCOMPARE(known.value(QLatin1String("trigger")).toString(), QStringLiteral("auto"));
        const QJsonObject unknown = compactions[1].toObject();
        for (const char* key : {"before_tokens", "after_tokens", "trigger"})
            QVERIFY2(unknown.contains(QLatin1String(key)) && unknown.value(QLatin1String(key)).isNull(), key);
    }

    void headAndTotals()
    {
        const QJsonObject json = written({wholeAgent(), wholeAgent(), bareAgent()});
        QCOMPARE(json.value(QLatin1String("version")).toInt(), 1);
        const QJsonObject scan = json.value(QLatin1String("scan")).toObject();
        const QJsonObject expected{{QStringLiteral("files"), 2},
                                   {QStringLiteral("bytes"), 3000},
                                   {QStringLiteral("bytes_parsed"), 2900},
                                   {QStringLiteral("bad_lines"), 1},
                                   {QStringLiteral("elapsed_ms"), 12}};
        QCOMPARE(scan, expected);
        const QJsonObject totals = json.value(QLatin1String("totals")).toObject();
        const std::array<std::pair<const char*, double>, 10> sums{{{"agents", 3},
                                                                   {"input_tokens", 2000},
                                                                   {"output_tokens", 400},
                                                                   {"cache_read_tokens", 60},
                                                                   {"cache_write_5m_tokens", 8},
                                                                   {"cache_write_1h_tokens", 10},
                                                                   {"reasoning_tokens", 120},
                                                                   {"total_cost", 8.36},
                                                                   {"turns", 14},
                                                                   {"tool_calls", 16}}};
        for (const auto& [key, sum] : sums)
            QVERIFY2(qFuzzyCompare(totals.value(QLatin1String(key)).toDouble(), sum), key);
    }

    void goldenFile()
    {
        QFile file(QStringLiteral(TEST_DATA_DIR "/status.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject golden = QJsonDocument::fromJson(file.readAll()).object();
        QVERIFY(!golden.isEmpty());
        const QJsonObject json = written({wholeAgent(), bareAgent()});
        if (json != golden) {
            const QByteArray bytes = QJsonDocument(json).toJson();
            QFile out(QStringLiteral("status.json.new"));
            QVERIFY(out.open(QIODevice::WriteOnly) && out.write(bytes) == bytes.size());
        }
        QVERIFY2(json == golden, "the contract changed: see status.json.new in the working folder");
    }

    void eachAgentIsALine()
    {
        const QByteArray text = statusJson({wholeAgent(), bareAgent()}, scanOf(), 12);
        const QList<QByteArray> lines = text.split('\n');
        QCOMPARE(lines.size(), 5); // head, two agents, end, nothing
        QVERIFY2(lines[1].startsWith("{\"id\":"), lines[1].constData());
        QVERIFY2(lines[2].startsWith("{\"id\":") && lines[2].endsWith('}'), lines[2].constData());
        QVERIFY2(text.endsWith("]}\n"), lines[3].constData());
    }

    void tableIsAligned()
    {
        Agent parent = agentOf(3, QStringLiteral("a session with a name that is far too long for any table"),
                               AgentState::Executing, 9000, nowMs);
        Agent child = wholeAgent();
        child.info.parentId = parent.id;
        const QString text = statusText({child, bareAgent(), parent}, scanOf(), nowMs);
        const QStringList lines = text.split(QLatin1Char('\n'));
        QVERIFY(text.endsWith(QLatin1Char('\n')));
        QCOMPARE(lines.size(), 7); // head, three rows, empty, sum, end
        QVERIFY2(lines[1].startsWith(QStringLiteral("a session with a name")), qPrintable(text));
        QVERIFY2(lines[2].startsWith(QStringLiteral("  api-migration")),
                 qPrintable(text));                                                   // below its parent
        QVERIFY2(lines[3].startsWith(QStringLiteral("session 2")), qPrintable(text)); // changed: unknown
        for (const char* left : {"KIND", "STATE", "MODEL"}) {
            const qsizetype column = lines[0].indexOf(QLatin1String(left));
            for (int row = 1; row <= 3; ++row) {
                QVERIFY2(lines[row][column - 1] == QLatin1Char(' ') &&
                             lines[row][column - 2] == QLatin1Char(' '),
                         left);
                QVERIFY2(lines[row][column] != QLatin1Char(' '), left);
            }
        }
        for (const char* right : {"FULL", "CONTEXT", "COST", "CHANGED"}) {
            const qsizetype end = lines[0].indexOf(QLatin1String(right)) + qstrlen(right);
            for (int row = 1; row <= 3; ++row) {
                QVERIFY2(lines[row][end - 1] != QLatin1Char(' '), right);
                QVERIFY2(end >= lines[row].size() || lines[row][end] == QLatin1Char(' '), right);
            }
        }
        QVERIFY2(lines[3].contains(QChar(0x2013)), "unknown is a dash");
        QVERIFY2(lines[5].startsWith(QStringLiteral("3 agents, 0.0 MB in 2 files")), qPrintable(lines[5]));
        for (const QString& line : lines)
            QVERIFY(!line.endsWith(QLatin1Char(' ')));
    }

    void nothingFound()
    {
        QCOMPARE(statusText({}, {}, nowMs),
                 QStringLiteral("No Claude Code or Codex sessions were found (0 files).\n"));
        QVERIFY(written({}).value(QLatin1String("agents")).toArray().isEmpty());
        QVERIFY(written({}).value(QLatin1String("agents")).isArray());
    }
};

QTEST_GUILESS_MAIN(TestStatus)
#include "tst_status.moc"

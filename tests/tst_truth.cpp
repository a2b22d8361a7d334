// SPDX-License-Identifier: GPL-3.0-or-later
// The whole way from log files to numbers, as `plimsoll status` goes it, over the homes of ../shared/corpora.
#include "app/tokens/catalogue.h"
#include "app/watch/coldscan.h"
#include "app/watch/fleet.h"
#include "tests/childprocess.h"

#include <QDateTime>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace plimsoll;

namespace {

constexpr double picoPerUsd = 1e12;

QString corpora()
{
    return QStringLiteral(SHARED_DIR "/corpora/");
}

QStringList homeNames()
{
    QStringList names = QDir(corpora()).entryList({QStringLiteral("truth.*.json")});
    for (QString& name : names)
        name = name.mid(6).chopped(5);
    return names;
}

bool unpack(const QString& name, const QString& folder)
{
    return QProcess::execute(QStringLiteral("tar"),
                             {QStringLiteral("-xJf"), corpora() + name + QStringLiteral(".tar.xz"),
                              QStringLiteral("-C"), folder}) == 0;
}

QList<Agent> agentsOf(const QString& home, ScanTotals* totals = nullptr)
{
    const Catalogue catalogue = Catalogue::builtIn();
    Fleet fleet(catalogue, home);
    const ScanTotals scan = scanAll(logRoots(agentHomes(home, false)), fleet);
    if (totals)
        *totals = scan;
    return fleet.agents(QDateTime::currentMSecsSinceEpoch());
}

QJsonValue toValue(const Count& count)
{
    return count ? QJsonValue(*count) : QJsonValue();
}

const std::initializer_list<const char*> tokenKeys{"input_tokens", "output_tokens", "cache_write_5m_tokens",
                                                   "cache_write_1h_tokens", "cache_read_tokens"};

Count valueOf(const Usage& usage, const char* key)
{
    for (const UsageField& field : usageFields) {
        if (QLatin1String(field.key) == QLatin1String(key))
            return usage.*field.member;
    }
    return std::nullopt;
}

QJsonObject byModelOf(const Usage& usage)
{
    QJsonObject models;
    for (const ModelUsage& model : usage.byModel) {
        models[model.model] = QJsonObject{{QStringLiteral("input_tokens"), model.inputTokens},
                                          {QStringLiteral("output_tokens"), model.outputTokens},
                                          {QStringLiteral("cache_write_5m_tokens"), model.cacheWrite5mTokens},
                                          {QStringLiteral("cache_write_1h_tokens"), model.cacheWrite1hTokens},
                                          {QStringLiteral("cache_read_tokens"), model.cacheReadTokens}};
    }
    return models;
}

QJsonArray compactionsOf(const AgentInfo& info)
{
    QJsonArray out;
    for (const Compaction& compaction : info.compactions) {
        const QDateTime at = QDateTime::fromMSecsSinceEpoch(compaction.atMs, Qt::UTC);
        out.append(QJsonObject{{QStringLiteral("at"), at.toString(Qt::ISODateWithMs)},
                               {QStringLiteral("before_tokens"), toValue(compaction.beforeTokens)},
                               {QStringLiteral("after_tokens"), toValue(compaction.afterTokens)},
                               {QStringLiteral("trigger"), compaction.trigger}});
    }
    return out;
}

/// What of a session differs from the truth; empty if nothing does.
QStringList differences(const Agent& agent, const QJsonObject& truth)
{
    QStringList out;
    const auto compare = [&](const QString& key, const QJsonValue& actual) {
        if (truth.contains(key) && truth[key] != actual)
            out << key + QStringLiteral(": ") +
                       QString::fromUtf8(
                           QJsonDocument(QJsonArray{actual, truth[key]}).toJson(QJsonDocument::Compact));
    };
    for (const char* key : tokenKeys)
        compare(QLatin1String(key), toValue(valueOf(agent.usage, key)));
    for (const char* key :
         {"context_tokens", "context_peak_tokens", "context_window", "reasoning_tokens", "compaction_count"})
        compare(QLatin1String(key), toValue(valueOf(agent.usage, key)));
    compare(QStringLiteral("by_model"), byModelOf(agent.usage));
    compare(QStringLiteral("compactions"), compactionsOf(agent.info));
    compare(QStringLiteral("model"), agent.info.model);
    if (truth.contains(QLatin1String("total_cost"))) {
        const double expected = truth[QLatin1String("total_cost")].toDouble();
        const double actual = double(agent.usage.costPico.value_or(-1)) / picoPerUsd;
        if (std::abs(actual - expected) > std::abs(expected) * 0.0001)
            out << QStringLiteral("total_cost: %1, not %2").arg(actual, 0, 'g', 12).arg(expected, 0, 'g', 12);
    }
    return out;
}

/// What cannot be true of any agent; empty if all is well.
QString nonsense(const Agent& agent)
{
    const Usage& usage = agent.usage;
    for (const UsageField& field : usageFields) {
        if ((usage.*field.member).value_or(0) < 0)
            return QLatin1String(field.key) + QStringLiteral(" is negative");
    }
    ModelUsage sum;
    for (const ModelUsage& model : usage.byModel) {
        if (model.model.isEmpty() || model.costPico.value_or(0) < 0)
            return QStringLiteral("a model without a name or with a negative cost");
        sum.inputTokens += model.inputTokens;
        sum.outputTokens += model.outputTokens;
        sum.cacheReadTokens += model.cacheReadTokens;
        sum.cacheWrite5mTokens += model.cacheWrite5mTokens;
        sum.cacheWrite1hTokens += model.cacheWrite1hTokens;
        sum.reasoningTokens += model.reasoningTokens;
    }
    if (usage.inputTokens != sum.inputTokens || usage.outputTokens != sum.outputTokens ||
        usage.cacheReadTokens != sum.cacheReadTokens || usage.cacheWrite5mTokens != sum.cacheWrite5mTokens ||
        usage.cacheWrite1hTokens != sum.cacheWrite1hTokens ||
        usage.reasoningTokens.value_or(0) != sum.reasoningTokens)
        return QStringLiteral("the models do not add up to the totals");
    if (sum.reasoningTokens > sum.outputTokens)
        return QStringLiteral("reasoning is no part of the output");
    const bool noted =
        agent.info.notes.contains(QStringLiteral("a prompt was larger than the window that is known"));
    if (usage.contextWindow && !noted &&
        std::max(usage.contextTokens.value_or(0), usage.contextPeakTokens.value_or(0)) > *usage.contextWindow)
        return QStringLiteral("more in the window than fits, and nothing says so");
    if (usage.contextTokens.has_value() != (usage.contextBasis != Basis::Unknown))
        return QStringLiteral("a fill without a basis or the other way round");
    if (usage.contextWindow.has_value() != (usage.windowBasis != Basis::Unknown))
        return QStringLiteral("a window without a basis or the other way round");
    if (agent.id.isNull() || agent.info.name.isEmpty() || agent.info.files.isEmpty())
        return QStringLiteral("no id, name or file");
    if (agent.info.createdAtMs > agent.info.updatedAtMs)
        return QStringLiteral("created after its last change");
    return {};
}

/// A home of our own with every fixture as a session; broken and hostile ones among them.
bool makeOwnHome(const QString& home)
{
    const QString folder = home + QStringLiteral("/.claude/projects/-home-kim/");
    const QDir fixtures(QStringLiteral(TEST_DATA_DIR "/claude"));
    if (!QDir().mkpath(folder))
        return false;
    for (const QString& name : fixtures.entryList({QStringLiteral("*.jsonl")}, QDir::Files)) {
        if (!QFile::copy(fixtures.filePath(name), folder + name))
            return false;
    }
    QFile huge(folder + QStringLiteral("huge.jsonl"));
    if (!huge.open(QIODevice::WriteOnly))
        return false;
    // Sums of what a hostile log claims must not run over.
    for (int i = 0; i < 3000; ++i) {
        const QByteArray line =
            R"({"type":"assistant","timestamp":"2026-05-04T10:00:00Z","message":{"id":"h)" +
            QByteArray::number(i) +
            R"(","model":"claude-opus-4-5-20251101","usage":{"input_tokens":9e99,)"
            R"("output_tokens":9e99,"cache_read_input_tokens":9e99,)"
            R"("cache_creation_input_tokens":9e99}}})"
            "\n";
        if (huge.write(line) != line.size())
            return false;
    }
    return true;
}

} // namespace

class TestTruth : public QObject
{
    Q_OBJECT

private slots:
    void everySessionEqualsTheTruth_data();
    void everySessionEqualsTheTruth();
    void numbersMakeSense_data();
    void numbersMakeSense();
    void ownHomeIsCountedOnce();
};

void TestTruth::everySessionEqualsTheTruth_data()
{
    QTest::addColumn<QString>("name");
    const QStringList names = homeNames();
    if (names.isEmpty())
        QSKIP("../shared/corpora is not there: the truth cannot be compared");
    for (const QString& name : names)
        QTest::newRow(qPrintable(name)) << name;
}

void TestTruth::everySessionEqualsTheTruth()
{
    NEEDS_CHILD_PROCESSES();
    QFETCH(QString, name);
    QTemporaryDir folder;
    QVERIFY(folder.isValid() && unpack(name, folder.path()));
    QHash<QString, Agent> bySession;
    qsizetype sessions = 0;
    for (const Agent& agent : agentsOf(folder.filePath(name))) {
        bySession.insert(agent.info.sessionId, agent);
        sessions += agent.info.parentId.isNull() ? 1 : 0;
    }
    QFile file(corpora() + QStringLiteral("truth.") + name + QStringLiteral(".json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonArray truths = QJsonDocument::fromJson(file.readAll()).array();
    QVERIFY(truths.size() >= 10);
    qsizetype checked = 0;
    for (const auto& value : truths) {
        const QJsonObject truth = value.toObject();
        const QString session = truth[QLatin1String("session")].toString();
        QVERIFY2(bySession.contains(session), qPrintable(session));
        const QStringList wrong = differences(bySession.value(session), truth);
        QVERIFY2(wrong.isEmpty(), qPrintable(session + QLatin1Char('\n') + wrong.join(QLatin1Char('\n'))));
        ++checked;
    }
    QCOMPARE(checked, truths.size());
    QCOMPARE(sessions, truths.size()); // and none that is not there
}

void TestTruth::numbersMakeSense_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("own") << QString();
    for (const QString& name : homeNames())
        QTest::newRow(qPrintable(name)) << name;
}

void TestTruth::numbersMakeSense()
{
    NEEDS_CHILD_PROCESSES();
    QFETCH(QString, name);
    QTemporaryDir folder;
    QVERIFY(folder.isValid());
    QVERIFY(name.isEmpty() ? makeOwnHome(folder.path()) : unpack(name, folder.path()));
    ScanTotals totals;
    const QList<Agent> agents = agentsOf(name.isEmpty() ? folder.path() : folder.filePath(name), &totals);
    QVERIFY(agents.size() >= 9);
    QSet<AgentId> ids;
    for (const Agent& agent : agents) {
        const QString wrong = nonsense(agent);
        QVERIFY2(wrong.isEmpty(), qPrintable(agent.info.sessionId + QStringLiteral(": ") + wrong));
        ids.insert(agent.id);
    }
    QCOMPARE(ids.size(), agents.size());
    QVERIFY(totals.files > 0 && totals.bytes > 0 && totals.badLines >= 0);
    QVERIFY(totals.bytesParsed <= totals.bytes);
}

void TestTruth::ownHomeIsCountedOnce()
{
    QTemporaryDir folder;
    QVERIFY(makeOwnHome(folder.path()));
    ScanTotals totals;
    const QList<Agent> agents = agentsOf(folder.path(), &totals);
    QCOMPARE(totals.files, 9);
    QCOMPARE(totals.badLines, 4);
    qsizetype children = 0;
    for (const Agent& agent : agents)
        children += agent.info.parentId.isNull() ? 0 : 1;
    QCOMPARE(children, 3); // those nested in subagents.jsonl
    QCOMPARE(agents.size() - children, 9);
}

QTEST_GUILESS_MAIN(TestTruth)
#include "tst_truth.moc"

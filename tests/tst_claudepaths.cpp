// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudepaths.h"
#include "app/agents/reader.h"

#include <QTest>

using namespace plimsoll;

class TestClaudePaths : public QObject
{
    Q_OBJECT

private slots:
    void roles_data();
    void roles();
    void readersKnowTheirRole();
    void metaFiles_data();
    void metaFiles();
    void metaIsBounded();
    void homes();
};

void TestClaudePaths::roles_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("isLog");
    QTest::addColumn<QByteArray>("session");
    QTest::addColumn<QByteArray>("agent");
    const auto log = [](const char* path, const char* session, const char* agent) {
        QTest::newRow(path) << QByteArray(path) << true << QByteArray(session) << QByteArray(agent);
    };
    const auto none = [](const char* path) {
        QTest::newRow(path) << QByteArray(path) << false << QByteArray("") << QByteArray("");
    };
    log("-home-kim/s1.jsonl", "s1", "");
    log("-home-kim/2026-01-06-s1.jsonl", "2026-01-06-s1", "");
    log("-home-kim/agent-b1.jsonl", "", "b1");
    log("-home-kim/s1/subagents/agent-b1.jsonl", "s1", "b1");
    log("-home-kim/s1/subagents/workflows/w1/agent-b1.jsonl", "s1", "b1");
    log("-home-kim/s1/subagents/agent-b1/subagents/agent-c2.jsonl", "s1", "c2");
    log("-home-kim/agent-.jsonl", "agent-", ""); // no name behind it: a session of that name
    log("p/\xff\xfe.jsonl", "\xff\xfe", "");
    log("../s1.jsonl", "s1", ""); // opening refuses it, not the name
    none("");
    none(".jsonl");
    none("/");
    none("s1.jsonl");
    none("-home-kim/.jsonl");
    none("-home-kim/s1.json");
    none("-home-kim/s1.jsonl.bak");
    none("-home-kim/s1.JSONL");
    none("-home-kim/s1.jsonl/");
    none("-home-kim/memory/x.jsonl");
    none("-home-kim/s1/tool-results/x.jsonl");
    none("-home-kim/s1/subagents/journal.jsonl");
    none("-home-kim/s1/subagents/agent-.jsonl");
    none("-home-kim/s1/subagents/agent-b1.meta.json");
    none("-home-kim/subagents/agent-b1.jsonl");
    none("/subagents/agent-b1.jsonl");
    none("../../etc/x.jsonl");
    none("a/b/c/d/e/f.jsonl");
}

void TestClaudePaths::roles()
{
    QFETCH(QByteArray, path);
    QFETCH(bool, isLog);
    const std::optional<LogRole> role = claudeLogRole(path.toStdString());
    QCOMPARE(role.has_value(), isLog);
    if (!role)
        return;
    QTEST(QByteArray::fromStdString(role->sessionId), "session");
    QTEST(QByteArray::fromStdString(role->agentId), "agent");
    QVERIFY(!role->compressed);
}

void TestClaudePaths::readersKnowTheirRole()
{
    const std::unique_ptr<LogReader> reader = makeClaudeReader({"s1", "b1", false}, "x");
    QCOMPARE(reader->facts().kind, AgentKind::ClaudeCode);
    QCOMPARE(reader->facts().sessionId, std::string("s1"));
    QCOMPARE(reader->facts().agentId, std::string("b1"));
}

void TestClaudePaths::metaFiles_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("description");
    QTest::addColumn<bool>("finished");
    const auto add = [](const char* name, const QByteArray& json, const char* type, const char* description,
                        bool finished) {
        QTest::newRow(name) << json << QByteArray(type) << QByteArray(description) << finished;
    };
    add("all", R"({"agentType":"Explore","description":"Find \"buoys\"","finished":true,"x":[]})", "Explore",
        "Find \"buoys\"", true);
    add("some", R"({"agentType":"Explore"})", "Explore", "", false);
    add("spaced", " { \"description\" : \"d\" } ", "", "d", false);
    add("wrong types", R"({"agentType":5,"description":["x"],"finished":"true"})", "", "", false);
    add("lines and controls", R"({"agentType":"\u0001a\tb","description":"one\ntwo"})", "a b", "one", false);
    add("no object", "[1]", "", "", false);
    add("cut", R"({"agentType":"Expl)", "", "", false);
    add("nothing", "", "", "", false);
    add("NULs", QByteArray(100, '\0'), "", "", false);
    add("invalid UTF-8", "{\"agentType\":\"\xff\"}", "", "", false);
    add("deep", QByteArray(100'000, '['), "", "", false);
}

void TestClaudePaths::metaFiles()
{
    QFETCH(QByteArray, json);
    const SubagentMeta meta = parseSubagentMeta(json.toStdString());
    QTEST(QByteArray::fromStdString(meta.type), "type");
    QTEST(QByteArray::fromStdString(meta.description), "description");
    QTEST(meta.finished, "finished");
}

void TestClaudePaths::metaIsBounded()
{
    const QByteArray big(100'000, 'x');
    const QByteArray json = R"({"agentType":")" + big + R"(","description":")" + big + "\"}";
    const SubagentMeta meta = parseSubagentMeta(json.toStdString());
    QCOMPARE(meta.type.size(), size_t(80));
    QCOMPARE(meta.description.size(), size_t(120));
}

void TestClaudePaths::homes()
{
    qputenv("CLAUDE_CONFIG_DIR", "/elsewhere/c");
    const AgentHomes given = agentHomes(QStringLiteral("/home/kim"), false);
    const AgentHomes own = agentHomes(QStringLiteral("/home/kim"), true);
    qunsetenv("CLAUDE_CONFIG_DIR");
    QCOMPARE(given.claude, QStringLiteral("/home/kim/.claude"));
    QCOMPARE(own.claude, QStringLiteral("/elsewhere/c"));
    QCOMPARE(agentHomes(QStringLiteral("/home/kim"), true).claude, QStringLiteral("/home/kim/.claude"));
    const QList<LogRoot> roots = logRoots(given);
    QCOMPARE(roots.first().path, QStringLiteral("/home/kim/.claude/projects"));
    QCOMPARE(roots.first().kind, AgentKind::ClaudeCode);
}

QTEST_GUILESS_MAIN(TestClaudePaths)
#include "tst_claudepaths.moc"

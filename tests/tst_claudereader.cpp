// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudereader.h"
#include "tests/keepingsink.h"

#include <QSet>
#include <QTest>

using namespace plimsoll;

namespace {

constexpr auto opus = "claude-opus-4-5-20251101";
constexpr auto sonnet = "claude-sonnet-4-5-20250929";
constexpr int64_t start = 1'777'888'800'000; // 2026-05-04T10:00:00Z

QByteArray fixture(const char* name)
{
    return fileBytes(QStringLiteral(TEST_DATA_DIR "/claude/") + QLatin1String(name));
}

ClaudeReader readAll(const QByteArray& data, KeepingSink& sink)
{
    ClaudeReader reader("session", {});
    readWhole(data, reader, sink);
    return reader;
}

/// An assistant line with one text block; `usage` is raw JSON.
QByteArray assistant(const QByteArray& id, const QByteArray& usage, const QByteArray& more = {})
{
    return R"({"type":"assistant","timestamp":"2026-05-04T10:00:00Z","requestId":"r","message":{"id":")" +
           id + R"(","model":"claude-opus-4-6","content":[{"type":"text","text":"x"}],)" + more +
           "\"usage\":" + usage + "}}\n";
}

QByteArray user(const QByteArray& content)
{
    return R"({"type":"user","timestamp":"2026-05-04T10:00:01Z","message":{"content":)" + content + "}}\n";
}

QByteArray toolUse(const QByteArray& id, const QByteArray& name, const QByteArray& input)
{
    return R"({"type":"assistant","message":{"id":"x","model":"m","content":[{"type":"tool_use","id":")" +
           id + R"(","name":")" + name + R"(","input":)" + input + "}]}}\n";
}

QByteArray toolResult(const QByteArray& id, const QByteArray& content)
{
    return user(R"([{"type":"tool_result","tool_use_id":")" + id + R"(","content":)" + content + "}]");
}

} // namespace

class TestClaudeReader : public QObject
{
    Q_OBJECT

private slots:
    void countsEachResponseOnce();
    void syntheticLinesLeaveTheContext();
    void saysWhatASessionIs();
    void sidechainsAreNotTheContext();
    void nestedSubagentsAreThreads();
    void compactions();
    void endAndReportedCost();
    void eventAfterTheEndRevives();
    void phases_data();
    void phases();
    void titlesByRank();
    void answeredToolKeepsItsBackslashes();
    void promptEndsWhatWasOpen();
    void manyOpenToolsAreBounded();
    void forkNamesItsOwner();
    void onlyPlaceholdersIsSaid();
    void brokenLinesAreCounted();
    void wrongTypesAreHarmless();
    void numbersAreBounded();
    void subagentFile();
    void logItems();
    void logItemsStandWhereTheySay();
    void longTextIsCutAtACharacter();
    void nothingIsBuiltUnlessWanted();
    void restartForgetsAndCountsTheSame();
};

void TestClaudeReader::countsEachResponseOnce()
{
    KeepingSink sink(true);
    const ClaudeReader reader = readAll(fixture("counting.jsonl"), sink);
    const ThreadFacts& thread = reader.facts().threads[0];
    QCOMPARE(sink.told, 8);
    QCOMPARE(sink.responses.size(), size_t(5));
    QCOMPARE(sink.sum(0), (TokenCounts{23, 127, 7'430, 630, 100, 12}));
    // The largest output counts, not the first and not the last line.
    QVERIFY(sink.withOutput(87));
    QCOMPARE(sink.withOutput(87)->tokens, (TokenCounts{10, 87, 1'000, 500, 0, 0})); // cache write unsplit
    QCOMPARE(sink.withOutput(87)->atMs, start + 3'500);
    QVERIFY(sink.withOutput(9)); // no requestId
    QCOMPARE(sink.withOutput(9)->tokens, (TokenCounts{3, 9, 1'500, 60, 40, 0}));
    QVERIFY(sink.withOutput(20)); // spaced, other order of keys
    QCOMPARE(sink.withOutput(20)->tokens, (TokenCounts{7, 20, 1'600, 0, 30, 12}));
    QVERIFY(sink.withOutput(20)->fast);
    QVERIFY(!sink.withOutput(87)->fast);
    QVERIFY(sink.withOutput(8)); // what is not said to be 1 h is 5 min
    QCOMPARE(sink.withOutput(8)->tokens, (TokenCounts{2, 8, 1'630, 70, 30, 0}));
    QCOMPARE(reader.facts().models, (std::vector<std::string>{opus, sonnet}));
    QCOMPARE(sink.withOutput(8)->model, 1U);
    QCOMPARE(thread.model, std::string(opus));
    QCOMPARE(thread.turns, 1);
    QCOMPARE(thread.toolCalls, 1);
    QVERIFY(!reader.facts().outputUnderReported);
    QCOMPARE(reader.facts().lines, 12);
    QCOMPARE(reader.facts().badLines, 0);
}

void TestClaudeReader::syntheticLinesLeaveTheContext()
{
    KeepingSink sink(true);
    const ClaudeReader reader = readAll(fixture("counting.jsonl"), sink);
    const ThreadFacts& thread = reader.facts().threads[0];
    // Three synthetic and error lines with zeros come last: never 0 %.
    QCOMPARE(thread.contextTokens, std::optional<int64_t>(1'701));
    QCOMPARE(thread.contextPeak, std::optional<int64_t>(1'732));
    QCOMPARE(thread.contextBasis, Basis::Reported);
    QCOMPARE(thread.contextAtMs, start + 9'500);
    QCOMPARE(thread.phase, TurnPhase::Failed);
    QCOMPARE(thread.activity, std::string("API Error: 529"));
    QCOMPARE(sink.points.last(), (QPair<uint32_t, int64_t>(0, 1'701)));
}

void TestClaudeReader::saysWhatASessionIs()
{
    KeepingSink sink;
    ClaudeReader reader({}, {});
    const QByteArray data = fixture("turns.jsonl");
    readWhole(data, reader, sink);
    const FileFacts& facts = reader.facts();
    QCOMPARE(facts.kind, AgentKind::ClaudeCode);
    QCOMPARE(facts.sessionId, std::string("turn-1")); // from the lines
    QCOMPARE(facts.workingDir, std::string("/home/kim/boats/sub"));
    QCOMPARE(facts.gitBranch, std::string("feature/moon"));
    QCOMPARE(facts.clientVersion, std::string("2.1.40"));
    QCOMPARE(facts.firstAtMs, start + 1'500);
    QVERIFY(facts.lastAtMs > facts.firstAtMs);
    QCOMPARE(facts.threads[0].lastAtMs, facts.lastAtMs);
    QCOMPARE(readAll(data, sink).facts().sessionId, std::string("session")); // the path's goes before
}

void TestClaudeReader::sidechainsAreNotTheContext()
{
    KeepingSink sink;
    const ClaudeReader reader = readAll(fixture("subagents.jsonl"), sink);
    const std::vector<ThreadFacts>& threads = reader.facts().threads;
    QCOMPARE(threads[0].contextTokens, std::optional<int64_t>(7'005));
    QCOMPARE(threads[0].contextPeak, std::optional<int64_t>(7'005));
    QCOMPARE(threads[0].turns, 1);
    QCOMPARE(sink.sum(0), (TokenCounts{55, 66, 97'000, 0, 0, 0})); // without an id: tokens yes
    QCOMPARE(threads[1].agentId, std::string("aside1"));
    QCOMPARE(threads[1].contextTokens, std::optional<int64_t>(840));
    QCOMPARE(sink.sum(1), (TokenCounts{40, 11, 800, 0, 0, 0}));
}

void TestClaudeReader::nestedSubagentsAreThreads()
{
    KeepingSink sink(true);
    const ClaudeReader reader = readAll(fixture("subagents.jsonl"), sink);
    const std::vector<ThreadFacts>& threads = reader.facts().threads;
    QCOMPARE(threads.size(), size_t(4));
    QCOMPARE(threads[2].agentId, std::string("bee1"));
    QCOMPARE(threads[2].name, std::string("find the buoys"));
    QCOMPARE(threads[2].model, std::string(sonnet));
    QCOMPARE(threads[2].contextTokens, std::optional<int64_t>(504));
    QCOMPARE(threads[2].firstAtMs, start + 6'100);
    QCOMPARE(threads[2].lastAtMs, start + 6'300);
    QCOMPARE(threads[2].openTool, std::string("Grep"));
    QCOMPARE(threads[2].phase, TurnPhase::RunningTool);
    QCOMPARE(sink.sum(2), (TokenCounts{4, 33, 300, 200, 0, 0})); // one response of two lines
    QCOMPARE(threads[3].agentId, std::string("cee2"));
    QCOMPARE(threads[3].name, std::string("other"));
    QCOMPARE(threads[3].phase, TurnPhase::Done);
    QCOMPARE(sink.sum(3), (TokenCounts{9, 2, 0, 0, 0, 0}));
    QCOMPARE(threads[0].phase, TurnPhase::Generating); // the result of the tool came back
    QCOMPARE(threads[0].model, std::string(opus));
    QSet<uint32_t> inStream;
    for (const LogItem& item : std::as_const(sink.items))
        inStream.insert(item.thread);
    QVERIFY(inStream.contains(2) && inStream.contains(3));
}

void TestClaudeReader::compactions()
{
    KeepingSink sink(true);
    const QByteArray data = fixture("compaction.jsonl");
    const ClaudeReader reader = readAll(data, sink);
    const FileFacts& facts = reader.facts();
    QCOMPARE(facts.compactions.size(), size_t(2)); // the same uuid twice is one
    QCOMPARE(facts.compactions[0].beforeTokens, std::optional<int64_t>(155'000));
    QCOMPARE(facts.compactions[0].afterTokens, std::optional<int64_t>());
    QCOMPARE(facts.compactions[0].trigger, std::string("auto"));
    QCOMPARE(facts.compactions[0].atMs, start + 3'500);
    QCOMPARE(facts.compactions[1].beforeTokens, std::optional<int64_t>(90'000));
    QCOMPARE(facts.compactions[1].afterTokens, std::optional<int64_t>(3'000));
    QCOMPARE(facts.compactions[1].trigger, std::string("manual"));
    QVERIFY(facts.compactions[0].key != facts.compactions[1].key);
    QCOMPARE(facts.threads[0].contextTokens, std::optional<int64_t>(3'000));
    QCOMPARE(facts.threads[0].contextBasis, Basis::Estimated);
    QCOMPARE(facts.threads[0].contextPeak, std::optional<int64_t>(150'000));
    QCOMPARE(facts.threads[0].turns, 1); // the summary is no prompt
    QCOMPARE(sink.points, (QList<QPair<uint32_t, int64_t>>{{0, 150'000}, {0, 20'000}, {0, 3'000}}));

    // Without postTokens the old fill stays, marked, until the next response.
    const QByteArrayList lines = data.split('\n');
    KeepingSink early;
    const ClaudeReader before = readAll(lines.mid(0, 3).join('\n') + '\n', early);
    QCOMPARE(before.facts().threads[0].contextTokens, std::optional<int64_t>(150'000));
    QCOMPARE(before.facts().threads[0].contextBasis, Basis::Estimated);
    const ClaudeReader after = readAll(lines.mid(0, 5).join('\n') + '\n', early);
    QCOMPARE(after.facts().threads[0].contextTokens, std::optional<int64_t>(20'000));
    QCOMPARE(after.facts().threads[0].contextBasis, Basis::Reported);
}

void TestClaudeReader::endAndReportedCost()
{
    KeepingSink sink;
    const ClaudeReader reader = readAll(fixture("ended.jsonl"), sink);
    QVERIFY(reader.facts().ended);
    QCOMPARE(reader.facts().reportedTreeCostPico, std::optional<int64_t>(1'250'000'000'000));
    for (const char* cost : {"-1", "1e300", "\"1\"", "null", "{}"}) {
        const ClaudeReader odd =
            readAll(QByteArray(R"({"type":"cost-state","totalCostUSD":)") + cost + "}\n", sink);
        QVERIFY(odd.facts().ended);
        QVERIFY2(!odd.facts().reportedTreeCostPico, cost);
    }
}

void TestClaudeReader::eventAfterTheEndRevives()
{
    KeepingSink sink;
    const ClaudeReader reader = readAll(fixture("ended.jsonl") + user("\"back again\""), sink);
    QVERIFY(!reader.facts().ended);
    QVERIFY(reader.facts().reportedTreeCostPico);
}

void TestClaudeReader::phases_data()
{
    QTest::addColumn<int>("lines");
    QTest::addColumn<TurnPhase>("phase");
    QTest::addColumn<QByteArray>("openTool");
    QTest::addColumn<QByteArray>("openInput");
    QTest::addColumn<QByteArray>("activity");
    QTest::addColumn<int>("turns");
    const auto add = [](const char* name, int lines, TurnPhase phase, const char* tool, const char* input,
                        const char* activity, int turns) {
        QTest::newRow(name) << lines << phase << QByteArray(tool) << QByteArray(input) << QByteArray(activity)
                            << turns;
    };
    const auto ls = R"(ls -l "tide dir")";
    add("nothing yet", 1, TurnPhase::Unknown, "", "", "", 0);
    add("prompt", 2, TurnPhase::Generating, "", "", "Fix the tide table", 1);
    add("text", 3, TurnPhase::Generating, "", "", "Looking.", 1);
    add("tool", 4, TurnPhase::RunningTool, "Bash", ls, R"(Bash ls -l "tide dir")", 1);
    add("two tools", 5, TurnPhase::RunningTool, "Read", "/home/kim/tide.txt", "Read /home/kim/tide.txt", 1);
    add("one answered", 6, TurnPhase::RunningTool, "Bash", ls, R"(Bash ls -l "tide dir")", 1);
    add("both answered", 7, TurnPhase::Generating, "", "", R"(Bash ls -l "tide dir")", 1);
    add("queued prompt", 8, TurnPhase::Generating, "", "", R"(Bash ls -l "tide dir")", 2);
    add("end of turn", 9, TurnPhase::Done, "", "", "Done.", 2);
    add("duration", 11, TurnPhase::Done, "", "", "Done.", 2);
    add("next prompt", 14, TurnPhase::Generating, "", "", "second", 3);
    add("retry", 15, TurnPhase::Retrying, "", "", "attempt 2 of 10: 529 Overloaded", 3);
    add("after retry", 16, TurnPhase::RunningTool, "Bash", "make moon", "Bash make moon", 3);
    add("interrupted", 17, TurnPhase::Interrupted, "", "", nullptr, 3);
    add("stays interrupted", 18, TurnPhase::Interrupted, "", "", nullptr, 3);
    add("command", 19, TurnPhase::Generating, "", "", nullptr, 3);
    add("its output", 20, TurnPhase::Done, "", "", nullptr, 3);
    add("meta says nothing", 21, TurnPhase::Done, "", "", nullptr, 3);
    add("api error", 22, TurnPhase::Failed, "", "", "API Error: 500 broken", 3);
    add("stays failed", 23, TurnPhase::Failed, "", "", "API Error: 500 broken", 3);
    add("cut by a person", 24, TurnPhase::Interrupted, "", "", "half a", 3);
}

void TestClaudeReader::phases()
{
    QFETCH(int, lines);
    QFETCH(QByteArray, activity);
    const QByteArray data = fixture("turns.jsonl").split('\n').mid(0, lines).join('\n') + '\n';
    KeepingSink sink;
    const ClaudeReader reader = readAll(data, sink);
    const ThreadFacts& thread = reader.facts().threads[0];
    QCOMPARE(reader.facts().lines, lines);
    QTEST(thread.phase, "phase");
    QTEST(QByteArray::fromStdString(thread.openTool), "openTool");
    QTEST(QByteArray::fromStdString(thread.openInput), "openInput");
    if (!activity.isNull())
        QCOMPARE(QByteArray::fromStdString(thread.activity), activity);
    QTEST(int(thread.turns), "turns");
}

void TestClaudeReader::titlesByRank()
{
    const QByteArrayList lines = fixture("turns.jsonl").split('\n');
    const auto titleAfter = [&](int count) {
        KeepingSink sink;
        return readAll(lines.mid(0, count).join('\n') + '\n', sink).facts().title;
    };
    QCOMPARE(titleAfter(1), std::string("Old talk"));
    QCOMPARE(titleAfter(2), std::string("Fix the tide table"));
    QCOMPARE(titleAfter(9), std::string("Fix the tide table"));
    QCOMPARE(titleAfter(10), std::string("Tide table"));
    QCOMPARE(titleAfter(12), std::string("tides \u2014 mine"));
    QCOMPARE(titleAfter(24), std::string("tides \u2014 mine")); // neither a lower rank nor a later prompt
    KeepingSink sink;
    const QByteArray renamed = fixture("turns.jsonl") + R"({"type":"agent-name","agentName":"moons"})" + "\n";
    QCOMPARE(readAll(renamed, sink).facts().title, std::string("moons"));
    const QByteArray late = user("\"one\"") + R"({"type":"summary","summary":"other"})" + "\n";
    QCOMPARE(readAll(late, sink).facts().title, std::string("one"));
}

void TestClaudeReader::answeredToolKeepsItsBackslashes()
{
    const QByteArray use = toolUse("t", "Bash", R"({"command":"grep \"\\d\\n\" tide"})");
    KeepingSink sink;
    const std::string open = readAll(use, sink).facts().threads[0].activity;
    QCOMPARE(open, std::string(R"(Bash grep "\d\n" tide)"));
    QCOMPARE(readAll(use + toolResult("t", "\"3\""), sink).facts().threads[0].activity, open);
}

void TestClaudeReader::promptEndsWhatWasOpen()
{
    KeepingSink sink;
    const ClaudeReader reader = readAll(toolUse("t", "Bash", "{}") + user("\"go on\""), sink);
    QCOMPARE(reader.facts().threads[0].openTool, std::string());
    QCOMPARE(reader.facts().threads[0].phase, TurnPhase::Generating);
    QCOMPARE(reader.facts().threads[0].activity, std::string("go on"));
}

void TestClaudeReader::manyOpenToolsAreBounded()
{
    QByteArray data;
    for (int i = 0; i < 1'000; ++i)
        data += toolUse("t" + QByteArray::number(i), "Read", R"({"file_path":"/f"})");
    KeepingSink sink;
    const ClaudeReader reader = readAll(data + toolResult("t0", "\"gone\""), sink);
    QCOMPARE(reader.facts().threads[0].toolCalls, 1'000);
    QCOMPARE(reader.facts().threads[0].phase, TurnPhase::RunningTool);
    QByteArray answers;
    for (int i = 999; i > 999 - 64; --i)
        answers += toolResult("t" + QByteArray::number(i), "\"ok\"");
    QCOMPARE(readAll(data + answers, sink).facts().threads[0].phase, TurnPhase::Generating);
}

void TestClaudeReader::forkNamesItsOwner()
{
    KeepingSink sink;
    const ClaudeReader reader = readAll(fixture("fork.jsonl"), sink);
    QCOMPARE(reader.facts().forkedFromSessionId, std::string("fork-1"));
    QVERIFY(sink.withOutput(10) && sink.withOutput(20) && sink.withOutput(30));
    QCOMPARE(sink.withOutput(10)->ownerHash, stableHash("fork-1"));
    QCOMPARE(sink.withOutput(20)->ownerHash, stableHash("fork-2"));
    QCOMPARE(sink.withOutput(30)->ownerHash, uint64_t(0));
    // The copy of a response has the key of the original: nothing of the file goes into it.
    KeepingSink other;
    ClaudeReader copy("elsewhere", {});
    readWhole("\n\n" + fixture("fork.jsonl"), copy, other);
    QCOMPARE(other.withOutput(10)->key, sink.withOutput(10)->key);
}

void TestClaudeReader::onlyPlaceholdersIsSaid()
{
    KeepingSink sink;
    const QByteArray data = fixture("placeholders.jsonl");
    QVERIFY(readAll(data, sink).facts().outputUnderReported);
    const QByteArray finished =
        data + assistant("m9", R"({"output_tokens":2})", R"("stop_reason":"end_turn",)");
    QVERIFY(!readAll(finished, sink).facts().outputUnderReported);
    QVERIFY(!readAll(data.left(data.indexOf("\"m1\"")), sink).facts().outputUnderReported); // too early
}

void TestClaudeReader::brokenLinesAreCounted()
{
    KeepingSink sink(true);
    const ClaudeReader reader = readAll(fixture("broken.jsonl"), sink);
    // Bad: two objects glued together, a cut line, NULs, an array. Invalid UTF-8 does not cost the line.
    QCOMPARE(reader.facts().badLines, 4);
    QCOMPARE(reader.facts().lines, 9); // blank ones do not count
    QVERIFY(!sink.withOutput(10) && !sink.withOutput(100) && !sink.withOutput(1'000));
    QCOMPARE(sink.responses.size(), size_t(5));
    QCOMPARE(reader.facts().threads[0].turns, 0);
    bool replaced = false;
    for (const LogItem& item : std::as_const(sink.items))
        replaced = replaced || item.text == "\uFFFD\uFFFD x";
    QVERIFY(replaced);
}

void TestClaudeReader::wrongTypesAreHarmless()
{
    const QByteArrayList lines{
        "null",
        "7",
        "\"x\"",
        "{}",
        R"({"type":3,"message":[]})",
        R"({"type":"assistant","message":"x"})",
        R"({"type":"assistant","message":{"id":{},"model":[],"usage":7,"content":5,"stop_reason":1}})",
        R"({"type":"assistant","message":{"id":"a","model":"m","usage":{},"content":[1,null,"x",[],{}]}})",
        R"({"type":"assistant","message":{"id":"b","model":"m","usage":{"input_tokens":"9","cache_creation":[1]}}})",
        R"({"type":"assistant","message":{"model":"m","content":[{"type":"tool_use","id":1,"name":[],"input":7}]}})",
        R"({"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":{},"content":{"a":1}}]}})",
        R"({"type":"user","message":{"content":[{"type":"tool_result","content":[1,{"text":2},{"type":[]}]}]}})",
        R"({"type":"user","timestamp":"yesterday","isSidechain":"yes","cwd":[],"message":{"content":"\ud800 half"}})",
        R"({"type":"system","subtype":["compact_boundary"],"compactMetadata":"x"})",
        R"({"type":"system","subtype":"api_error","error":[],"retryAttempt":"2","maxRetries":{}})",
        R"({"type":"progress","data":{"type":"agent_progress","agentId":{},"message":[{}]}})",
        R"({"type":"progress","data":{"type":"agent_progress","agentId":"q","message":{"type":"assistant","message":[]}}})",
        R"({"type":"attachment","attachment":["queued_command"]})",
        R"({"type":"custom-title","customTitle":{"a":1}})",
        QByteArray(100'000, '['),
        "{\"a\":" + QByteArray(100'000, '['),
        QByteArray("\0\0\0{}", 5),
    };
    KeepingSink sink(true);
    const ClaudeReader reader = readAll(lines.join('\n') + '\n', sink);
    const FileFacts& facts = reader.facts();
    QCOMPARE(facts.lines, int64_t(lines.size()));
    QVERIFY(facts.badLines >= 5);
    QCOMPARE(facts.firstAtMs, 0);
    QCOMPARE(facts.threads.size(), size_t(2));
    QCOMPARE(facts.threads[0].turns, 1);
    QVERIFY(sink.sum(0) == TokenCounts());
    for (const LogItem& item : std::as_const(sink.items))
        QCOMPARE(QString::fromStdString(item.text).toUtf8().toStdString(), item.text);
}

void TestClaudeReader::numbersAreBounded()
{
    constexpr int64_t most = int64_t{1} << 53;
    KeepingSink sink(true);
    ClaudeReader reader("s", {});
    readWhole(assistant("a", R"({"input_tokens":-5,"output_tokens":1e300,"cache_read_input_tokens":-1e300,)"
                             R"("cache_creation_input_tokens":99999999999999999999})"),
              reader, sink);
    QCOMPARE(sink.sum(0), (TokenCounts{0, most, 0, most, 0, 0}));
    QCOMPARE(reader.facts().threads[0].contextTokens, std::optional<int64_t>(most));
    QByteArray all = R"({"input_tokens":9223372036854775807,"output_tokens":9223372036854775807,)"
                     R"("cache_read_input_tokens":9223372036854775807,"cache_creation":{)"
                     R"("ephemeral_5m_input_tokens":9e18,"ephemeral_1h_input_tokens":9e18}})";
    readWhole(assistant("b", all), reader, sink);
    QCOMPARE(reader.facts().threads[0].contextTokens, std::optional<int64_t>(4 * most));
    readWhole(assistant("c", R"({"input_tokens":12.9,"output_tokens":3})"), reader, sink);
    QCOMPARE(reader.facts().threads[0].contextTokens, std::optional<int64_t>(12));
    QCOMPARE(reader.facts().threads[0].contextPeak, std::optional<int64_t>(4 * most));
}

void TestClaudeReader::subagentFile()
{
    KeepingSink sink(true);
    ClaudeReader reader({}, "bee1");
    QByteArray line = assistant("m", R"({"input_tokens":5,"output_tokens":1})");
    line.replace("{\"type\":\"assistant\"",
                 R"({"isSidechain":true,"agentId":"bee1","sessionId":"parent","type":"assistant")");
    readWhole(line, reader, sink);
    QCOMPARE(reader.facts().sessionId, std::string("parent"));
    QCOMPARE(reader.facts().agentId, std::string("bee1"));
    QCOMPARE(reader.facts().threads.size(), size_t(1));
    QCOMPARE(reader.facts().threads[0].agentId, std::string("bee1"));
    QCOMPARE(reader.facts().threads[0].contextTokens, std::optional<int64_t>(5)); // its own window
}

void TestClaudeReader::logItems()
{
    KeepingSink sink(true);
    readAll(fixture("turns.jsonl"), sink);
    const std::vector<std::string> expected{
        "prompt:Fix the tide table",
        "text:Looking.",
        R"(use(Bash):ls -l "tide dir")",
        "use(Read):/home/kim/tide.txt",
        "result(Read):high 3 m",
        "error(Bash):no such dir",
        "prompt:also the moon",
        "text:Done.",
        "prompt:second",
        "error:attempt 2 of 10: 529 Overloaded",
        "use(Bash):make moon",
        "prompt:[Request interrupted by user for tool use]",
        "prompt:<command-name>/model</command-name>",
        "prompt:<local-command-stdout>Set model</local-command-stdout>",
        "error:API Error: 500 broken",
        "text:half a",
    };
    QCOMPARE(itemTexts(sink), expected);
    QCOMPARE(sink.items[5].text, std::string("no such dir\n[image]"));
    KeepingSink counting(true);
    readAll(fixture("counting.jsonl"), counting);
    QCOMPARE(itemText(counting.items[1]), std::string("thinking:Boats float."));
}

void TestClaudeReader::logItemsStandWhereTheySay()
{
    const QByteArray data = fixture("turns.jsonl");
    KeepingSink sink(true);
    readAll(data, sink);
    QVERIFY(sink.items.size() > 10);
    for (const LogItem& item : std::as_const(sink.items)) {
        QCOMPARE(data.at(item.offset), '{');
        QVERIFY(item.offset == 0 || data.at(item.offset - 1) == '\n');
        QCOMPARE(item.block, 0);
        const QByteArray line = data.mid(item.offset, data.indexOf('\n', item.offset) - item.offset);
        QVERIFY(item.atMs >= start && line.contains("2026-05-04T10:00"));
    }
    KeepingSink two(true);
    readAll("\n\n" + user(R"([{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}])"),
            two);
    QCOMPARE(itemTexts(two), (std::vector<std::string>{"prompt:a", "prompt:b"}));
    QCOMPARE(two.items[1].block, 2);
    QCOMPARE(two.items[1].offset, 2);
}

void TestClaudeReader::longTextIsCutAtACharacter()
{
    const QByteArray euros = QByteArray("\xE2\x82\xAC").repeated(maxLogBytes / 2);
    const QByteArrayList lines{
        user('"' + euros + '"'),
        toolUse("t", "Bash", R"({"command":")" + euros + "\"}"),
        toolResult("t", '"' + euros + '"'),
        toolResult("t", R"([{"type":"text","text":")" + euros + "\"}]"),
    };
    for (const QByteArray& line : lines) {
        KeepingSink sink(true);
        readAll(line, sink);
        QCOMPARE(sink.items.size(), 1);
        QVERIFY(sink.items[0].truncated);
        QCOMPARE(sink.items[0].text.size(), size_t(maxLogBytes / 3 * 3));
        QVERIFY(euros.startsWith(QByteArray::fromStdString(sink.items[0].text)));
        KeepingSink wholeSink(true);
        ClaudeReader reader("s", {});
        reader.setTextLimit(size_t(euros.size()));
        readWhole(line, reader, wholeSink);
        QVERIFY(!wholeSink.items[0].truncated);
        QCOMPARE(QByteArray::fromStdString(wholeSink.items[0].text), euros);
    }
    KeepingSink exact(true);
    readAll(user('"' + QByteArray(maxLogBytes, 'x') + '"'), exact);
    QVERIFY(!exact.items[0].truncated);
    readAll(user('"' + QByteArray(maxLogBytes + 1, 'x') + '"'), exact);
    QVERIFY(exact.items[1].truncated);
}

void TestClaudeReader::nothingIsBuiltUnlessWanted()
{
    for (const char* name : {"turns.jsonl", "subagents.jsonl", "compaction.jsonl"}) {
        KeepingSink quiet(false);
        KeepingSink wanted(true);
        const ClaudeReader a = readAll(fixture(name), quiet);
        const ClaudeReader b = readAll(fixture(name), wanted);
        QVERIFY(quiet.items.isEmpty() && quiet.points.isEmpty());
        QVERIFY(!wanted.points.isEmpty());
        wanted.items.clear();
        wanted.points.clear();
        QCOMPARE(dump(a.facts(), quiet), dump(b.facts(), wanted));
    }
}

void TestClaudeReader::restartForgetsAndCountsTheSame()
{
    for (const char* name : {"counting.jsonl", "subagents.jsonl", "turns.jsonl", "ended.jsonl",
                             "compaction.jsonl", "fork.jsonl", "placeholders.jsonl", "broken.jsonl"}) {
        const QByteArray data = fixture(name);
        KeepingSink sink;
        ClaudeReader reader("session", {});
        readWhole(data, reader, sink);
        const QString expected = dump(reader.facts(), sink);
        reader.restart();
        QCOMPARE(reader.facts().lines, 0);
        QCOMPARE(reader.facts().sessionId, std::string("session"));
        QVERIFY(!reader.facts().threads[0].contextTokens && reader.facts().compactions.empty());
        readWhole(data, reader, sink);
        QCOMPARE(dump(reader.facts(), sink), expected);
    }
}

QTEST_GUILESS_MAIN(TestClaudeReader)
#include "tst_claudereader.moc"

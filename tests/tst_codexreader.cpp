// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/codexreader.h"
#include "app/agents/codex/zstdfile.h"
#include "tests/childprocess.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTemporaryFile>
#include <QTest>

#include <map>

using namespace plimsoll;

namespace {

/// Keeps what a reader finds, each response once, as the ledger does.
class Sink : public ReaderSink
{
public:
    explicit Sink(bool wanted = false)
        : wants(wanted)
    {
    }
    void response(const Response& response) override
    {
        QVERIFY(response.key != 0);
        Response& known = responses[response.key];
        if (known.key == 0 || known.tokens.output < response.tokens.output)
            known = response;
    }
    void contextPoint(uint32_t, int64_t, int64_t tokens) override { points.append(tokens); }
    void logged(LogItem item) override { items.append(std::move(item)); }
    bool wantsLog() const override { return wants; }
    bool wantsContextPoints() const override { return wants; }

    TokenCounts sum() const
    {
        TokenCounts total;
        for (const auto& [key, response] : responses)
            total += response.tokens;
        return total;
    }

    bool wants;
    std::map<uint64_t, Response> responses;
    QList<int64_t> points;
    QList<LogItem> items;
};

struct Log
{
    std::string name;
    std::string bytes;                             ///< with linePadding behind
    std::vector<std::pair<int64_t, size_t>> lines; ///< offset, length
};

Log logOf(const QString& name, const QByteArray& data)
{
    Log log;
    log.name = name.toStdString();
    log.bytes = data.toStdString();
    for (size_t at = 0; at < log.bytes.size();) {
        const size_t end = std::min(log.bytes.find('\n', at), log.bytes.size());
        log.lines.emplace_back(static_cast<int64_t>(at), end - at);
        at = end + 1;
    }
    log.bytes.append(linePadding, '\0');
    return log;
}

Log logFile(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? logOf(path, file.readAll()) : Log();
}

Log fixture(const QString& name)
{
    return logFile(QStringLiteral(TEST_DATA_DIR "/codex/") + name);
}

void read(LogReader& reader, const Log& log, size_t from, size_t to, Sink& sink)
{
    for (size_t i = from; i < to; ++i) {
        const auto [offset, length] = log.lines[i];
        reader.readLine({log.bytes.data() + offset, length}, offset, sink);
    }
    reader.settle();
}

CodexReader readAll(const Log& log, Sink& sink)
{
    CodexReader reader(log.name);
    read(reader, log, 0, log.lines.size(), sink);
    return reader;
}

QString text(const std::optional<int64_t>& count)
{
    return count ? QString::number(*count) : QStringLiteral("-");
}

/// Everything that facts and responses say, for comparing.
QString dump(const FileFacts& facts, const Sink& sink)
{
    QStringList out;
    const auto add = [&](const auto&... parts) { out << QStringList{parts...}.join(QLatin1Char('|')); };
    const auto str = [](const std::string& s) { return QString::fromStdString(s); };
    const auto num = [](int64_t n) { return QString::number(n); };
    const ThreadFacts& t = facts.threads[0];
    add(str(facts.sessionId), str(facts.parentSessionId), str(facts.forkedFromSessionId), str(facts.title));
    add(str(facts.workingDir), str(facts.gitBranch), str(facts.clientVersion), num(facts.firstAtMs));
    add(num(facts.lastAtMs), num(facts.lines), num(facts.badLines), num(int64_t(facts.threads.size())));
    add(str(t.role), str(t.name), str(t.model), num(t.firstAtMs), num(t.lastAtMs), text(t.contextTokens));
    add(num(t.contextAtMs), num(int(t.contextBasis)), text(t.contextPeak), text(t.window), num(t.turns));
    add(num(t.toolCalls), num(int(t.phase)), num(t.phaseAtMs), str(t.activity), str(t.openTool),
        str(t.openInput));
    for (const CompactionFact& c : facts.compactions)
        add(num(int64_t(c.key)), num(c.atMs), text(c.beforeTokens), text(c.afterTokens));
    if (facts.limits) {
        for (const LimitWindow& w : facts.limits->windows)
            add(facts.limits->plan, w.name, QString::number(w.usedPercent), num(w.resetsAtMs));
        add(num(facts.limits->atMs));
    }
    for (const auto& [key, r] : sink.responses)
        add(num(int64_t(key)), num(r.atMs), str(facts.models.at(r.model)), num(r.tokens.input),
            num(r.tokens.output), num(r.tokens.cacheRead), num(r.tokens.cacheWrite5m),
            num(r.tokens.reasoning));
    return out.join(QLatin1Char('\n'));
}

QStringList kinds(const Sink& sink)
{
    static const QStringList names{QStringLiteral("prompt"),   QStringLiteral("text"),
                                   QStringLiteral("thinking"), QStringLiteral("use"),
                                   QStringLiteral("result"),   QStringLiteral("error"),
                                   QStringLiteral("end"),      QStringLiteral("system")};
    QStringList out;
    for (const LogItem& item : sink.items)
        out << names.at(int(item.kind)) + QLatin1Char(':') + QString::fromStdString(oneLine(item.text, 60));
    return out;
}

QStringList samples()
{
    QStringList out;
    QDirIterator files(QStringLiteral(SHARED_DIR "/reference/agents/samples/codex"),
                       {QStringLiteral("rollout-*.jsonl")}, QDir::Files);
    while (files.hasNext())
        out << files.next();
    return out;
}

constexpr int64_t start = 1'777'888'800'000; // 2026-05-04T10:00:00Z

} // namespace

class TestCodexReader : public QObject
{
    Q_OBJECT

private slots:
    void readsASession();
    void streamSaysThingsOnce();
    void recordsCountOnceTheyAreThere();
    void copiedHistoryCountsForNothing();
    void forkStartsFromItsParentsTotal();
    void childIsItsOwnAgent();
    void startInMidSessionIsTakenWhole();
    void toleratesAnything();
    void prefixThenRestEqualsWhole_data();
    void prefixThenRestEqualsWhole();
    void readingAgainDoublesNothing_data() { prefixThenRestEqualsWhole_data(); }
    void readingAgainDoublesNothing();
    void lostHeadDoublesNothing();
    void corpusEqualsTruth();
    void samplesEqualTheirOwnSums();
    void unpacksZstd();
    void refusesBadZstd();
};

void TestCodexReader::readsASession()
{
    Sink sink;
    const CodexReader reader = readAll(fixture(QStringLiteral("plain.jsonl")), sink);
    const FileFacts& facts = reader.facts();
    const ThreadFacts& thread = facts.threads[0];
    QCOMPARE(facts.kind, AgentKind::Codex);
    QCOMPARE(facts.sessionId, std::string("01900000-0001-7aaa-8aaa-aaaaaaaaaaaa"));
    QCOMPARE(facts.title, std::string("Paint the load line"));
    QCOMPARE(facts.workingDir, std::string("/home/user/boats"));
    QCOMPARE(facts.gitBranch, std::string("main"));
    QCOMPARE(facts.clientVersion, std::string("0.142.0"));
    QCOMPARE(facts.firstAtMs, start);
    QCOMPARE(facts.lastAtMs, start + 83'000);
    QCOMPARE(facts.badLines, 0);
    QCOMPARE(thread.model, std::string("gpt-5.5"));
    QCOMPARE(thread.turns, 2);
    QCOMPARE(thread.toolCalls, 4);
    QCOMPARE(thread.window, std::optional<int64_t>(258'400));
    QCOMPARE(thread.contextTokens, std::optional<int64_t>(6'060));
    QCOMPARE(thread.contextPeak, std::optional<int64_t>(25'200));
    QCOMPARE(thread.contextBasis, Basis::Reported);
    QCOMPARE(thread.phase, TurnPhase::RunningTool);
    QCOMPARE(thread.openTool, std::string("shell"));
    QCOMPARE(thread.openInput, std::string("make red"));
    QCOMPARE(thread.activity, std::string("shell: make red"));
    QCOMPARE(sink.sum(), (TokenCounts{25'000, 560, 26'000, 0, 0, 150}));
    QCOMPARE(sink.responses.size(), size_t(3));
    QCOMPARE(facts.compactions.size(), size_t(1));
    QCOMPARE(facts.compactions[0].beforeTokens, std::optional<int64_t>(25'200));
    QCOMPARE(facts.compactions[0].afterTokens, std::optional<int64_t>(4'000));
    QVERIFY(facts.limits);
    QCOMPARE(facts.limits->plan, QStringLiteral("pro"));
    QCOMPARE(facts.limits->windows, (QList<LimitWindow>{{QStringLiteral("5 h"), 12.5, 1'777'900'000'000},
                                                        {QStringLiteral("7 d"), 40, 1'778'300'000'000}}));
}

void TestCodexReader::streamSaysThingsOnce()
{
    Sink sink(true);
    const Log log = fixture(QStringLiteral("plain.jsonl"));
    readAll(log, sink);
    const QStringList expected{
        QStringLiteral("prompt:Paint the load line"),
        QStringLiteral("thinking:**Looking** at the hull"),
        QStringLiteral("text:I look at the hull first."),
        QStringLiteral("use:ls -la \"hull\""),
        QStringLiteral("result:Exit code: 0"),
        QStringLiteral("use:*** Begin Patch"),
        QStringLiteral("result:Success"),
        QStringLiteral("text:Painted."),
        QStringLiteral("prompt:Again in red"),
        QStringLiteral("use:red lead paint"),
        QStringLiteral("use:make red"),
    };
    QCOMPARE(kinds(sink), expected);
    QCOMPARE(sink.items[4].tool, std::string("exec_command"));
    QCOMPARE(sink.items[9].tool, std::string("web_search"));
    for (const LogItem& item : std::as_const(sink.items)) {
        QVERIFY(item.atMs > start);
        QCOMPARE(log.bytes.substr(size_t(item.offset), 14), std::string("{\"timestamp\":\""));
    }
    QCOMPARE(sink.points, (QList<int64_t>{20'300, 25'200, 4'000, 6'060}));
}

void TestCodexReader::recordsCountOnceTheyAreThere()
{
    Sink sink(true);
    const CodexReader reader = readAll(fixture(QStringLiteral("records.jsonl")), sink);
    const ThreadFacts& thread = reader.facts().threads[0];
    // One token_count before the first record, then two records of which one is told twice.
    QCOMPARE(sink.sum(), (TokenCounts{1'000 + 5'000 + 5'000, 10 + 60 + 12, 4'000, 1'000, 0, 20}));
    QCOMPARE(thread.contextTokens, std::optional<int64_t>(5'012));
    QCOMPARE(thread.model, std::string("gpt-6-sol"));
    QCOMPARE(thread.phase, TurnPhase::Interrupted);
    QCOMPARE(thread.openTool, std::string());
    QVERIFY(kinds(sink).contains(QStringLiteral("error:Codex ran out of room")));
}

void TestCodexReader::copiedHistoryCountsForNothing()
{
    Sink sink(true);
    const CodexReader reader = readAll(fixture(QStringLiteral("fork-copied.jsonl")), sink);
    const FileFacts& facts = reader.facts();
    QCOMPARE(facts.sessionId, std::string("01900000-0005-7ddd-8ddd-dddddddddddd"));
    QCOMPARE(facts.forkedFromSessionId, std::string("01900000-0000-7bbb-8bbb-bbbbbbbbbbbb"));
    QCOMPARE(sink.sum(), (TokenCounts{2'000, 30, 2'000, 0, 0, 0}));
    QCOMPARE(facts.models, std::vector<std::string>{"gpt-5.5"});
    QCOMPARE(facts.threads[0].turns, 1);
    QCOMPARE(facts.title, std::string("in the fork"));
    QVERIFY(facts.compactions.empty());
    QCOMPARE(kinds(sink), QStringList{QStringLiteral("prompt:in the fork")});
}

void TestCodexReader::forkStartsFromItsParentsTotal()
{
    Sink sink;
    readAll(fixture(QStringLiteral("fork-referred.jsonl")), sink);
    QCOMPARE(sink.sum(), (TokenCounts{5'000, 76, 10'000, 0, 0, 0}));
}

void TestCodexReader::childIsItsOwnAgent()
{
    Sink sink;
    const CodexReader reader = readAll(fixture(QStringLiteral("child.jsonl")), sink);
    const FileFacts& facts = reader.facts();
    QCOMPARE(facts.sessionId, std::string("01900000-0007-7eee-8eee-eeeeeeeeeeee"));
    QCOMPARE(facts.parentSessionId, std::string("01900000-0000-7bbb-8bbb-bbbbbbbbbbbb"));
    QCOMPARE(facts.forkedFromSessionId, std::string());
    QCOMPARE(facts.threads[0].name, std::string("Socrates"));
    QCOMPARE(facts.threads[0].role, std::string("explorer"));
    QCOMPARE(facts.threads[0].window, std::optional<int64_t>(258'400));
    QCOMPARE(facts.threads[0].toolCalls, 0);
    QCOMPARE(facts.threads[0].turns, 1);
    QCOMPARE(facts.threads[0].phase, TurnPhase::Done);
    QCOMPARE(facts.threads[0].activity, std::string("Counted 3 files."));
    QCOMPARE(sink.sum(), (TokenCounts{3'000, 30, 1'000, 0, 0, 5}));
    QCOMPARE(sink.responses.size(), size_t(1));
}

void TestCodexReader::startInMidSessionIsTakenWhole()
{
    Sink sink;
    const CodexReader reader = readAll(fixture(QStringLiteral("midstart.jsonl")), sink);
    QCOMPARE(sink.sum(), (TokenCounts{310'000, 9'600, 800'000, 0, 0, 800}));
    // What lies before the first line is told in parts that no step for long prompts applies to.
    for (const auto& [key, response] : sink.responses)
        QVERIFY(response.tokens.prompt() <= 200'000);
    QCOMPARE(reader.facts().threads[0].contextTokens, std::optional<int64_t>(110'600));
    QCOMPARE(reader.facts().threads[0].window, std::optional<int64_t>(258'400));
    QCOMPARE(reader.facts().lines, 7); // a blank one does not count
    QCOMPARE(reader.facts().badLines, 3);
    QCOMPARE(reader.facts().sessionId, std::string("midstart"));
}

void TestCodexReader::toleratesAnything()
{
    const QByteArrayList lines{
        "null",
        "7",
        "\"x\"",
        "{\"type\":3,\"payload\":[]}",
        "{\"timestamp\":{},\"type\":\"event_msg\",\"payload\":null}",
        R"({"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":7,"last_token_usage":[]}}})",
        R"({"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":-5,"output_tokens":1e300}}}})",
        R"({"type":"event_msg","payload":{"type":"user_message","message":"\ud800 \u0000 half"}})",
        R"({"type":"response_item","payload":{"type":"message","role":"assistant","content":[1,null,{"text":3},"plain"]}})",
        R"({"type":"response_item","payload":{"type":"function_call","name":[],"arguments":"{\"command\":[1]}","call_id":5}})",
        R"({"type":"response_item","payload":{"type":"function_call_output","call_id":"x","output":{"content":"in","x":{}}}})",
        R"({"type":"session_meta","payload":{"id":"","source":{"subagent":{"thread_spawn":{"thread_spawn":{"thread_spawn":1}}}},"git":"x"}})",
        QByteArray(R"({"type":"response_item","payload":{"type":"message","role":"assistant","content":)") +
            "\"\xff\xfe\"}}",
        QByteArray(100'000, '['),
        QByteArray("\0\0\0{}", 5),
    };
    Sink sink(true);
    const CodexReader reader = readAll(logOf(QStringLiteral("x"), lines.join('\n')), sink);
    QCOMPARE(reader.facts().lines, int64_t(lines.size()));
    QCOMPARE(reader.facts().threads[0].activity, std::string("\uFFFD\uFFFD"));
    for (const LogItem& item : std::as_const(sink.items))
        QVERIFY(QString::fromStdString(item.text).toUtf8().toStdString() == item.text);
}

void TestCodexReader::prefixThenRestEqualsWhole_data()
{
    QTest::addColumn<QString>("path");
    QStringList paths = samples();
    QDirIterator own(QStringLiteral(TEST_DATA_DIR "/codex"), {QStringLiteral("*.jsonl")}, QDir::Files);
    while (own.hasNext())
        paths << own.next();
    QVERIFY(paths.size() >= 6);
    for (const QString& path : std::as_const(paths))
        QTest::newRow(qPrintable(QFileInfo(path).fileName())) << path;
}

void TestCodexReader::prefixThenRestEqualsWhole()
{
    QFETCH(QString, path);
    const Log log = logFile(path);
    Sink wholeSink;
    const CodexReader whole = readAll(log, wholeSink);
    const QString expected = dump(whole.facts(), wholeSink);
    QVERIFY(!expected.isEmpty());
    for (size_t cut = 0; cut <= log.lines.size(); ++cut) {
        CodexReader reader(log.name);
        Sink sink(false);
        read(reader, log, 0, cut, sink); // cold: no text wanted
        sink.wants = true;
        read(reader, log, cut, log.lines.size(), sink);
        QCOMPARE(dump(reader.facts(), sink), expected);
    }
}

void TestCodexReader::readingAgainDoublesNothing()
{
    QFETCH(QString, path);
    const Log log = logFile(path);
    Sink wholeSink;
    const CodexReader whole = readAll(log, wholeSink);
    const QString expected = dump(whole.facts(), wholeSink);
    for (size_t cut = 0; cut <= log.lines.size(); ++cut) {
        CodexReader reader(log.name);
        Sink sink;
        read(reader, log, 0, cut, sink);
        reader.restart();
        read(reader, log, 0, log.lines.size(), sink);
        QCOMPARE(dump(reader.facts(), sink), expected);
    }
}

void TestCodexReader::lostHeadDoublesNothing()
{
    const Log log = fixture(QStringLiteral("plain.jsonl"));
    Sink wholeSink;
    readAll(log, wholeSink);
    for (size_t cut = 1; cut <= log.lines.size(); ++cut) {
        CodexReader reader(log.name);
        Sink sink;
        read(reader, log, 0, log.lines.size() - 4, sink);
        reader.restart();
        read(reader, log, 0, 1, sink); // the identity stays
        read(reader, log, cut, log.lines.size(), sink);
        const bool holdsLastTotal = cut <= log.lines.size() - 3;
        QCOMPARE(sink.sum() == wholeSink.sum(), holdsLastTotal);
    }
}

void TestCodexReader::corpusEqualsTruth()
{
    NEEDS_CHILD_PROCESSES();
    const QString corpora = QStringLiteral(SHARED_DIR "/corpora/");
    QTemporaryDir home;
    int checked = 0;
    const QStringList truths = QDir(corpora).entryList({QStringLiteral("truth.*.json")});
    if (truths.isEmpty())
        QSKIP("../shared/corpora is not there");
    for (const QString& truth : truths) {
        const QString name = truth.mid(6).chopped(5);
        QCOMPARE(QProcess::execute(QStringLiteral("tar"),
                                   {QStringLiteral("-xJf"), corpora + name + QStringLiteral(".tar.xz"),
                                    QStringLiteral("-C"), home.path()}),
                 0);
        QFile file(corpora + truth);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonArray sessions = QJsonDocument::fromJson(file.readAll()).array();
        for (const auto& value : sessions) {
            const QJsonObject session = value.toObject();
            if (session[QLatin1String("kind")].toString() != QLatin1String("codex"))
                continue;
            const QString path = session[QLatin1String("files")].toArray().first().toString();
            Sink sink;
            const CodexReader reader =
                readAll(logFile(home.path() + QLatin1Char('/') + name + QLatin1Char('/') + path), sink);
            const ThreadFacts& thread = reader.facts().threads[0];
            const auto expected = [&](const char* key) { return session[QLatin1String(key)].toInteger(-1); };
            QCOMPARE(QString::fromStdString(reader.facts().sessionId),
                     session[QLatin1String("session")].toString());
            QCOMPARE(qint64(sink.sum().input), expected("input_tokens"));
            QCOMPARE(qint64(sink.sum().cacheRead), expected("cache_read_tokens"));
            QCOMPARE(qint64(sink.sum().output), expected("output_tokens"));
            QCOMPARE(qint64(sink.sum().reasoning), expected("reasoning_tokens"));
            QCOMPARE(qint64(thread.contextTokens.value_or(0)), expected("context_tokens"));
            QCOMPARE(qint64(thread.contextPeak.value_or(0)), expected("context_peak_tokens"));
            QCOMPARE(qint64(thread.window.value_or(0)), expected("context_window"));
            QCOMPARE(qint64(reader.facts().compactions.size()), expected("compaction_count"));
            for (const CompactionFact& compaction : reader.facts().compactions)
                QVERIFY(compaction.beforeTokens && compaction.afterTokens);
            QCOMPARE(reader.facts().badLines, 0);
            QVERIFY(!reader.facts().title.empty());
            ++checked;
        }
    }
    QVERIFY(checked >= 10);
}

/// What each sample says itself: its records if it has any, else its last total.
void TestCodexReader::samplesEqualTheirOwnSums()
{
    const QStringList paths = samples();
    if (paths.isEmpty())
        QSKIP("../shared/reference is not there");
    for (const QString& path : paths) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArrayList lines = file.readAll().split('\n');
        qint64 recordInput = 0;
        qint64 recordOutput = 0;
        qint64 totalInput = 0;
        qint64 totalOutput = 0;
        for (const QByteArray& line : lines) {
            const QJsonObject object = QJsonDocument::fromJson(line).object();
            const QJsonObject payload = object[QLatin1String("payload")].toObject();
            const QJsonObject usage = payload[QLatin1String("usage")].toObject();
            const QJsonObject total =
                payload[QLatin1String("info")].toObject()[QLatin1String("total_token_usage")].toObject();
            recordInput += usage[QLatin1String("input_tokens")].toInteger();
            recordOutput += usage[QLatin1String("output_tokens")].toInteger();
            totalInput = std::max(totalInput, total[QLatin1String("input_tokens")].toInteger());
            totalOutput = std::max(totalOutput, total[QLatin1String("output_tokens")].toInteger());
        }
        Sink sink(true);
        const CodexReader reader = readAll(logFile(path), sink);
        QCOMPARE(qint64(sink.sum().prompt()), recordInput > 0 ? recordInput : totalInput);
        QCOMPARE(qint64(sink.sum().output), recordInput > 0 ? recordOutput : totalOutput);
        QCOMPARE(reader.facts().badLines, 0);
        QVERIFY(reader.facts().threads[0].turns > 0);
        QVERIFY(!sink.items.isEmpty());
        QSet<std::pair<qint64, int>> places;
        for (const LogItem& item : std::as_const(sink.items))
            places.insert({item.offset, item.block});
        QCOMPARE(places.size(), sink.items.size());
    }
}

void TestCodexReader::unpacksZstd()
{
    const QString packed =
        QStringLiteral(SHARED_DIR "/reference/agents/samples/codex/rollout-0.169.0-exec.jsonl.zst");
    QFile file(packed);
    if (!file.exists())
        QSKIP("../shared/reference is not there");
    QVERIFY(file.open(QIODevice::ReadOnly));
    QFile plain(packed.chopped(4));
    QVERIFY(plain.open(QIODevice::ReadOnly));
    QByteArray out;
    QVERIFY(readZst(file.handle(), [&](std::string_view chunk) {
        out.append(chunk.data(), qsizetype(chunk.size()));
        return true;
    }));
    QCOMPARE(out, plain.readAll());
}

void TestCodexReader::refusesBadZstd()
{
    QFile source(QStringLiteral(SHARED_DIR "/reference/agents/samples/codex/rollout-0.169.0-exec.jsonl.zst"));
    if (!source.open(QIODevice::ReadOnly))
        QSKIP("../shared/reference is not there");
    const QByteArray good = source.readAll();
    QByteArray damaged = good;
    damaged[good.size() / 2] = char(damaged[good.size() / 2] ^ 0x55);
    const auto unpacks = [](const QByteArray& bytes, int64_t most, int chunks) {
        QTemporaryFile file;
        if (!file.open() || file.write(bytes) != bytes.size() || !file.seek(0))
            return true;
        int seen = 0;
        return readZst(
            file.handle(), [&](std::string_view) { return ++seen <= chunks; }, most);
    };
    QVERIFY(unpacks(good, maxUnpackedBytes, 1000));
    QVERIFY(unpacks(good + good, maxUnpackedBytes, 1000)); // frames may follow each other
    QVERIFY(!unpacks(good, 1000, 1000));
    QVERIFY(!unpacks(good, maxUnpackedBytes, 0));
    QVERIFY(!unpacks(good.chopped(1), maxUnpackedBytes, 1000));
    QVERIFY(!unpacks(damaged, maxUnpackedBytes, 1000));
    QVERIFY(!unpacks("not zstd at all", maxUnpackedBytes, 1000));
    QVERIFY(!unpacks("", maxUnpackedBytes, 1000));
    QVERIFY(!readZst(-1, [](std::string_view) { return true; }));
}

QTEST_GUILESS_MAIN(TestCodexReader)
#include "tst_codexreader.moc"

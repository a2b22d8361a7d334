// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/childprocess.h"
#include "tests/claudelines.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

using namespace plimsoll::test;

namespace {

const QString session = QStringLiteral("11111111-0000-4000-8000-000000000000");

struct Run
{
    int code = -1;
    QByteArray out;
    QByteArray err;

    [[nodiscard]] QJsonObject agent() const
    {
        return QJsonDocument::fromJson(out)[QStringLiteral("agents")][0].toObject();
    }
};

} // namespace

class TestStatusCommand : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { NEEDS_PROGRAM(); }

    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        QVERIFY(writeBytes(m_temp->path() + QStringLiteral("/.claude/projects/boat/%1.jsonl").arg(session),
                           promptLine(QStringLiteral("Paint the line"), baseMs) +
                               answerLine({"msg_1", 1000, 50, 20'000}, baseMs + 1)));
    }

    void json()
    {
        const Run run = start({QStringLiteral("status"), QStringLiteral("--json")});
        QCOMPARE(run.code, 0);
        QCOMPARE(run.err, QByteArray());
        const QJsonDocument json = QJsonDocument::fromJson(run.out);
        QCOMPARE(json[QStringLiteral("version")].toInt(), 1);
        QCOMPARE(json[QStringLiteral("scan")][QStringLiteral("files")].toInt(), 1);
        QCOMPARE(json[QStringLiteral("agents")].toArray().size(), 1);
        const QJsonObject agent = run.agent();
        QCOMPARE(agent.value(QStringLiteral("session_id")).toString(), session);
        QCOMPARE(agent.value(QStringLiteral("context_tokens")).toInt(), 21'000);
        QCOMPARE(agent.value(QStringLiteral("status")).toString(), QStringLiteral("complete"));
        QCOMPARE(agent.value(QStringLiteral("total_cost")).toDouble(),
                 1e-6 * (1000 * 5 + 50 * 25 + 20'000 * 0.5));
        QCOMPARE(agent.value(QStringLiteral("updated_at")).toString(),
                 QStringLiteral("2025-12-29T09:20:00.001Z"));
    }

    void table()
    {
        const Run run = start({QStringLiteral("status")});
        QCOMPARE(run.code, 0);
        QVERIFY2(run.out.contains("Paint the line"), run.out.constData());
        QVERIFY2(run.out.contains("21k / 200k"), run.out.constData());
    }

    void homeGivenByHandReplacesTheEnvironment()
    {
        QTemporaryDir other;
        m_environment.insert(QStringLiteral("CLAUDE_CONFIG_DIR"),
                             m_temp->path() + QStringLiteral("/.claude"));
        m_environment.insert(QStringLiteral("HOME"), other.path());
        QVERIFY(!start({QStringLiteral("status"), QStringLiteral("--json")}).agent().isEmpty());
        const Run run = start(
            {QStringLiteral("status"), QStringLiteral("--json"), QStringLiteral("--home"), other.path()});
        QCOMPARE(run.code, 0);
        QVERIFY(run.agent().isEmpty());
        m_environment.clear();
    }

    void dataFolderIsCreated()
    {
        const QString path = m_temp->path() + QStringLiteral("/new/data");
        QCOMPARE(start({QStringLiteral("status"), QStringLiteral("--data-dir"), path}).code, 0);
        const QFileInfo info(path);
        QVERIFY(info.isDir());
        const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup | QFile::ReadOther |
                            QFile::WriteOther | QFile::ExeOther;
        QCOMPARE(info.permissions() & others, QFile::Permissions());
    }

    void ownPriceCounts()
    {
        writeModels(R"({"models":[{"id":"claude-opus-4-5","context_window":300000,
            "prices_usd_per_mtok":{"input":10,"output":0,"cache_read":0,"cache_write_5m":0,"cache_write_1h":0}}]})");
        const Run run = start({QStringLiteral("status"), QStringLiteral("--json")});
        QCOMPARE(run.code, 0);
        QCOMPARE(run.err, QByteArray());
        QCOMPARE(run.agent().value(QStringLiteral("total_cost")).toDouble(), 0.01);
    }

    void badOwnPricesAreRefusedAndSaid()
    {
        writeModels("{\"models\":[\n{\"id\":\"claude-opus-4-5\",\n\"context_window\":\"many\"}]}\n");
        const Run run = start({QStringLiteral("status"), QStringLiteral("--json")});
        QCOMPARE(run.code, 0);
        QCOMPARE(run.err.count('\n'), 1);
        const QByteArray head =
            (m_temp->path() + QStringLiteral("/.config/plimsoll/models.json:3: ")).toUtf8();
        QVERIFY2(run.err.contains(head), run.err.constData());
        QVERIFY2(run.err.trimmed().size() > head.size() + 5, run.err.constData()); // and why
        QCOMPARE(run.agent().value(QStringLiteral("total_cost")).toDouble(),
                 1e-6 * (1000 * 5 + 50 * 25 + 20'000 * 0.5));
    }

    void mistakesExitWithTwo()
    {
        for (const QStringList& arguments :
             {QStringList{QStringLiteral("--frobnicate")},
              QStringList{QStringLiteral("status"), QStringLiteral("--home"), QStringLiteral("/nowhere")},
              QStringList{QStringLiteral("status"), QStringLiteral("--headless")}}) {
            const Run run = start(arguments);
            QCOMPARE(run.code, 2);
            QCOMPARE(run.out, QByteArray());
            QCOMPARE(run.err.count('\n'), 1);
            QVERIFY(run.err.startsWith("plimsoll: "));
        }
    }

    void helpNamesTheProgram()
    {
        const Run run = start({QStringLiteral("--help")});
        QCOMPARE(run.code, 0);
        QVERIFY2(run.out.startsWith("Usage: plimsoll "), run.out.constData());
    }

private:
    [[nodiscard]] Run start(const QStringList& arguments) const
    {
        QProcess process;
        QProcessEnvironment environment;
        environment.insert(QStringLiteral("HOME"), m_temp->path());
        environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
        for (auto it = m_environment.cbegin(); it != m_environment.cend(); ++it)
            environment.insert(it.key(), it.value());
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(PLIMSOLL_PROGRAM), arguments);
        if (!process.waitForFinished())
            return {};
        const int code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        return {code, process.readAllStandardOutput(), process.readAllStandardError()};
    }

    void writeModels(const QByteArray& bytes)
    {
        QVERIFY(writeBytes(m_temp->path() + QStringLiteral("/.config/plimsoll/models.json"), bytes));
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    QHash<QString, QString> m_environment;
};

QTEST_GUILESS_MAIN(TestStatusCommand)
#include "tst_statuscommand.moc"

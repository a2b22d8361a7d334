// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/createparams.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace plimsoll;

class TestCreateParams : public QObject
{
    Q_OBJECT

private slots:
    void goodOnesAreTaken()
    {
        QVERIFY(QDir(m_folder.path()).mkpath(QStringLiteral(".claude/agents")));
        QFile file(m_folder.filePath(QStringLiteral(".claude/agents/reviewer.md")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        QJsonObject params = good();
        params.insert(QStringLiteral("template"), QStringLiteral("reviewer"));
        params.insert(QStringLiteral("model"), QStringLiteral("claude-opus-4-5[1m]"));
        params.insert(QStringLiteral("allowed_tools"),
                      QJsonArray{QStringLiteral("Bash(git log:*)"), QStringLiteral("mcp__a__b")});
        params.insert(QStringLiteral("budget"),
                      QJsonObject{{QStringLiteral("turns"), 3}, {QStringLiteral("usd"), 0.5}});
        params.insert(QStringLiteral("env"), QJsonObject{{QStringLiteral("A"), QStringLiteral("1=2")}});
        const auto read = readCreateParams(params, QStringLiteral("/none"));
        const auto* create = std::get_if<CreateParams>(&read);
        QVERIFY(create);
        QCOMPARE(create->name, QStringLiteral("boat"));
        QCOMPARE(create->setup.allowedTools.size(), 2);
        QCOMPARE(create->setup.maxTurns, 3);
        QCOMPARE(create->setup.maxUsd, 0.5);
        QCOMPARE(create->additions, QStringList{QStringLiteral("A=1=2")});
    }

    void badOnesNameTheirField_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QJsonValue>("value");
        QTest::addColumn<QString>("field");
        const auto row = [](const char* name, const char* key, const QJsonValue& value,
                            const char* field = "") {
            QTest::newRow(name) << QString::fromLatin1(key) << value
                                << QString::fromLatin1(*field != '\0' ? field : key);
        };
        row("kind", "kind", QStringLiteral("codex"));
        row("no name", "name", QStringLiteral("  "));
        row("long name", "name", QString(81, QLatin1Char('x')));
        row("unseen name", "name", QStringLiteral("a\u202eb"));
        row("name no text", "name", 5);
        row("no folder", "working_dir", QString());
        row("relative folder", "working_dir", QStringLiteral("tmp"));
        row("missing folder", "working_dir", QStringLiteral("/nowhere/at/all"));
        row("model as option", "model", QStringLiteral("--dangerously-skip-permissions"));
        row("mode", "permission_mode", QStringLiteral("bypassPermissions"));
        row("template", "template", QStringLiteral("../x"));
        row("tool as option", "allowed_tools", QJsonArray{QStringLiteral("--model")});
        row("tools no list", "allowed_tools", QStringLiteral("Bash"));
        row("turns", "budget", QJsonObject{{QStringLiteral("turns"), 0}}, "budget.turns");
        row("usd", "budget", QJsonObject{{QStringLiteral("usd"), -1}}, "budget.usd");
        row("variable", "env", QJsonObject{{QStringLiteral("A B"), QStringLiteral("x")}});
        row("worktree", "worktree", 7);
        row("option as branch", "worktree",
            QJsonObject{{QStringLiteral("branch"), QStringLiteral("--force")}});
        row("branch that leads out", "worktree",
            QJsonObject{{QStringLiteral("branch"), QStringLiteral("../../x")}});
        row("keep", "keep_running", 1);
    }

    void badOnesNameTheirField()
    {
        QFETCH(QString, key);
        QFETCH(QJsonValue, value);
        QFETCH(QString, field);
        QJsonObject params = good();
        params.insert(key, value);
        const auto read = readCreateParams(params, QStringLiteral("/none"));
        const auto* refused = std::get_if<Refusal>(&read);
        QVERIFY(refused);
        QCOMPARE(refused->field, field);
        QCOMPARE(refused->code, QStringLiteral("bad_request"));
        QVERIFY(!refused->text.isEmpty());
    }

private:
    [[nodiscard]] QJsonObject good() const
    {
        return {{QStringLiteral("kind"), QStringLiteral("claude-code")},
                {QStringLiteral("name"), QStringLiteral("boat")},
                {QStringLiteral("working_dir"), m_folder.path()}};
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCreateParams)
#include "tst_createparams.moc"

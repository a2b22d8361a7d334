// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/options.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

using namespace plimsoll;

namespace {

const QString home = QStringLiteral("/home/ann");

std::variant<Options, EarlyExit> parse(const QStringList& arguments)
{
    return parseOptions(QStringList{QStringLiteral("plimsoll")} + arguments, home);
}

Options good(const QStringList& arguments)
{
    const auto parsed = parse(arguments);
    if (const auto* exit = std::get_if<EarlyExit>(&parsed))
        qWarning("%s", qPrintable(exit->text));
    return std::get<Options>(parsed);
}

} // namespace

class TestOptions : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_temp.isValid());
        QVERIFY(QDir::setCurrent(m_temp.path()));
        QVERIFY(QDir().mkpath(QStringLiteral("homes/one")));
        QFile recording(QStringLiteral("rec.jsonl"));
        QVERIFY(recording.open(QIODevice::WriteOnly));
    }

    void init()
    {
        qunsetenv("XDG_DATA_HOME");
        qunsetenv("XDG_CONFIG_HOME");
    }

    void aPlaceToConnectTo()
    {
        const Options options =
            good({QStringLiteral("--headless"), QStringLiteral("--connect"), QStringLiteral("https://desk"),
                  QStringLiteral("--token-file"), QStringLiteral("secret")});
        QCOMPARE(options.mode, Options::Mode::Headless);
        QCOMPARE(options.connect, QStringLiteral("wss://desk:7431"));
        QCOMPARE(options.tokenFile, QDir::current().absoluteFilePath(QStringLiteral("secret")));
        QVERIFY(good({}).connect.isEmpty());
    }

    void nothingGiven()
    {
        const Options options = good({});
        QCOMPARE(options.mode, Options::Mode::Window);
        QVERIFY(!options.json && !options.verbose && !options.homeGiven && !options.dataDirGiven);
        QCOMPARE(options.home, home);
        QCOMPARE(options.dataDir, QStringLiteral("/home/ann/.local/share/plimsoll"));
        QCOMPARE(options.historyDir, options.dataDir);
        QCOMPARE(options.configDir, QStringLiteral("/home/ann/.config/plimsoll"));
        QVERIFY(options.replay.isEmpty() && options.screenshotDir.isEmpty());
    }

    void xdgFolders()
    {
        qputenv("XDG_DATA_HOME", "/data");
        qputenv("XDG_CONFIG_HOME", "relative/is/void");
        QCOMPARE(good({}).dataDir, QStringLiteral("/data/plimsoll"));
        QCOMPARE(good({}).configDir, QStringLiteral("/home/ann/.config/plimsoll"));
    }

    void modes()
    {
        QCOMPARE(good({QStringLiteral("--headless")}).mode, Options::Mode::Headless);
        QCOMPARE(good({QStringLiteral("status")}).mode, Options::Mode::Status);
        QVERIFY(!good({QStringLiteral("status")}).json);
        QVERIFY(good({QStringLiteral("status"), QStringLiteral("--json")}).json);
        QVERIFY(good({QStringLiteral("--json"), QStringLiteral("status")}).json);
        QVERIFY(good({QStringLiteral("--verbose")}).verbose);
        const Options tokens =
            good({QStringLiteral("tokens"), QStringLiteral("--model=gpt-5"), QStringLiteral("rec.jsonl")});
        QCOMPARE(tokens.mode, Options::Mode::Tokens);
        QCOMPARE(tokens.model, QStringLiteral("gpt-5"));
        QCOMPARE(tokens.textFile, QStringLiteral("rec.jsonl"));
        QCOMPARE(good({QStringLiteral("tokens")}).textFile, QStringLiteral("-"));
        QCOMPARE(good({QStringLiteral("tokens"), QStringLiteral("-")}).textFile, QStringLiteral("-"));
    }

    void anotherHomeIsNotMixedIntoTheHistory()
    {
        QCOMPARE(good({QStringLiteral("--home"), QStringLiteral("/")}).historyDir, QString());
        QCOMPARE(
            good({QStringLiteral("--home"), QStringLiteral("/"), QStringLiteral("--data-dir=/d")}).historyDir,
            QStringLiteral("/d"));
    }

    void relativePathsBecomeAbsolute()
    {
        const QString here = QDir::currentPath();
        const Options options =
            good({QStringLiteral("--home"), QStringLiteral("homes/../homes/one"),
                  QStringLiteral("--data-dir=d"), QStringLiteral("--replay"), QStringLiteral("rec.jsonl"),
                  QStringLiteral("--screenshot"), QStringLiteral("shots/")});
        QVERIFY(options.homeGiven && options.dataDirGiven);
        QCOMPARE(options.home, here + QStringLiteral("/homes/one"));
        QCOMPARE(options.dataDir, here + QStringLiteral("/d"));
        QCOMPARE(options.historyDir, options.dataDir);
        QCOMPARE(options.replay, here + QStringLiteral("/rec.jsonl"));
        QCOMPARE(options.screenshotDir, here + QStringLiteral("/shots"));
        QCOMPARE(options.configDir,
                 QStringLiteral("/home/ann/.config/plimsoll")); // the person's, not the logs'
    }

    void builtInRecording()
    {
        QCOMPARE(good({QStringLiteral("--replay"), QStringLiteral(":demo")}).replay, QStringLiteral(":demo"));
    }

    void mistakes_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("word"); ///< stands in the answer
        const auto row = [](const char* line, const char* word) {
            QTest::newRow(line) << QString::fromLatin1(line) << QString::fromLatin1(word);
        };
        row("--frobnicate", "frobnicate");
        row("-x", "x");
        row("--headless=yes", "headless");
        row("--home", "home");
        row("--home=", "--home needs a value");
        row("--data-dir=", "--data-dir needs a value");
        row("--replay=", "--replay needs a value");
        row("--home missing", "missing: no such folder");
        row("--home rec.jsonl", "rec.jsonl: no such folder");
        row("--replay missing", "missing: no such file");
        row("--replay homes", "homes: no such file");
        row("--screenshot shots", "--screenshot needs --replay");
        row("--connect=", "--connect needs a value");
        row("--connect desk", "must look like wss://host:7431");
        row("--connect ws://desk:7431", "use wss://desk:7431");
        row("--connect wss://u:p@desk", "no token belongs into the address");
        row("--connect wss://desk/?token=x", "no token belongs into the address");
        row("--connect wss://desk --replay :demo", "--connect does not go with --replay");
        row("--connect wss://desk --home homes", "--connect does not go with");
        row("--connect wss://desk --serve", "--connect does not go with");
        row("--token-file t", "--token-file goes with --connect");
        row("status --connect wss://desk", "--connect does not go with status");
        row("--headless --replay :demo --screenshot shots", "--headless");
        row("--json", "--json goes with status");
        row("--headless --json", "--json goes with status");
        row("status --headless", "--headless does not go with status");
        row("status --replay :demo", "--replay does not go with status");
        row("--model m", "--model goes with tokens");
        row("status --model m", "--model goes with tokens");
        row("tokens --model=", "--model needs a value");
        row("tokens --screenshot shots", "--screenshot does not go with tokens");
        row("tokens --data-dir d", "--data-dir does not go with tokens");
        row("tokens a b", "too many arguments: \"b\"");
        row("tokens ", "the name of the file is empty");
        row("stats", "unknown command \"stats\"");
        row("status now", "too many arguments: \"now\"");
    }

    void mistakes()
    {
        QFETCH(const QString, line);
        QFETCH(const QString, word);
        const auto parsed = parse(line.split(QLatin1Char(' ')));
        QVERIFY(std::holds_alternative<EarlyExit>(parsed));
        const auto& exit = std::get<EarlyExit>(parsed);
        QCOMPARE(exit.code, 2);
        QVERIFY2(exit.text.contains(word), qPrintable(exit.text));
        QVERIFY(exit.text.startsWith(QStringLiteral("plimsoll: ")));
        QCOMPARE(exit.text.count(QLatin1Char('\n')), 1);
        QVERIFY(exit.text.endsWith(QLatin1Char('\n')));
    }

    void helpAndVersion()
    {
        const EarlyExit help = std::get<EarlyExit>(parse({QStringLiteral("--help")}));
        QCOMPARE(help.code, 0);
        for (const char* option : {"--headless", "--home", "--data-dir", "--replay", "--screenshot",
                                   "--verbose", "--json", "--model", "--version", "status", "tokens"})
            QVERIFY2(help.text.contains(QLatin1String(option)), option);
        QVERIFY(!help.text.contains(QStringLiteral("executable_name")));
        const EarlyExit version = std::get<EarlyExit>(parse({QStringLiteral("--version")}));
        QCOMPARE(version.code, 0);
        QCOMPARE(version.text, QStringLiteral("plimsoll " PLIMSOLL_VERSION "\n"));
    }

    void dataFolderIsMadePrivate()
    {
        const QString path = m_temp.path() + QStringLiteral("/new/data");
        QCOMPARE(prepareDataDir(path), QString());
        const auto owner = QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner;
        const auto user = QFile::ReadUser | QFile::WriteUser | QFile::ExeUser;
        QCOMPARE(QFileInfo(path).permissions() & ~user, QFile::Permissions(owner));
        QCOMPARE(prepareDataDir(path), QString()); // there already
    }

    void dataFolderThatCannotBe()
    {
        const QString file = m_temp.path() + QStringLiteral("/rec.jsonl");
        QVERIFY(prepareDataDir(file).contains(QStringLiteral("is a file")));
        QVERIFY(prepareDataDir(file + QStringLiteral("/below")).contains(QStringLiteral("cannot create")));
    }

private:
    QTemporaryDir m_temp;
};

QTEST_GUILESS_MAIN(TestOptions)
#include "tst_options.moc"

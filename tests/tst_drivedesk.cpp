// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"
#include "models/apply.h"
#include "tests/childprocess.h"
#include "tests/fakeagent.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <tuple>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

class TestDriveDesk : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { NEEDS_CHILD_PROCESSES(); }

    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        begin();
    }

    void cleanup() { m_host.reset(); }

    void oneAgentOneRowOneCount()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        command(id, QStringLiteral("again"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(3000));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        const Agent& agent = m_agents[id];
        QCOMPARE(m_agents.size(), 1);
        QCOMPARE(agent.info.name, QStringLiteral("boat"));
        QCOMPARE(agent.usage.outputTokens, Count(14));
        QCOMPARE(agent.usage.contextTokens, Count(2000));
        QTRY_COMPARE(m_agents.value(id).usage.contextWindow, Count(123'456)); // as it reports it itself
        QCOMPARE(m_agents.value(id).usage.windowBasis, Basis::Reported);
        QCOMPARE(m_agents.value(id).usage.compactAtTokens, Count(100'000));
        QCOMPARE(m_streamed, QStringLiteral("all well|all well|"));
        QVERIFY(m_agents.value(id).info.commands.contains(QStringLiteral("command_agent")));
    }

    void permissionIsAskedAndAllowed()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("ask"));
        QTRY_COMPARE(m_asked.size(), 1);
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Blocked);
        QCOMPARE(m_asked.first().input, QStringLiteral("{\"command\":\"touch  a\"}"));
        QVERIFY(m_asked.first().expiresAtMs > 0);
        const QJsonObject params{{QStringLiteral("request_id"), m_asked.first().requestId},
                                 {QStringLiteral("decision"), QStringLiteral("allow")}};
        QCOMPARE(ask(QStringLiteral("answer_permission"), params).error, QString());
        QTRY_VERIFY(m_lines.contains(
            QStringLiteral("told {\"behavior\":\"allow\",\"updatedInput\":{\"command\":\"touch  a\"}}")));
        QTRY_COMPARE(m_answered.size(), 1);
        QCOMPARE(m_answered.first().outcome, QStringLiteral("allowed"));
        QCOMPARE(ask(QStringLiteral("answer_permission"), params).code, QStringLiteral("conflict"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
    }

    void permissionIsDeniedWithAMessage()
    {
        create(QStringLiteral("boat"), QStringLiteral("ask"));
        QTRY_COMPARE(m_asked.size(), 1);
        QCOMPARE(ask(QStringLiteral("answer_permission"),
                     {{QStringLiteral("request_id"), m_asked.first().requestId},
                      {QStringLiteral("decision"), QStringLiteral("deny")},
                      {QStringLiteral("message"), QStringLiteral("not now")}})
                     .error,
                 QString());
        QTRY_VERIFY(m_lines.contains(QStringLiteral("told {\"behavior\":\"deny\",\"message\":\"not now\"}")));
    }

    void whoEndsIsNotAskedAnyMore()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("withdraw"));
        QTRY_COMPARE(m_answered.size(), 1);
        QCOMPARE(m_answered.first().outcome, QStringLiteral("gone"));
        command(id, QStringLiteral("ask"));
        QTRY_COMPARE(m_asked.size(), 2);
        QCOMPARE(ask(QStringLiteral("stop_agent"), idParams(id)).error, QString());
        QTRY_COMPARE(m_answered.size(), 2);
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Complete);
        QCOMPARE(ask(QStringLiteral("answer_permission"),
                     {{QStringLiteral("request_id"), m_asked.last().requestId},
                      {QStringLiteral("decision"), QStringLiteral("allow")}})
                     .code,
                 QStringLiteral("not_found"));
    }

    void deathIsShownWithItsLastWords()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("die"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Failed);
        QCOMPARE(m_agents.value(id).stateReason, QStringLiteral("ended with code 3: out of paint"));
        QCOMPARE(m_agents.value(id).info.commands,
                 (QStringList{QStringLiteral("resume_agent"), QStringLiteral("delete_agent")}));
        QCOMPARE(ask(QStringLiteral("command_agent"), idParams(id)).code, QStringLiteral("conflict"));
        QCOMPARE(ask(QStringLiteral("resume_agent"), idParams(id)).error, QString());
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
    }

    void garbageHarmsNobody()
    {
        const AgentId other = create(QStringLiteral("other"), {});
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("garbage"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Failed);
        command(other, QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(other).usage.inputTokens, Count(1000));
    }

    void interruptEndsTheTurn()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hang"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Executing);
        QCOMPARE(ask(QStringLiteral("interrupt_agent"), idParams(id)).error, QString());
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
    }

    void threeAtOnceDoNotMix()
    {
        QList<AgentId> ids;
        for (int i = 0; i < 3; ++i)
            ids << create(QStringLiteral("boat %1").arg(i), QStringLiteral("hello"));
        for (int turn = 2; turn <= 10; ++turn) {
            for (const AgentId& id : ids)
                command(id, QStringLiteral("on"));
        }
        for (const AgentId& id : ids) {
            QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(55'000));
            QCOMPARE(m_agents.value(id).usage.outputTokens, Count(70));
        }
        QCOMPARE(m_agents.size(), 3);
    }

    void whatItOffersAndHowItIsSet()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        QJsonObject menu = ask(QStringLiteral("agent_menu"), idParams(id)).result;
        QCOMPARE(
            menu.value(QStringLiteral("commands")).toArray().at(0).toObject().value(QStringLiteral("hint")),
            QJsonValue(QStringLiteral("[hint]")));
        QCOMPARE(
            menu.value(QStringLiteral("models")).toArray().at(0).toObject().value(QStringLiteral("name")),
            QJsonValue(QStringLiteral("Opus")));
        QCOMPARE(menu.value(QStringLiteral("permission_mode")), QJsonValue(QStringLiteral("default")));

        const Reply model = set(id, "set_model", "model", "opus");
        QCOMPARE(model.error, QString());
        QCOMPARE(model.result.value(QStringLiteral("model")).toString(), QStringLiteral("opus-resolved"));
        QCOMPARE(set(id, "set_permission_mode", "mode", "plan").error, QString());
        menu = ask(QStringLiteral("agent_menu"), idParams(id)).result;
        QCOMPARE(menu.value(QStringLiteral("model")), QJsonValue(QStringLiteral("opus-resolved")));
        QCOMPARE(menu.value(QStringLiteral("permission_mode")), QJsonValue(QStringLiteral("plan")));
        // What the client refuses is told in its words; what it can never take does not reach it.
        QCOMPARE(set(id, "set_permission_mode", "mode", "auto").error, QStringLiteral("auto is not for you"));
        QCOMPARE(set(id, "set_permission_mode", "mode", "--yolo").code, QStringLiteral("bad_request"));
        QCOMPARE(set(id, "set_model", "model", "--help").code, QStringLiteral("bad_request"));
        // What was set is what it is resumed with.
        m_host.reset();
        QFile file(m_temp->filePath(QStringLiteral("data/driven.json")));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray kept = file.readAll();
        QVERIFY(kept.contains("\"model\": \"opus\""));
        QVERIFY(kept.contains("\"permission_mode\": \"plan\""));
    }

    void tasksAreToldReadAndStopped()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("task"));
        const auto task = [&] {
            return ask(QStringLiteral("tasks"), idParams(id))
                .result.value(QStringLiteral("tasks"))
                .toArray()
                .at(0)
                .toObject();
        };
        QTRY_COMPARE(task().value(QStringLiteral("state")), QJsonValue(QStringLiteral("running")));
        QCOMPARE(task().value(QStringLiteral("kind")), QJsonValue(QStringLiteral("shell")));
        QCOMPARE(task().value(QStringLiteral("description")), QJsonValue(QStringLiteral("Tick")));
        QCOMPARE(set(id, "task_output", "task_id", "t1").result.value(QStringLiteral("output")),
                 QJsonValue(QStringLiteral("tick")));
        QCOMPARE(set(id, "stop_task", "task_id", "t1").error, QString());
        QTRY_COMPARE(task().value(QStringLiteral("state")), QJsonValue(QStringLiteral("stopped")));
        QCOMPARE(set(id, "stop_task", "task_id", "").code, QStringLiteral("bad_request"));
    }

    void whatWasNotTakenCanBeWithdrawn()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        const auto waiting = [&] {
            return ask(QStringLiteral("waiting"), idParams(id))
                .result.value(QStringLiteral("messages"))
                .toArray();
        };
        const QString taken = sent(id, QStringLiteral("again"));
        const QString later = sent(id, QStringLiteral("later on"));
        QTRY_COMPARE(waiting().size(), 1);
        QCOMPARE(waiting().at(0).toObject().value(QStringLiteral("message_id")), QJsonValue(later));
        QCOMPARE(waiting().at(0).toObject().value(QStringLiteral("text")),
                 QJsonValue(QStringLiteral("later on")));
        const Reply refused = ask(QStringLiteral("withdraw_message"), withText(id, "message_id", taken));
        QCOMPARE(refused.code, QStringLiteral("conflict"));
        QCOMPARE(refused.error, QStringLiteral("it has been taken already"));
        QCOMPARE(ask(QStringLiteral("withdraw_message"), withText(id, "message_id", later)).error, QString());
        QTRY_COMPARE(waiting().size(), 0);
    }

    void picturesGoWithAMessage()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        const QString png = QString::fromLatin1(QByteArray("\x89PNG\r\n\x1a\n and so on").toBase64());
        const auto reply = [&](const QString& type, const QString& data, int count) {
            QJsonArray images;
            for (int i = 0; i < count; ++i)
                images.append(
                    QJsonObject{{QStringLiteral("media_type"), type}, {QStringLiteral("data"), data}});
            QJsonObject wanted = withText(id, "text", QStringLiteral("look"));
            wanted.insert(QStringLiteral("images"), images);
            return ask(QStringLiteral("command_agent"), wanted);
        };
        const QString type = QStringLiteral("image/png");
        QCOMPARE(reply(type, png, 2).error, QString());
        QTRY_VERIFY(m_lines.contains(QStringLiteral("look with 2 pictures")));
        const Reply wrongType = reply(QStringLiteral("image/jpeg"), png, 1);
        QCOMPARE(wrongType.code, QStringLiteral("bad_request"));
        QCOMPARE(wrongType.result.value(QStringLiteral("field")), QJsonValue(QStringLiteral("images")));
        QCOMPARE(reply(type, QStringLiteral("no base64!"), 1).code, QStringLiteral("bad_request"));
        QCOMPARE(reply(type, png, 9).code, QStringLiteral("bad_request"));
        QCOMPARE(reply(type, png + QString(8'000'000, u'A'), 1).code, QStringLiteral("bad_request"));
    }

    void observedOnesOfferNothing()
    {
        const QJsonObject nobody{{QStringLiteral("agent_id"), AgentId{QUuid::createUuid()}.toString()}};
        QCOMPARE(ask(QStringLiteral("agent_menu"), nobody)
                     .result.value(QStringLiteral("commands"))
                     .toArray()
                     .size(),
                 0);
        QCOMPARE(ask(QStringLiteral("tasks"), nobody).error, QString());
        QCOMPARE(ask(QStringLiteral("set_model"), nobody).code, QStringLiteral("unsupported"));
    }

    /// Turns of no tokens, of more than 100k, and hundreds of answers at once: none is lost and none counts
    /// twice.
    void numbersOfAllSizes()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("zero"));
        QTRY_COMPARE(m_agents.value(id).usage.turns, Count(1));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        QCOMPARE(m_agents.value(id).usage.outputTokens.value_or(0), 0);
        command(id, QStringLiteral("huge"));
        QTRY_COMPARE(m_agents.value(id).usage.contextTokens, Count(150'000));
        QCOMPARE(m_agents.value(id).usage.inputTokens, Count(150'000));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        command(id, QStringLiteral("rapid"));
        QTRY_COMPARE(m_agents.value(id).usage.outputTokens, Count(7 + 300 * 7));
        QCOMPARE(m_agents.value(id).usage.inputTokens, Count(150'000 + 300 * 3000));
        QCOMPARE(m_agents.value(id).usage.contextTokens, Count(3000));
    }

    void namesAreUniqueAndFaultsNameTheirField()
    {
        create(QStringLiteral("boat"), {});
        Reply reply = ask(QStringLiteral("create_agent"), params(QStringLiteral("BOAT")));
        QCOMPARE(reply.code, QStringLiteral("conflict"));
        QCOMPARE(reply.result.value(QStringLiteral("field")).toString(), QStringLiteral("name"));
        reply = ask(QStringLiteral("create_agent"), params(QString()));
        QCOMPARE(reply.code, QStringLiteral("bad_request"));
        QCOMPARE(ask(QStringLiteral("stop_agent"), {}).code, QStringLiteral("bad_request"));
        QCOMPARE(
            ask(QStringLiteral("stop_agent"), {{QStringLiteral("agent_id"), QUuid::createUuid().toString()}})
                .code,
            QStringLiteral("unsupported"));
    }

    void worksInAWorktreeOfItsOwn()
    {
        const QString repository = m_temp->filePath(QStringLiteral("shop"));
        QVERIFY(QDir().mkpath(repository + QStringLiteral("/src")));
        if (!git(repository, {QStringLiteral("init"), QStringLiteral("-q")}))
            QSKIP("git is not installed");
        QFile file(repository + QStringLiteral("/src/a.c"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        QVERIFY(git(repository, {QStringLiteral("add"), QStringLiteral(".")}));
        QVERIFY(git(repository, {QStringLiteral("commit"), QStringLiteral("-qm"), QStringLiteral("first")}));

        QJsonObject wanted = params(QStringLiteral("Cart & co"));
        wanted.insert(QStringLiteral("working_dir"), repository + QStringLiteral("/src"));
        wanted.insert(QStringLiteral("worktree"), true);
        const Reply made = ask(QStringLiteral("create_agent"), wanted);
        QCOMPARE(made.error, QString());
        const AgentId id = AgentId::fromString(made.result.value(QStringLiteral("agent_id")).toString());
        const QString folder = repository + QStringLiteral("-worktrees/plimsoll-cart-co/src");
        QTRY_COMPARE(m_agents.value(id).info.workingDir, folder);
        QVERIFY(QFileInfo::exists(folder + QStringLiteral("/a.c")));

        wanted.insert(QStringLiteral("name"), QStringLiteral("cart, co"));
        const Reply again = ask(QStringLiteral("create_agent"), wanted); // the same branch
        QCOMPARE(again.result.value(QStringLiteral("field")).toString(), QStringLiteral("worktree"));
        QVERIFY2(again.error.contains(QStringLiteral("is there already")), qPrintable(again.error));
        wanted.insert(QStringLiteral("working_dir"), m_temp->path());
        const Reply nowhere = ask(QStringLiteral("create_agent"), wanted);
        QVERIFY2(nowhere.error.contains(QStringLiteral("no git repository")), qPrintable(nowhere.error));
    }

    void survivesARestartAsAResumableRow()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        m_host.reset();
        const QFileInfo kept(m_temp->filePath(QStringLiteral("data/driven.json")));
        QCOMPARE(kept.permissions() & ~(QFile::ReadUser | QFile::WriteUser),
                 QFile::ReadOwner | QFile::WriteOwner);
        begin();
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Complete);
        QCOMPARE(m_agents.value(id).info.name, QStringLiteral("boat"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        QCOMPARE(ask(QStringLiteral("resume_agent"), idParams(id)).error, QString());
        command(id, QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        QCOMPARE(m_agents.size(), 1);
    }

    void deletedOneIsHiddenAndItsLogStays()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        QCOMPARE(ask(QStringLiteral("delete_agent"), idParams(id)).error, QString());
        QTRY_VERIFY(!m_agents.contains(id));
        QCOMPARE(
            QDir(m_temp->filePath(QStringLiteral(".claude/projects/-boat"))).entryList(QDir::Files).size(),
            1);
        m_host.reset();
        begin();
        QVERIFY(!m_agents.contains(id));
        create(QStringLiteral("boat"), {}); // its name is free again
    }

    void withoutTheClientItSaysHowToGetIt()
    {
        m_host.reset();
        m_program = m_temp->filePath(QStringLiteral("none"));
        begin();
        const Reply reply = ask(QStringLiteral("create_agent"), params(QStringLiteral("boat")));
        QCOMPARE(reply.code, QStringLiteral("unavailable"));
        m_program.clear();
    }

private:
    void begin()
    {
        m_agents.clear();
        m_asked.clear();
        m_answered.clear();
        m_lines.clear();
        m_streamed.clear();
        const QString data = m_temp->filePath(QStringLiteral("data"));
        QVERIFY(QDir().mkpath(data));
        const AgentHomes homes = agentHomes(m_temp->path(), false);
        m_host =
            std::make_unique<Orchestrator>(Catalogue::builtIn(), m_temp->path(), homes, StorePlace{data, {}});
        m_host->driveFrom({QStringLiteral(PLIMSOLL_REAPER), m_temp->path(), homes, data,
                           m_program.isEmpty() ? QCoreApplication::applicationFilePath() : m_program});
        connect(m_host.get(), &Host::recorded, this, &TestDriveDesk::take);
        connect(m_host.get(), &Host::replied, this,
                [this](const Reply& reply) { m_replies.insert(reply.id, reply); });
        bool scanned = false;
        connect(m_host.get(), &Host::progressed, this,
                [&scanned](const Progress& progress) { scanned = scanned || !progress.running; });
        m_host->start();
        QTRY_VERIFY(scanned);
        QVERIFY(m_host->capabilities().commands.contains(QStringLiteral("create_agent")));
    }

    void take(const Events& events)
    {
        for (const Event& event : events) {
            if (std::holds_alternative<AgentRemoved>(event.body)) {
                m_agents.remove(event.agent);
            } else if (const auto* text = std::get_if<TextStreamed>(&event.body)) {
                m_streamed += text->chunk + (text->last ? QStringLiteral("|") : QString());
            } else if (const auto* asked = std::get_if<PermissionAsked>(&event.body)) {
                m_asked << *asked;
            } else if (const auto* answered = std::get_if<PermissionAnswered>(&event.body)) {
                m_answered << *answered;
            } else if (const auto* line = std::get_if<Logged>(&event.body)) {
                m_lines << line->text;
            } else if (!event.agent.isNull()) {
                apply(m_agents[event.agent], event);
            }
        }
    }

    Reply ask(const QString& method, const QJsonObject& params)
    {
        const quint64 id = m_host->query(method, params);
        if (!QTest::qWaitFor([&] { return m_replies.contains(id); }))
            return {id, {}, QStringLiteral("no answer"), {}};
        return m_replies.take(id);
    }

    [[nodiscard]] QJsonObject params(const QString& name) const
    {
        return {{QStringLiteral("kind"), QStringLiteral("claude-code")},
                {QStringLiteral("name"), name},
                {QStringLiteral("working_dir"), m_temp->path()}};
    }

    AgentId create(const QString& name, const QString& prompt)
    {
        QJsonObject wanted = params(name);
        wanted.insert(QStringLiteral("prompt"), prompt);
        const Reply reply = ask(QStringLiteral("create_agent"), wanted);
        if (!reply.error.isEmpty())
            qWarning("not created: %s", qUtf8Printable(reply.error));
        return AgentId::fromString(reply.result.value(QStringLiteral("agent_id")).toString());
    }

    static QJsonObject idParams(const AgentId& id) { return {{QStringLiteral("agent_id"), id.toString()}}; }

    static bool git(const QString& folder, const QStringList& arguments)
    {
        QProcess process;
        process.start(QStringLiteral("git"),
                      QStringList{QStringLiteral("-C"), folder, QStringLiteral("-c"),
                                  QStringLiteral("user.name=Ada"), QStringLiteral("-c"),
                                  QStringLiteral("user.email=ada@example.org")} +
                          arguments);
        return process.waitForStarted() && process.waitForFinished() && process.exitCode() == 0;
    }

    static QJsonObject withText(const AgentId& id, const char* key, const QString& text)
    {
        QJsonObject wanted = idParams(id);
        wanted.insert(QLatin1String(key), text);
        return wanted;
    }

    Reply set(const AgentId& id, const char* method, const char* key, const char* value)
    {
        return ask(QLatin1String(method), withText(id, key, QLatin1String(value)));
    }

    /// The id of the message.
    QString sent(const AgentId& id, const QString& text)
    {
        const Reply reply = ask(QStringLiteral("command_agent"), withText(id, "text", text));
        return reply.result.value(QStringLiteral("message_id")).toString();
    }

    void command(const AgentId& id, const QString& text)
    {
        QJsonObject wanted = idParams(id);
        wanted.insert(QStringLiteral("text"), text);
        QCOMPARE(ask(QStringLiteral("command_agent"), wanted).error, QString());
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    std::unique_ptr<Orchestrator> m_host;
    QHash<AgentId, Agent> m_agents;
    QHash<quint64, Reply> m_replies;
    QList<PermissionAsked> m_asked;
    QList<PermissionAnswered> m_answered;
    QStringList m_lines;
    QString m_streamed;
    QString m_program;
};

int main(int argc, char** argv)
{
    const QCoreApplication app(argc, argv);
    if (argc > 1 && qstrcmp(argv[1], "-p") == 0)
        return FakeAgent(QCoreApplication::arguments()).run();
    TestDriveDesk test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_drivedesk.moc"

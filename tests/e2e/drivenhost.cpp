// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"
#include "models/codec.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QSocketNotifier>

#include <cstdio>
#include <memory>
#include <tuple>
#include <unistd.h>

using namespace plimsoll;

// The host of this machine by itself, for a test to command: drivenhost HOME DATA REAPER. Each line of
// standard input is {"method", "params"}; each line of output {"reply"} or {"event"}; "ready" once the home
// was read. Ends with its input.

namespace {

void say(const QJsonObject& object)
{
    const QByteArray line = QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    std::ignore = std::fwrite(line.constData(), 1, size_t(line.size()), stdout);
    std::ignore = std::fflush(stdout);
}

void listenTo(Orchestrator& host)
{
    QObject::connect(&host, &Host::recorded, &host, [](const Events& events) {
        for (const Event& event : events)
            say({{QStringLiteral("event"), toJson(event)}});
    });
    QObject::connect(&host, &Host::replied, &host, [](const Reply& reply) {
        say({{QStringLiteral("reply"), QJsonObject{{QStringLiteral("id"), qint64(reply.id)},
                                                   {QStringLiteral("result"), reply.result},
                                                   {QStringLiteral("error"), reply.error},
                                                   {QStringLiteral("code"), reply.code}}}});
    });
    QObject::connect(&host, &Host::failed, &host, [](const QString& text) {
        say({{QStringLiteral("failed"), text}});
    });
    QObject::connect(&host, &Host::progressed, &host, [](const Progress& progress) {
        if (!progress.running)
            say({{QStringLiteral("ready"), true}});
    });
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() != 4)
        return 2;
    const AgentHomes homes = agentHomes(arguments.at(1), false);
    Orchestrator host(Catalogue::builtIn(), arguments.at(1), homes, StorePlace{arguments.at(2), {}});
    host.driveFrom({arguments.at(3), arguments.at(1), homes, arguments.at(2), {}});
    listenTo(host);
    QByteArray begun;
    QSocketNotifier input(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&input, &QSocketNotifier::activated, &host, [&] {
        char bytes[4096];
        const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (count <= 0)
            return QCoreApplication::quit();
        begun.append(bytes, count);
        for (qsizetype end = begun.indexOf('\n'); end >= 0; end = begun.indexOf('\n')) {
            const QJsonObject command = QJsonDocument::fromJson(begun.first(end)).object();
            begun.remove(0, end + 1);
            const quint64 id = host.query(command.value(QStringLiteral("method")).toString(),
                                          command.value(QStringLiteral("params")).toObject());
            say({{QStringLiteral("asked"), qint64(id)}});
        }
    });
    host.start();
    return QCoreApplication::exec();
}

// SPDX-License-Identifier: GPL-3.0-or-later
// 50 agents that stream 200 deltas a second each, through the whole engine: from the moment that a child
// writes a line to the moment that the list's row has changed (a state that it tells five times a second),
// and to the moment that the window is given a piece of text; the CPU of all our threads. Beside it the same
// with one agent. bench_drive [SECONDS]
#include "app/orchestrator.h"
#include "models/agentmodel.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QLoggingCategory>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <tuple>
#include <vector>

using namespace plimsoll;

namespace {

constexpr int deltasPerSecond = 200;
constexpr int statesPerSecond = 5;

qint64 nowUs()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::microseconds(1);
}

double cpuSeconds()
{
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) != 0)
        return 0;
    return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void say(const std::string& line)
{
    std::ignore = std::fwrite(line.data(), 1, line.size(), stdout);
    std::ignore = std::fputc('\n', stdout);
    std::ignore = std::fflush(stdout);
}

/// The child: what Claude Code would write, with the time of each line in it.
void stream(int seconds)
{
    say(R"({"type":"system","subtype":"session_state_changed","state":"running"})");
    auto next = std::chrono::steady_clock::now();
    for (int i = 0; i < seconds * deltasPerSecond; ++i) {
        next += std::chrono::microseconds(1'000'000 / deltasPerSecond);
        std::this_thread::sleep_until(next);
        if (i % (deltasPerSecond / statesPerSecond) == 0)
            say(R"({"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"error":"at )" +
                std::to_string(nowUs()) + "\"}");
        say(R"({"type":"stream_event","parent_tool_use_id":null,"session_id":"x","uuid":"00000000-0000-4000-8000-000000000000",)"
            R"("event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"at )" +
            std::to_string(nowUs()) + " \"}}}");
    }
    say(R"({"type":"result","subtype":"success","is_error":false})");
    say(R"({"type":"system","subtype":"session_state_changed","state":"idle"})");
}

/// As fast as it is read.
void flood(qint64 megabytes)
{
    const std::string line =
        R"({"type":"stream_event","parent_tool_use_id":null,"event":{"type":"content_block_delta","delta":{"type":"text_delta","text":")" +
        std::string(900, 'x') + "\"}}}\n";
    std::string block;
    while (block.size() < 64 * 1024)
        block += line;
    for (qint64 left = megabytes * 1'000'000; left > 0; left -= qint64(block.size()))
        std::ignore = std::fwrite(block.data(), 1, block.size(), stdout);
    say(R"({"type":"result","subtype":"success","is_error":false})");
    say(R"({"type":"system","subtype":"session_state_changed","state":"idle"})");
}

void begin(const QString& prompt)
{
    if (prompt.startsWith(QLatin1String("flood ")))
        flood(prompt.mid(6).toLongLong());
    else
        stream(prompt.toInt());
}

int runChild()
{
    std::string line;
    while (std::getline(std::cin, line)) {
        const QJsonObject said = QJsonDocument::fromJson(QByteArray::fromStdString(line)).object();
        const QString id = said.value(QLatin1String("request_id")).toString();
        if (!id.isEmpty())
            say(R"({"type":"control_response","response":{"subtype":"success","request_id":")" +
                id.toStdString() + R"(","response":{}}})");
        else
            begin(said.value(QLatin1String("message")).toObject().value(QLatin1String("content")).toString());
    }
    return 0;
}

/// ms since the time that stands first in a text; negative = none does.
double lagOf(const QString& text)
{
    const qsizetype at = text.indexOf(QLatin1String("at ")); // of a piece that was gathered the oldest
    const qint64 us = at < 0 ? 0 : text.mid(at + 3).section(QLatin1Char(' '), 0, 0).toLongLong();
    return us == 0 ? -1 : double(nowUs() - us) / 1000;
}

void print(const char* name, int agents, std::vector<double> lags)
{
    std::sort(lags.begin(), lags.end());
    for (const auto& [label, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99)})
        std::printf("drive_%d_agents_%s_%s %.1f ms\n", agents, name, label,
                    lags.empty() ? -1 : lags[std::min(lags.size() - 1, size_t(double(lags.size()) * share))]);
}

double residentMb()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    return file.open(QIODevice::ReadOnly)
               ? double(file.readAll().split(' ').value(1).toLongLong()) * 4096 / 1e6
               : 0;
}

/// Starts the agents, each with the same first prompt.
void begin(Orchestrator& host, int count, const QString& folder, const QString& prompt)
{
    host.start();
    for (int i = 0; i < count; ++i)
        std::ignore = host.query(QStringLiteral("create_agent"),
                                 {{QStringLiteral("kind"), QStringLiteral("claude-code")},
                                  {QStringLiteral("name"), QStringLiteral("agent %1").arg(i)},
                                  {QStringLiteral("working_dir"), folder},
                                  {QStringLiteral("prompt"), prompt}});
}

void measureFlood(int count, qint64 megabytes)
{
    const QTemporaryDir home;
    const QString data = home.filePath(QStringLiteral("data"));
    std::ignore = QDir().mkpath(data);
    const AgentHomes homes = agentHomes(home.path(), false);
    Orchestrator host(Catalogue::builtIn(), home.path(), homes, StorePlace{data, {}});
    host.driveFrom(
        {QStringLiteral(PLIMSOLL_REAPER), home.path(), homes, data, QCoreApplication::applicationFilePath()});
    AgentModel model;
    double before = 0;
    double most = 0;
    qint64 chars = 0;
    QObject::connect(&host, &Host::recorded, &model, [&](const Events& events) {
        model.apply(events);
        for (const Event& event : events) {
            if (const auto* text = std::get_if<TextStreamed>(&event.body))
                chars += text->chunk.size();
        }
        most = std::max(most, residentMb());
        int idle = 0;
        for (const Agent& agent : model.agents())
            idle += agent.state == AgentState::Idle && agent.stateReason.isEmpty() ? 1 : 0;
        if (idle == count)
            QCoreApplication::quit();
    });
    before = residentMb();
    const qint64 begunUs = nowUs();
    begin(host, count, home.path(), QStringLiteral("flood %1").arg(megabytes));
    QCoreApplication::exec();
    std::printf("drive_flood_agents %d agents\ndrive_flood_read %.1f GB\n", count,
                double(count * megabytes) / 1000);
    std::printf("drive_flood_seconds %.0f s\n", double(nowUs() - begunUs) / 1e6);
    std::printf("drive_flood_text_shown %.0f MB\n", double(chars) / 1e6);
    std::printf("drive_flood_memory_growth %.1f MB\n", most - before);
}

void measure(int count, int seconds)
{
    const QTemporaryDir home;
    const QString data = home.filePath(QStringLiteral("data"));
    std::ignore = QDir().mkpath(data);
    const AgentHomes homes = agentHomes(home.path(), false);
    Orchestrator host(Catalogue::builtIn(), home.path(), homes, StorePlace{data, {}});
    host.driveFrom(
        {QStringLiteral(PLIMSOLL_REAPER), home.path(), homes, data, QCoreApplication::applicationFilePath()});
    AgentModel model;
    std::vector<double> rows;
    std::vector<double> texts;
    QObject::connect(&model, &QAbstractItemModel::dataChanged, &model,
                     [&](const QModelIndex& from, const QModelIndex& to) {
                         for (int row = from.row(); row <= to.row(); ++row) {
                             const Agent& agent = model.agents().at(row);
                             const double lag = lagOf(agent.stateReason);
                             if (lag >= 0 && agent.state == AgentState::Waiting)
                                 rows.push_back(lag);
                         }
                     });
    QObject::connect(&host, &Host::recorded, &model, [&](const Events& events) {
        model.apply(events);
        for (const Event& event : events) {
            const auto* text = std::get_if<TextStreamed>(&event.body);
            if (text != nullptr && !text->chunk.isEmpty())
                texts.push_back(lagOf(text->chunk));
        }
    });
    begin(host, count, home.path(), QString::number(seconds));
    QTimer::singleShot(2000, &model, [&] {
        rows.clear(); // what their start has cost is not the question
        texts.clear();
        const double before = cpuSeconds();
        const qint64 begunUs = nowUs();
        QTimer::singleShot((seconds - 3) * 1000, &model, [&, before, begunUs] {
            std::printf("drive_%d_agents_cpu %.0f %%_of_a_core\n", count,
                        (cpuSeconds() - before) / (double(nowUs() - begunUs) / 1e6) * 100);
            QCoreApplication::quit();
        });
    });
    QCoreApplication::exec();
    print("row", count, rows);
    print("text", count, texts);
    std::printf("drive_%d_agents_row_changes %zu changes\n", count, rows.size());
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication app(argc, argv);
    if (argc > 1 && qstrcmp(argv[1], "-p") == 0)
        return runChild();
    QLoggingCategory::setFilterRules(QStringLiteral("plimsoll.drive=false"));
    const int seconds = std::max(5, argc > 1 ? QByteArray(argv[1]).toInt() : 12);
    measure(1, seconds);
    measure(50, seconds);
    const int megabytes = qEnvironmentVariableIntValue("PLIMSOLL_FLOOD_MB");
    measureFlood(10, megabytes > 0 ? megabytes : 100);
    return 0;
}

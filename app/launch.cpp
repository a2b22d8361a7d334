// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/launch.h"

#include "app/orchestrator.h"
#include "app/remotehost.h"
#include "app/replayhost.h"
#include "app/shareservice.h"
#include "models/settings.h"

#include <QDir>
#include <QFile>
#include <QLoggingCategory>

#include <malloc.h>
#include <optional>
#include <sys/stat.h>
#include <tuple>

namespace plimsoll {

std::variant<Options, int> launchOptions(int argc, char** argv)
{
    ::umask(077);
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    const auto parsed = parseOptions(arguments, QDir::homePath());
    if (const auto* exit = std::get_if<EarlyExit>(&parsed))
        return print(exit->code == 0 ? stdout : stderr, exit->text.toUtf8()) ? exit->code : 1;
    return std::get<Options>(parsed);
}

bool prepareToRun(const Options& options)
{
    const bool needsFolder = options.serve || options.mode == Options::Mode::Access;
    const QString dir = needsFolder ? options.dataDir : options.historyDir;
    const QString wrong = dir.isEmpty() ? QString() : prepareDataDir(dir);
    if (!wrong.isEmpty() && (options.dataDirGiven || needsFolder)) {
        refuse(wrong); // else the store says what is wrong and tries again
        return false;
    }
    if (options.verbose)
        QLoggingCategory::setFilterRules(QStringLiteral("plimsoll.*=true"));
    return true;
}

void keepOneHeap()
{
#ifdef __GLIBC__
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD,
              128 * 1024); // fixed: else it grows, and what is large leaves holes in the heap
#endif
}

Catalogue loadCatalogue(const Options& options, QString& complaint)
{
    Catalogue catalogue = Catalogue::builtIn();
    QFile file(options.configDir + QStringLiteral("/models.json"));
    constexpr qint64 maxBytes = 4 * 1024 * 1024;
    if (!file.exists())
        return catalogue;
    if (!file.open(QIODevice::ReadOnly) || file.size() > maxBytes)
        complaint = file.fileName() + QStringLiteral(": cannot be read; the built-in catalogue is used");
    else
        complaint = catalogue.applyOverrides(file.readAll(), file.fileName());
    return catalogue;
}

QString placesPath(const Options& options)
{
    return options.configDir + QStringLiteral("/places.json");
}

QString takeRemotePlace(const Options& options, RemotePlace& place)
{
    QString token = qEnvironmentVariable("PLIMSOLL_TOKEN").trimmed();
    qunsetenv("PLIMSOLL_TOKEN");
    if (options.connect.isEmpty())
        return {};
    place.url = QUrl(options.connect);
    if (const auto known = Places(placesPath(options)).find(place.url))
        place = *known;
    QString from = QStringLiteral("PLIMSOLL_TOKEN");
    if (!options.tokenFile.isEmpty()) {
        constexpr qint64 maxBytes = 4096;
        from = options.tokenFile;
        QFile file(from);
        if (!file.open(QIODevice::ReadOnly))
            return QStringLiteral("--token-file %1: %2").arg(from, file.errorString());
        token = QString::fromLatin1(file.read(maxBytes)).trimmed();
        if (token.isEmpty())
            return QStringLiteral("--token-file %1 is empty").arg(from);
    }
    if (token.isEmpty())
        return {}; // the server says what it wants
    if (!isToken(token))
        return QStringLiteral("%1 holds no token").arg(from);
    place.token = token;
    return {};
}

std::unique_ptr<Host> makeHost(const Options& options, const Catalogue& catalogue, const Settings& settings,
                               const RemotePlace& place)
{
    if (!options.connect.isEmpty())
        return std::make_unique<RemoteHost>(place);
    if (options.replay.isEmpty()) {
        const Retention retention{settings.keepSamplesDays.value(), settings.keepTextDays.value(),
                                  qint64{settings.keepTextMb.value()} * 1'000'000};
        const auto store = options.historyDir.isEmpty()
                               ? std::nullopt
                               : std::optional(StorePlace{options.historyDir, retention});
        const AgentHomes homes = agentHomes(options.home, !options.homeGiven);
        auto host = std::make_unique<Orchestrator>(catalogue, options.home, homes, store);
        host->driveFrom({findReaper(), options.home, homes, options.historyDir, {}});
        return host;
    }
    const QString path = options.replay == QLatin1String(":demo") ? ReplayHost::demoPath() : options.replay;
    const auto mode = options.screenshotDir.isEmpty() ? ReplayHost::Mode::Live : ReplayHost::Mode::AtOnce;
    return std::make_unique<ReplayHost>(path, mode);
}

std::unique_ptr<ShareService> makeSharing(Host& host, const Options& options)
{
    ShareTies ties;
    auto* local = qobject_cast<Orchestrator*>(&host);
    if (!local)
        return std::make_unique<ShareService>(host, options.dataDir, ties);
    ties.attach = [local](Handover<Events> frames, std::function<void()> attached) {
        local->feed(std::move(frames), std::move(attached));
    };
    ties.audit = [local](const AuditRow& row) { local->keepAudit(row); };
    ties.keepCounter = [local](const QString& session, const ContextValue& value) {
        local->keepCounter(session, contextData(value), value.atMs);
    };
    auto sharing = std::make_unique<ShareService>(host, options.dataDir, ties);
    QObject::connect(local, &Orchestrator::counterLoaded, sharing.get(),
                     [service = sharing.get()](const QString& session, const QJsonObject& json, qint64 atMs) {
                         QString fault;
                         std::optional<ContextValue> value = contextFromJson(json, fault);
                         if (!value)
                             return;
                         value->atMs = atMs;
                         service->addKeptCounter(session, *value);
                     });
    return sharing;
}

bool print(std::FILE* stream, const QByteArray& text)
{
    const bool written = std::fwrite(text.constData(), 1, size_t(text.size()), stream) == size_t(text.size());
    return std::fflush(stream) == 0 && written;
}

void complain(const QString& text)
{
    if (!text.isEmpty())
        std::ignore = print(stderr, (text + QLatin1Char('\n')).toUtf8());
}

int refuse(const QString& text)
{
    complain(QStringLiteral("plimsoll: ") + text);
    return 2;
}

} // namespace plimsoll

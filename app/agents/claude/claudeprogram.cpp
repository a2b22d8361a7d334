// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudeprogram.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr std::array exactNames{"PATH",
                                "USER",
                                "LOGNAME",
                                "SHELL",
                                "LANG",
                                "LANGUAGE",
                                "TZ",
                                "TMPDIR",
                                "SSH_AUTH_SOCK",
                                "DISPLAY",
                                "WAYLAND_DISPLAY",
                                "XAUTHORITY",
                                "DBUS_SESSION_BUS_ADDRESS",
                                "HTTP_PROXY",
                                "HTTPS_PROXY",
                                "NO_PROXY",
                                "ALL_PROXY",
                                "http_proxy",
                                "https_proxy",
                                "no_proxy",
                                "all_proxy",
                                "SSL_CERT_FILE",
                                "SSL_CERT_DIR",
                                "NODE_EXTRA_CA_CERTS",
                                "CLAUDE_CODE_OAUTH_TOKEN",
                                "CLAUDE_CODE_USE_BEDROCK",
                                "CLAUDE_CODE_USE_VERTEX",
                                "DISABLE_TELEMETRY",
                                "DISABLE_ERROR_REPORTING",
                                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
                                "CLOUD_ML_REGION"};
constexpr std::array prefixes{"LC_", "XDG_", "ANTHROPIC_"};

bool isPassedOn(const QString& name, const QProcessEnvironment& ours)
{
    const auto is = [&name](const char* other) { return name == QLatin1String(other); };
    const auto begins = [&name](const char* prefix) { return name.startsWith(QLatin1String(prefix)); };
    if (std::any_of(exactNames.begin(), exactNames.end(), is) ||
        std::any_of(prefixes.begin(), prefixes.end(), begins))
        return true;
    // Keys of a cloud only for those who use it.
    return (begins("AWS_") && ours.contains(QStringLiteral("CLAUDE_CODE_USE_BEDROCK"))) ||
           ((begins("GOOGLE_") || begins("VERTEX_")) &&
            ours.contains(QStringLiteral("CLAUDE_CODE_USE_VERTEX")));
}

} // namespace

QString findClaude(const QString& home, const QString& path)
{
    QStringList folders = path.split(QLatin1Char(':'), Qt::SkipEmptyParts);
    for (const char* folder : {"/.local/bin", "/.claude/local", "/.npm-global/bin", "/.bun/bin", "/bin"})
        folders << home + QLatin1String(folder);
    folders << QStringLiteral("/usr/local/bin") << QStringLiteral("/usr/bin")
            << QStringLiteral("/opt/homebrew/bin");
    for (const QString& folder : std::as_const(folders)) {
        const QFileInfo program(folder + QStringLiteral("/claude"));
        if (QDir::isAbsolutePath(folder) && program.isFile() && program.isExecutable())
            return program.absoluteFilePath();
    }
    return {};
}

QString claudeMissingText()
{
    return QStringLiteral("Claude Code is not installed, or not on the PATH. Get it with: npm install -g "
                          "@anthropic-ai/claude-code");
}

QStringList claudeEnvironment(const QProcessEnvironment& ours, const QString& home, const QString& configDir,
                              const QStringList& additions)
{
    QProcessEnvironment environment;
    const QStringList names = ours.keys();
    for (const QString& name : names) {
        if (isPassedOn(name, ours))
            environment.insert(name, ours.value(name));
    }
    environment.insert(QStringLiteral("HOME"), home);
    if (!configDir.isEmpty())
        environment.insert(QStringLiteral("CLAUDE_CONFIG_DIR"), configDir);
    for (const char* name : {"DISABLE_AUTOUPDATER", "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS",
                             "CLAUDE_CODE_STARTUP_FAILURE_RESULTS", "CLAUDE_CODE_ENABLE_TASKS"})
        environment.insert(QLatin1String(name), QStringLiteral("1"));
    for (const QString& addition : additions)
        environment.insert(addition.section(QLatin1Char('='), 0, 0), addition.section(QLatin1Char('='), 1));
    return environment.toStringList();
}

} // namespace plimsoll

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/createparams.h"

#include "app/worktree.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr qsizetype maxName = 80;
constexpr qsizetype maxPrompt = qsizetype{1024} * 1024;
constexpr qsizetype maxSystemPrompt = qsizetype{200} * 1000;
constexpr qsizetype maxTools = 100;
constexpr std::array modes{"default", "manual", "acceptEdits", "auto", "plan", "dontAsk"};

Refusal wrong(const char* field, const QString& text)
{
    return {QStringLiteral("bad_request"), text, QLatin1String(field)};
}

bool matches(const QString& text, const char* pattern)
{
    return QRegularExpression(QRegularExpression::anchoredPattern(QLatin1String(pattern)))
        .match(text)
        .hasMatch();
}

bool hasControls(const QString& text)
{
    return std::any_of(text.begin(), text.end(), [](QChar c) {
        return c.category() == QChar::Other_Control || c.category() == QChar::Other_Format;
    });
}

/// Reads params one by one and keeps the first fault.
class Params
{
public:
    explicit Params(const QJsonObject& params)
        : m_params(params)
    {
    }

    QString text(const char* key, qsizetype most)
    {
        const QJsonValue value = m_params.value(QLatin1String(key));
        if (!value.isUndefined() && !value.isNull() && !value.isString())
            fail(key, QStringLiteral("must be a text"));
        QString text = value.toString();
        if (text.size() > most)
            fail(key, QStringLiteral("is too long: at most %1 characters").arg(most));
        return text;
    }

    void fail(const char* key, const QString& text)
    {
        if (!m_fault)
            m_fault = wrong(key, text);
    }

    [[nodiscard]] const std::optional<Refusal>& fault() const { return m_fault; }
    [[nodiscard]] QJsonValue value(const char* key) const { return m_params.value(QLatin1String(key)); }

private:
    const QJsonObject& m_params;
    std::optional<Refusal> m_fault;
};

void readName(Params& params, CreateParams& create)
{
    create.name = params.text("name", maxName).trimmed();
    if (create.name.isEmpty())
        params.fail("name", QStringLiteral("an agent needs a name"));
    if (hasControls(create.name))
        params.fail("name", QStringLiteral("holds characters that cannot be seen"));
}

void readFolder(Params& params, CreateParams& create)
{
    const QString folder = params.text("working_dir", 4096);
    create.setup.workingDir = QDir::cleanPath(folder);
    if (folder.isEmpty())
        params.fail("working_dir", QStringLiteral("an agent needs a folder to work in"));
    else if (!QDir::isAbsolutePath(folder))
        params.fail("working_dir", QStringLiteral("must be an absolute path"));
    else if (!QFileInfo(folder).isDir())
        params.fail("working_dir", QStringLiteral("there is no such folder"));
}

/// true, or {branch}.
void readWorktree(Params& params, CreateParams& create)
{
    const QJsonValue value = params.value("worktree");
    if (value.isUndefined() || value.isNull() || (value.isBool() && !value.toBool()))
        return;
    if (!value.isBool() && !value.isObject())
        return params.fail("worktree", QStringLiteral("must be true or {branch}"));
    create.branch = value.toObject().value(QLatin1String("branch")).toString();
    if (create.branch.isEmpty())
        create.branch = branchFor(create.name);
    if (!isBranchName(create.branch))
        params.fail("worktree",
                    QStringLiteral("\"%1\" is not the name of a branch").arg(create.branch.left(60)));
}

void readChoices(Params& params, CreateParams& create, const QString& configDir)
{
    create.setup.model = params.text("model", 128);
    if (!create.setup.model.isEmpty() && !isModelName(create.setup.model))
        params.fail("model", QStringLiteral("is not the name of a model"));
    create.setup.permissionMode = params.text("permission_mode", 40);
    if (!create.setup.permissionMode.isEmpty() && !isPermissionMode(create.setup.permissionMode))
        params.fail("permission_mode",
                    QStringLiteral("must be one of default, acceptEdits, auto, plan, dontAsk"));
    create.setup.systemPrompt = params.text("system_prompt", maxSystemPrompt);
    create.setup.agentTemplate = params.text("template", 128);
    if (!create.setup.agentTemplate.isEmpty() &&
        !agentTemplates(create.setup.workingDir, configDir).contains(create.setup.agentTemplate))
        params.fail("template", QStringLiteral("there is no such template in .claude/agents"));
    const QJsonValue keep = params.value("keep_running");
    if (!keep.isUndefined() && !keep.isNull() && !keep.isBool())
        params.fail("keep_running", QStringLiteral("must be true or false"));
    create.setup.keepRunning = keep.toBool();
    readWorktree(params, create);
}

void readTools(Params& params, CreateParams& create)
{
    const QJsonValue value = params.value("allowed_tools");
    if (value.isUndefined() || value.isNull())
        return;
    if (!value.isArray() || value.toArray().size() > maxTools)
        return params.fail("allowed_tools",
                           QStringLiteral("must be a list of at most %1 tools").arg(maxTools));
    for (const auto& tool : value.toArray()) {
        QString text = tool.toString();
        // It stands among the arguments of a program: nothing that could be taken for an option.
        if (text.size() > 500 || hasControls(text) || !matches(text, R"([A-Za-z_][A-Za-z0-9_.-]*(\(.+\))?)"))
            return params.fail("allowed_tools", QStringLiteral("\"%1\" is not a tool").arg(text.left(60)));
        create.setup.allowedTools << text;
    }
}

void readBudget(Params& params, CreateParams& create)
{
    const QJsonValue value = params.value("budget");
    if (value.isUndefined() || value.isNull())
        return;
    const QJsonValue turns = value.toObject().value(QLatin1String("turns"));
    const QJsonValue usd = value.toObject().value(QLatin1String("usd"));
    if (!value.isObject())
        params.fail("budget", QStringLiteral("must be {turns, usd}"));
    if (!turns.isUndefined() && !turns.isNull() && (turns.toInteger(0) < 1 || turns.toInteger(0) > 100'000))
        params.fail("budget.turns", QStringLiteral("must be a whole number from 1 to 100000"));
    if (!usd.isUndefined() && !usd.isNull() && !(usd.toDouble() > 0 && usd.toDouble() <= 100'000))
        params.fail("budget.usd", QStringLiteral("must be more than 0 and at most 100000"));
    create.setup.maxTurns = int(std::clamp<qint64>(turns.toInteger(0), 0, 100'000));
    create.setup.maxUsd = usd.toDouble();
}

void readAdditions(Params& params, CreateParams& create)
{
    const QJsonValue value = params.value("env");
    if (value.isUndefined() || value.isNull())
        return;
    const QJsonObject env = value.toObject();
    if (!value.isObject() || env.size() > 100)
        params.fail("env", QStringLiteral("must be an object of at most 100 texts"));
    for (auto it = env.begin(); it != env.end(); ++it) {
        QString text = it.value().toString();
        if (!matches(it.key(), "[A-Za-z_][A-Za-z0-9_]*") || !it.value().isString() ||
            text.contains(QChar(0)) || text.size() > 32 * 1024)
            return params.fail("env", QStringLiteral("\"%1\" is not a variable").arg(it.key().left(60)));
        create.additions << it.key() + QLatin1Char('=') + text;
    }
}

} // namespace

bool isModelName(const QString& text)
{
    return text.size() <= 128 && matches(text, R"([A-Za-z0-9][A-Za-z0-9._:/@\[\]-]*)");
}

bool isPermissionMode(const QString& text)
{
    return std::any_of(modes.begin(), modes.end(),
                       [&text](const char* mode) { return text == QLatin1String(mode); });
}

QStringList agentTemplates(const QString& workingDir, const QString& configDir)
{
    QStringList names;
    for (const QString& folder :
         {workingDir + QStringLiteral("/.claude/agents"), configDir + QStringLiteral("/agents")}) {
        const QFileInfoList files = QDir(folder).entryInfoList({QStringLiteral("*.md")}, QDir::Files);
        for (const QFileInfo& file : files) {
            if (matches(file.completeBaseName(), "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"))
                names << file.completeBaseName();
        }
    }
    names.removeDuplicates();
    names.sort();
    return names;
}

std::variant<CreateParams, Refusal> readCreateParams(const QJsonObject& object, const QString& configDir)
{
    Params params(object);
    CreateParams create;
    if (params.text("kind", 40) != QLatin1String("claude-code"))
        params.fail("kind", QStringLiteral("Plimsoll can start Claude Code only: \"claude-code\""));
    readName(params, create);
    readFolder(params, create);
    readChoices(params, create, configDir);
    readTools(params, create);
    readBudget(params, create);
    readAdditions(params, create);
    create.prompt = params.text("prompt", maxPrompt);
    if (params.fault())
        return *params.fault();
    return create;
}

} // namespace plimsoll

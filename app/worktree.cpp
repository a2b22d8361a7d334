// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/worktree.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTimer>

#include <utility>

namespace plimsoll {

namespace {

constexpr int patienceMs = 60'000; ///< a large repository takes a while to check out
constexpr qsizetype maxBranch = 100;
constexpr qsizetype maxWords = 300;

} // namespace

bool isBranchName(const QString& text)
{
    // Stricter than git-check-ref-format(1): it becomes the name of a folder, too.
    static const QRegularExpression pattern(
        QStringLiteral("^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"));
    return text.size() <= maxBranch && pattern.match(text).hasMatch() &&
           !text.contains(QLatin1String("..")) && !text.endsWith(QLatin1String(".lock")) &&
           !text.endsWith(QLatin1Char('.'));
}

QString branchFor(const QString& agentName)
{
    static const QRegularExpression others(QStringLiteral("[^a-z0-9]+"));
    QString slug = agentName.toLower().replace(others, QStringLiteral("-")).left(60);
    while (slug.startsWith(QLatin1Char('-')))
        slug.remove(0, 1);
    while (slug.endsWith(QLatin1Char('-')))
        slug.chop(1);
    return QStringLiteral("plimsoll/") + (slug.isEmpty() ? QStringLiteral("agent") : slug);
}

Worktree::Worktree(QString folder, QString branch, QObject* parent)
    : QObject(parent)
    , m_git(this)
    , m_folder(std::move(folder))
    , m_branch(std::move(branch))
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("GIT_TERMINAL_PROMPT"), QStringLiteral("0"));
    environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
    m_git.setProcessEnvironment(environment);
    m_git.setStandardInputFile(QProcess::nullDevice());
    connect(&m_git, &QProcess::finished, this, &Worktree::onFinished);
    connect(&m_git, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(tr("git is not installed, or not on the PATH"));
    });
    QTimer::singleShot(patienceMs, this, [this] {
        fail(tr("git has not made the worktree within a minute"));
        m_git.kill();
    });
    run({QStringLiteral("rev-parse"), QStringLiteral("--show-toplevel")});
}

void Worktree::run(const QStringList& arguments)
{
    m_git.start(QStringLiteral("git"), QStringList{QStringLiteral("-C"), m_folder} + arguments);
}

void Worktree::onFinished(int code)
{
    const QString said = QString::fromUtf8(m_git.readAllStandardError()).trimmed().left(maxWords);
    const QString told = QString::fromUtf8(m_git.readAllStandardOutput()).trimmed();
    if (m_top.isEmpty()) {
        if (code != 0 || told.isEmpty())
            return fail(tr("the folder is in no git repository: %1").arg(said));
        m_top = told;
        m_path = m_top + QStringLiteral("-worktrees/") +
                 QString(m_branch).replace(QLatin1Char('/'), QLatin1Char('-'));
        if (QFileInfo::exists(m_path))
            return fail(tr("%1 is there already; take another branch").arg(m_path));
        return run(
            {QStringLiteral("worktree"), QStringLiteral("add"), QStringLiteral("-b"), m_branch, m_path});
    }
    if (code != 0)
        return fail(said.isEmpty() ? tr("git refuses") : said);
    // The same folder of the repository, where there is one.
    const QString below = QDir(m_top).relativeFilePath(QFileInfo(m_folder).canonicalFilePath());
    const QString folder = QDir::cleanPath(m_path + QLatin1Char('/') + below);
    emit made(QFileInfo(folder).isDir() && folder.startsWith(m_path) ? folder : m_path);
    deleteLater();
}

void Worktree::fail(const QString& why)
{
    disconnect(&m_git, nullptr, this, nullptr);
    emit failed(why);
    deleteLater();
}

} // namespace plimsoll

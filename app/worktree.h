// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QProcess>

namespace plimsoll {

/// Whether git takes a text for the name of a new branch, and nothing takes it for an option or a path.
[[nodiscard]] bool isBranchName(const QString& text);

/// "api migration!" → "plimsoll/api-migration"; never empty.
[[nodiscard]] QString branchFor(const QString& agentName);

/// Makes a git worktree with a branch of its own, once: beside the repository of a folder, in
/// REPOSITORY-worktrees/BRANCH. Runs git by its arguments, never by a shell, and waits for nothing. Removes
/// nothing: what an agent has left in a worktree is the operator's. Lives in a thread with an event loop;
/// deletes itself when it has told.
class Worktree : public QObject
{
    Q_OBJECT

public:
    /// \param folder absolute path inside a repository \param branch as isBranchName()
    Worktree(QString folder, QString branch, QObject* parent);

signals:
    void made(const QString& folder); ///< absolute path: what `folder` is in the worktree
    void failed(const QString& why);  ///< for people

private:
    void run(const QStringList& arguments);
    void onFinished(int code);
    void fail(const QString& why);

    QProcess m_git;
    const QString m_folder;
    const QString m_branch;
    QString m_top;  ///< of the repository; empty = it is being asked for
    QString m_path; ///< of the worktree
};

} // namespace plimsoll

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QJsonArray>
#include <QPlainTextEdit>

class QCompleter;
class QStandardItemModel;

namespace plimsoll {

/// A picture that goes with a message.
struct PromptImage
{
    QString name;
    QString mediaType; ///< "image/png" …
    QByteArray bytes;
};

/// A picture as an agent takes it, of at most 5 MB: PNG, JPEG, GIF or WebP by its first bytes, whatever its
/// name says. \param fault why not, for people
[[nodiscard]] std::optional<PromptImage> promptImage(const QByteArray& bytes, const QString& name,
                                                     QString& fault);

/// Where a word begins that is being completed: "/" at the start of the text, "@" at the start of a word; -1
/// = none. \param cursor position in the text, in characters
[[nodiscard]] qsizetype completedFrom(const QString& text, qsizetype cursor);

/// "@path", in quotes where it holds spaces.
[[nodiscard]] QString fileReference(const QString& path);

/// The field in which a message is written: completes the agent's commands behind "/" and the files of its
/// folder behind "@" (Tab or Enter takes, Escape closes), takes files and pictures that are dropped or
/// pasted. Sends nothing. GUI thread; the files of a folder are looked for in another.
class PromptEdit : public QPlainTextEdit
{
    Q_OBJECT

public:
    explicit PromptEdit(QWidget* parent = nullptr);

    /// \param commands [{name, description, hint}]
    void setCommands(const QJsonArray& commands);
    /// \param folder absolute path on this machine; empty = files are not completed
    void setFolder(const QString& folder);

signals:
    void imageGiven(const plimsoll::PromptImage& image);
    void refused(const QString& why); ///< of what was dropped or pasted, for people

protected:
    void keyPressEvent(QKeyEvent* event) override;
    [[nodiscard]] bool canInsertFromMimeData(const QMimeData* source) const override;
    void insertFromMimeData(const QMimeData* source) override;

private:
    void complete();
    void take(const QString& word);
    void takeFile(const QString& path);
    void findFiles();

    QCompleter* m_completer;
    QStandardItemModel* m_words; ///< of the completer now
    QJsonArray m_commands;
    QString m_folder;
    QStringList m_files; ///< of m_folder, relative
    bool m_haveFiles = false;
    bool m_looking = false;
};

} // namespace plimsoll

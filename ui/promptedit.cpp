// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/promptedit.h"

#include "models/format.h"
#include "models/jsonparts.h"
#include "ui/theme.h"

#include <QAbstractItemView>
#include <QBuffer>
#include <QCompleter>
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QKeyEvent>
#include <QMimeData>
#include <QPointer>
#include <QScrollBar>
#include <QStandardItemModel>
#include <QThreadPool>
#include <QUrl>
#include <queue>

#include <array>

namespace plimsoll {

namespace {

constexpr qint64 maxImageBytes = 5'000'000; // the desk takes no more
constexpr int maxFiles = 20'000;
constexpr int maxFolders = 5'000;
constexpr int maxWords = 200;
constexpr int wordRole = Qt::UserRole + 1; ///< what is inserted

/// Below a folder, relative to it; folders that hold no sources are left out, and links lead nowhere.
QStringList filesBelow(const QString& folder)
{
    constexpr std::array skipped{"node_modules", "build", "target", "__pycache__", "venv", "dist"};
    QStringList files;
    std::queue<QString> open;
    open.push(QString());
    int folders = 0;
    while (!open.empty() && files.size() < maxFiles && folders++ < maxFolders) {
        const QString prefix = open.front();
        open.pop();
        const QFileInfoList entries =
            QDir(folder + QLatin1Char('/') + prefix)
                .entryInfoList(QDir::Files | QDir::Dirs | QDir::NoDotAndDotDot | QDir::NoSymLinks,
                               QDir::Name);
        for (const QFileInfo& entry : entries) {
            const QString name = entry.fileName();
            const bool isSkipped = std::any_of(skipped.begin(), skipped.end(), [&name](const char* one) {
                return name == QLatin1String(one);
            });
            if (entry.isDir() && !isSkipped)
                open.push(prefix + name + QLatin1Char('/'));
            else if (!entry.isDir() && files.size() < maxFiles)
                files << prefix + name;
        }
    }
    return files;
}

} // namespace

std::optional<PromptImage> promptImage(const QByteArray& bytes, const QString& name, QString& fault)
{
    struct Kind
    {
        QByteArrayView start;
        const char* type;
    };
    const std::array<Kind, 4> kinds{{{QByteArrayView("\x89PNG\r\n\x1a\n"), "image/png"},
                                     {QByteArrayView("\xff\xd8\xff"), "image/jpeg"},
                                     {QByteArrayView("GIF8"), "image/gif"},
                                     {QByteArrayView("RIFF"), "image/webp"}}};
    if (bytes.size() > maxImageBytes) {
        fault = QObject::tr("%1 has more than 5 MB.").arg(oneLine(name, 100));
        return std::nullopt;
    }
    for (const Kind& kind : kinds) {
        const bool fits = bytes.startsWith(kind.start) &&
                          (kind.start != QByteArrayView("RIFF") || bytes.mid(8, 4) == "WEBP");
        if (fits)
            return PromptImage{name, QLatin1String(kind.type), bytes};
    }
    fault = QObject::tr("%1 is no PNG, JPEG, GIF or WebP.").arg(oneLine(name, 100));
    return std::nullopt;
}

qsizetype completedFrom(const QString& text, qsizetype cursor)
{
    qsizetype from = cursor;
    while (from > 0 && !text.at(from - 1).isSpace())
        --from;
    if (from >= text.size() || from == cursor)
        return -1;
    const QChar first = text.at(from);
    return first == QLatin1Char('@') || (first == QLatin1Char('/') && from == 0) ? from : -1;
}

QString fileReference(const QString& path)
{
    return path.contains(QLatin1Char(' ')) ? QStringLiteral("@\"%1\"").arg(path) : QLatin1Char('@') + path;
}

PromptEdit::PromptEdit(QWidget* parent)
    : QPlainTextEdit(parent)
    , m_completer(new QCompleter(this))
    , m_words(new QStandardItemModel(this))
{
    m_completer->setWidget(this);
    m_completer->setModel(m_words);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion); // what is listed fits already
    m_completer->setCompletionRole(wordRole);
    m_completer->setMaxVisibleItems(8);
    connect(m_completer, qOverload<const QString&>(&QCompleter::activated), this, &PromptEdit::take);
}

void PromptEdit::setCommands(const QJsonArray& commands)
{
    m_commands = commands;
}

void PromptEdit::setFolder(const QString& folder)
{
    if (folder == m_folder)
        return;
    m_folder = folder;
    m_files.clear();
    m_haveFiles = false;
}

/// In another thread: a disk may be slow. The answer of a folder that is not meant any more is dropped.
void PromptEdit::findFiles()
{
    if (m_haveFiles || m_looking || m_folder.isEmpty())
        return;
    m_looking = true;
    const QPointer<PromptEdit> self(this);
    QThreadPool::globalInstance()->start([self, folder = m_folder] {
        const QStringList files = filesBelow(folder);
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, folder, files] {
                if (!self)
                    return;
                self->m_looking = false;
                if (folder != self->m_folder)
                    return self->findFiles();
                self->m_files = files;
                self->m_haveFiles = true;
                self->complete();
            },
            Qt::QueuedConnection);
    });
}

void PromptEdit::complete()
{
    const QString text = toPlainText();
    const qsizetype cursor = textCursor().position();
    const qsizetype from = hasFocus() ? completedFrom(text, cursor) : -1;
    m_words->clear();
    const auto add = [this](const QString& word, const QString& shown) {
        auto* item = new QStandardItem(shown);
        item->setData(word, wordRole);
        m_words->appendRow(item);
    };
    if (from >= 0 && text.at(from) == QLatin1Char('/')) {
        const QString begun = text.sliced(1, cursor - 1);
        for (const auto& value : std::as_const(m_commands)) {
            const QJsonObject command = value.toObject();
            const QString name = json::text(command, "name");
            if (name.startsWith(begun, Qt::CaseInsensitive) && name != begun &&
                m_words->rowCount() < maxWords)
                add(QLatin1Char('/') + name,
                    oneLine(QLatin1Char('/') + name + QLatin1Char(' ') + json::text(command, "hint") +
                                QStringLiteral("  ") + json::text(command, "description"),
                            100));
        }
    } else if (from >= 0) {
        findFiles();
        const QString begun = text.sliced(from + 1, cursor - from - 1);
        for (const QString& file : std::as_const(m_files)) {
            if (file.contains(begun, Qt::CaseInsensitive) && file != begun && m_words->rowCount() < maxWords)
                add(fileReference(file), oneLine(file, 200));
        }
    }
    if (m_words->rowCount() == 0)
        return m_completer->popup()->hide();
    QRect place = cursorRect();
    place.setWidth(std::min(width(), m_completer->popup()->sizeHintForColumn(0) +
                                         m_completer->popup()->verticalScrollBar()->sizeHint().width() +
                                         grid(font(), 2)));
    m_completer->setCurrentRow(0);
    m_completer->complete(place);
    m_completer->popup()->setCurrentIndex(m_completer->completionModel()->index(0, 0));
}

void PromptEdit::take(const QString& word)
{
    QTextCursor cursor = textCursor();
    const qsizetype from = completedFrom(toPlainText(), cursor.position());
    if (from < 0)
        return;
    cursor.setPosition(int(from), QTextCursor::KeepAnchor);
    cursor.insertText(word + QLatin1Char(' '));
    setTextCursor(cursor);
}

void PromptEdit::keyPressEvent(QKeyEvent* event)
{
    const bool isOpen = m_completer->popup()->isVisible();
    switch (event->key()) {
    case Qt::Key_Enter:
    case Qt::Key_Return:
    case Qt::Key_Tab:
        if (isOpen && event->modifiers() == Qt::NoModifier) {
            const QModelIndex chosen = m_completer->popup()->currentIndex();
            m_completer->popup()->hide();
            return take(chosen.data(wordRole).toString());
        }
        break;
    case Qt::Key_Escape:
        if (isOpen)
            return m_completer->popup()->hide();
        break;
    default: break;
    }
    QPlainTextEdit::keyPressEvent(event);
    const bool isTyped = !event->text().isEmpty() && event->modifiers() != Qt::ControlModifier;
    if (isTyped || isOpen)
        complete();
}

bool PromptEdit::canInsertFromMimeData(const QMimeData* source) const
{
    return source->hasImage() || source->hasUrls() || QPlainTextEdit::canInsertFromMimeData(source);
}

void PromptEdit::insertFromMimeData(const QMimeData* source)
{
    if (source->hasUrls()) {
        const QList<QUrl> urls = source->urls();
        for (const QUrl& url : urls) {
            if (url.isLocalFile())
                takeFile(url.toLocalFile());
            else
                insertPlainText(url.toString());
        }
        return;
    }
    if (!source->hasImage())
        return QPlainTextEdit::insertFromMimeData(source);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    const auto image = qvariant_cast<QImage>(source->imageData());
    QString fault;
    std::optional<PromptImage> given;
    if (buffer.open(QIODevice::WriteOnly) && image.save(&buffer, "PNG"))
        given = promptImage(bytes, tr("pasted picture"), fault);
    if (given)
        emit imageGiven(*given);
    else
        emit refused(fault.isEmpty() ? tr("The picture cannot be read.") : fault);
}

/// A picture goes with the message, any other file is named in it.
void PromptEdit::takeFile(const QString& path)
{
    const QFileInfo info(path);
    constexpr std::array endings{"png", "jpg", "jpeg", "gif", "webp"};
    const QString ending = info.suffix().toLower();
    const bool isPicture = std::any_of(endings.begin(), endings.end(),
                                       [&ending](const char* one) { return ending == QLatin1String(one); });
    if (!isPicture) {
        const QString below = m_folder.isEmpty() ? path : QDir(m_folder).relativeFilePath(path);
        insertPlainText(fileReference(below.startsWith(QLatin1String("../")) ? path : below) +
                        QLatin1Char(' '));
        return;
    }
    QFile file(path);
    QString fault;
    if (!file.open(QIODevice::ReadOnly))
        return emit refused(tr("%1 cannot be read: %2").arg(oneLine(path, 200), file.errorString()));
    const std::optional<PromptImage> image =
        promptImage(file.read(maxImageBytes + 1), info.fileName(), fault);
    if (image)
        emit imageGiven(*image);
    else
        emit refused(fault);
}

} // namespace plimsoll

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/accessfile.h"

#include "app/agents/uniquefd.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace plimsoll {

namespace {

constexpr qint64 maxFileBytes = 1024 * 1024;

QString systemFault(const QString& path)
{
    return QStringLiteral("%1: %2").arg(path, QString::fromLocal8Bit(std::strerror(errno)));
}

QString lockFolder(const QString& dir, UniqueFd& lock)
{
    const QString path = dir + QStringLiteral("/access.lock");
    lock.reset(::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    int result = -1;
    if (lock.isOpen()) {
        do {
            result = ::flock(lock.get(), LOCK_EX);
        } while (result != 0 && errno == EINTR);
    }
    return result == 0 ? QString() : systemFault(path);
}

QString readObject(const QString& path, QJsonObject& object)
{
    QFile file(path);
    if (!file.exists())
        return {};
    if (!file.open(QIODevice::ReadOnly))
        return QStringLiteral("%1: %2").arg(path, file.errorString());
    const QByteArray bytes = file.read(maxFileBytes + 1);
    const QJsonDocument document = QJsonDocument::fromJson(bytes);
    if (bytes.size() > maxFileBytes || !document.isObject())
        return QStringLiteral("%1 is damaged; move it away, and all tokens are made anew").arg(path);
    object = document.object();
    return {};
}

} // namespace

QString writePrivately(const QString& path, const QByteArray& bytes)
{
    QByteArray name = QFile::encodeName(path) + ".XXXXXX";
    const UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC)); // 0600
    if (!fd.isOpen())
        return systemFault(path);
    qsizetype written = 0;
    while (written < bytes.size()) {
        const ssize_t now = ::write(fd.get(), bytes.constData() + written, size_t(bytes.size() - written));
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            break;
        written += now;
    }
    const bool good = written == bytes.size() && ::fsync(fd.get()) == 0 &&
                      ::rename(name.constData(), QFile::encodeName(path).constData()) == 0;
    if (good)
        return {};
    QString fault = systemFault(path);
    ::unlink(name.constData());
    return fault;
}

AccessFile::AccessFile(QString dir)
    : m_dir(std::move(dir))
{
}

QString AccessFile::tokenPath() const
{
    return m_dir + QStringLiteral("/token");
}

QString AccessFile::bookPath() const
{
    return m_dir + QStringLiteral("/access.json");
}

QString AccessFile::read(AccessBook& book) const
{
    QJsonObject object;
    QString fault = readObject(bookPath(), object);
    book = accessBookFromJson(object);
    return fault;
}

QString AccessFile::change(const std::function<bool(AccessBook&)>& work) const
{
    UniqueFd lock;
    QString fault = lockFolder(m_dir, lock);
    AccessBook book;
    if (fault.isEmpty())
        fault = read(book);
    if (!fault.isEmpty() || !work(book))
        return fault;
    return writePrivately(bookPath(), QJsonDocument(toJson(book)).toJson());
}

QString AccessFile::prepare(qint64 nowMs)
{
    QString tokenFault;
    QString fault = change([this, nowMs, &tokenFault](AccessBook& book) {
        QFile file(tokenPath());
        if (file.open(QIODevice::ReadOnly)) {
            const QByteArray hash = secretHash(file.read(256).trimmed());
            for (const TokenRecord& token : std::as_const(book.tokens)) {
                if (token.hash == hash)
                    return false;
            }
        }
        // Missing, or not one of ours any more: revoked, or made for another access.json.
        const QByteArray secret = addToken(book, QStringLiteral("operator"), AccessRole::Operator, {}, nowMs);
        tokenFault = secret.isEmpty() ? QStringLiteral("there are too many tokens")
                                      : writePrivately(tokenPath(), secret);
        return tokenFault.isEmpty();
    });
    return fault.isEmpty() ? tokenFault : fault;
}

QString AccessFile::writePlace(const QJsonObject& place) const
{
    const QString path = m_dir + QStringLiteral("/server.json");
    if (!place.isEmpty())
        return writePrivately(path, QJsonDocument(place).toJson());
    if (QFile::exists(path) && !QFile::remove(path))
        return systemFault(path);
    return {};
}

QJsonObject AccessFile::readPlace() const
{
    QJsonObject place;
    QString fault = readObject(m_dir + QStringLiteral("/server.json"), place);
    return fault.isEmpty() ? place : QJsonObject();
}

} // namespace plimsoll

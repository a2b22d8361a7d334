// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/accessfile.h"

#include "app/agents/uniquefd.h"
#include "models/privatefile.h"

#include <QFile>
#include <QJsonDocument>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
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

QByteArray AccessFile::makeCode(bool isPairing, qint64 nowMs, QString& fault) const
{
    QByteArray code;
    fault = change([&code, isPairing, nowMs](AccessBook& book) {
        code = addCode(book, isPairing, nowMs);
        return true;
    });
    return fault.isEmpty() ? code : QByteArray();
}

QByteArray AccessFile::add(const QString& name, AccessRole role, const QStringList& origins, qint64 nowMs,
                           QString& fault) const
{
    fault = tokenFault(name, role, origins);
    if (!fault.isEmpty())
        return {};
    QByteArray secret;
    fault = change([&](AccessBook& book) {
        secret = addToken(book, name, role, origins, nowMs);
        return !secret.isEmpty();
    });
    if (fault.isEmpty() && secret.isEmpty())
        fault = QStringLiteral("there are %1 tokens already; revoke one first").arg(maxTokens);
    return fault.isEmpty() ? secret : QByteArray();
}

QString AccessFile::remove(const QString& tokenId, bool& found) const
{
    found = false;
    return change([&](AccessBook& book) {
        found =
            book.tokens.removeIf([&tokenId](const TokenRecord& token) { return token.id == tokenId; }) > 0;
        return found;
    });
}

QString AccessFile::decide(const QString& pairingId, bool accepted, AccessRole role, qint64 nowMs) const
{
    bool found = false;
    QString fault = change([&](AccessBook& book) {
        found = decidePairing(book, pairingId, accepted, role, nowMs);
        return found;
    });
    return fault.isEmpty() && !found ? QStringLiteral("this device does not wait any more") : fault;
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

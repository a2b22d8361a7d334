// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokencommand.h"

#include "app/server/accessfile.h"
#include "models/codec.h"
#include "models/format.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QThread>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <string>

namespace plimsoll {

namespace {

constexpr unsigned long lookMs = 100;

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QString listText(const AccessBook& book, bool json)
{
    QJsonArray list;
    QString text;
    for (const TokenRecord& token : book.tokens) {
        list.append(listedToken(token));
        const QString used = timeToJson(token.lastUsedAtMs).toString();
        text +=
            QStringLiteral("%1  %2  last used %3  %4%5\n")
                .arg(token.id, -5)
                .arg(toName(token.role), -8)
                .arg(used.isEmpty() ? QStringLiteral("never") : used, -24)
                .arg(plain(token.name), token.origins.isEmpty()
                                            ? QString()
                                            : QStringLiteral("  ") + token.origins.join(QLatin1Char(' ')));
    }
    return json ? QString::fromUtf8(QJsonDocument(QJsonObject{{QStringLiteral("tokens"), list}}).toJson())
                : text;
}

/// Where the server of this folder listens; false: no server runs on it.
bool findServer(const AccessFile& file, QString& url, QString& fingerprint)
{
    const QJsonObject place = file.readPlace();
    url = place.value(QLatin1String("url")).toString();
    fingerprint = place.value(QLatin1String("fingerprint")).toString();
    const auto pid = pid_t(place.value(QLatin1String("pid")).toInt());
    return !url.isEmpty() && pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

QString noServer(const AccessFile& file)
{
    return QStringLiteral("no Plimsoll shares the fleet of %1 now; start one with: plimsoll --serve")
        .arg(file.dir());
}

QString makeLink(const AccessFile& file, const AccessTexts& texts)
{
    QString url;
    QString fingerprint;
    if (!findServer(file, url, fingerprint))
        return noServer(file);
    QString fault;
    const QByteArray code = file.makeCode(false, nowMs(), fault);
    if (fault.isEmpty())
        texts.result(linkText(url, false, code, fingerprint) + QLatin1Char('\n'));
    return fault;
}

/// The device that gave this code; nothing in time = empty.
PairingRecord waitForDevice(const AccessFile& file, const QByteArray& codeHash)
{
    const qint64 endMs = nowMs() + pairingCodeMs;
    while (nowMs() < endMs) {
        AccessBook book;
        if (file.read(book).isEmpty()) {
            for (const PairingRecord& pairing : std::as_const(book.pairings)) {
                if (pairing.codeHash == codeHash && pairing.answer == PairingRecord::Answer::None)
                    return pairing;
            }
        }
        QThread::msleep(lookMs);
    }
    return {};
}

QString pair(const AccessFile& file, AccessRole role, const AccessTexts& texts)
{
    QString url;
    QString fingerprint;
    if (!findServer(file, url, fingerprint))
        return noServer(file);
    QString fault;
    const QByteArray code = file.makeCode(true, nowMs(), fault);
    if (!fault.isEmpty())
        return fault;
    texts.result(linkText(url, true, code, fingerprint) + QLatin1Char('\n'));
    texts.say(QStringLiteral("Open this on the other device, or give it to Connect… of the Plimsoll there, "
                             "within two minutes.\n"));
    const PairingRecord device = waitForDevice(file, secretHash(code));
    if (device.id.isEmpty())
        return QStringLiteral("no device came in time");
    texts.say(QStringLiteral("\"%1\" at %2 asks to be let in as %3. Let it in? [y/N] ")
                  .arg(plain(device.name), device.address, toName(role)));
    std::string line;
    const bool accepted = std::getline(std::cin, line) && (line == "y" || line == "Y" || line == "yes");
    fault = file.decide(device.id, accepted, role, nowMs());
    if (!fault.isEmpty())
        return fault;
    texts.say(accepted ? QStringLiteral("It is let in.\n") : QStringLiteral("It was refused.\n"));
    return {};
}

} // namespace

QString runTokenCommand(const AccessCommand& command, bool json, const QString& dataDir,
                        const AccessTexts& texts)
{
    using Verb = AccessCommand::Verb;
    const AccessFile file(dataDir);
    if (command.verb == Verb::Link)
        return makeLink(file, texts);
    if (command.verb == Verb::Pair)
        return pair(file, command.role, texts);
    if (command.verb == Verb::List) {
        AccessBook book;
        QString fault = file.read(book);
        if (fault.isEmpty())
            texts.result(listText(book, json));
        return fault;
    }
    if (command.verb == Verb::Revoke) {
        bool found = false;
        QString fault = file.remove(command.name, found);
        return fault.isEmpty() && !found
                   ? QStringLiteral("there is no token %1; see: plimsoll token list").arg(command.name)
                   : fault;
    }
    QString fault;
    const QByteArray secret = file.add(command.name, command.role, command.origins, nowMs(), fault);
    if (!fault.isEmpty())
        return fault;
    texts.result(QString::fromLatin1(secret) + QLatin1Char('\n'));
    texts.say(
        QStringLiteral("This is shown once: keep it where only the program that uses it can read it.\n"));
    return {};
}

} // namespace plimsoll

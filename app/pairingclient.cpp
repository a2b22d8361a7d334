// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pairingclient.h"

#include "app/certificatepin.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QSslConfiguration>

namespace plimsoll {

namespace {

constexpr qint64 maxAnswerBytes = 64 * 1024;
constexpr int patienceMs = 150'000; // a pairing code ends after 120 s

QJsonObject textObject(const char* key, const QString& text)
{
    return {{QLatin1String(key), text}};
}

QString refusalText(int status, const QString& place)
{
    if (status == 403)
        return QStringLiteral(
                   "%1 did not let this machine in: it was refused there, or nobody answered in time.")
            .arg(place);
    if (status == 401 || status == 400 || status == 404)
        return QStringLiteral(
                   "%1 does not know this pairing code. Each works once, for two minutes: make a new one.")
            .arg(place);
    if (status == 429)
        return QStringLiteral("%1 was asked too often. Wait a minute and make a new pairing code.")
            .arg(place);
    return {};
}

} // namespace

PairingClient::PairingClient(QObject* parent)
    : QObject(parent)
{
}

void PairingClient::pair(const PairingLink& link, const QString& deviceName)
{
    cancel();
    m_link = link;
    m_certificateProblem.clear();
    QUrl url = link.url;
    url.setScheme(QStringLiteral("https"));
    url.setPath(QStringLiteral("/api/access/pair"));
    QNetworkRequest request(url);
    request.setSslConfiguration(pinnedConfiguration(link.fingerprintSha256));
    request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
    request.setRawHeader("Origin", "https://" + placeText(link.url).toLatin1());
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setTransferTimeout(patienceMs);
    QJsonObject body = textObject("code", link.code);
    body.insert(QStringLiteral("name"), deviceName);
    m_reply = m_network.post(request, QJsonDocument(body).toJson(QJsonDocument::Compact));
    QNetworkReply* reply = m_reply;
    connect(reply, &QNetworkReply::sslErrors, this, [this, reply] {
        const QSslCertificate certificate = reply->sslConfiguration().peerCertificate();
        if (isPinned(certificate, m_link.fingerprintSha256))
            reply->ignoreSslErrors();
        else
            m_certificateProblem =
                certificateProblem(certificate, m_link.fingerprintSha256, placeText(m_link.url));
    });
    connect(reply, &QNetworkReply::downloadProgress, this, [reply](qint64 received, qint64) {
        if (received > maxAnswerBytes)
            reply->abort();
    });
    connect(reply, &QNetworkReply::finished, this, [this, reply] {
        reply->deleteLater();
        if (m_reply == reply)
            onAnswered(*reply);
    });
}

void PairingClient::cancel()
{
    if (QNetworkReply* reply = std::exchange(m_reply, nullptr)) {
        reply->disconnect(this);
        reply->abort();
        reply->deleteLater();
    }
}

void PairingClient::onAnswered(QNetworkReply& reply)
{
    m_reply.clear();
    const QString place = placeText(m_link.url);
    const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (!m_certificateProblem.isEmpty()) {
        emit failed(m_certificateProblem);
        return;
    }
    const QString refusal = refusalText(status, place);
    if (!refusal.isEmpty()) {
        emit failed(refusal);
        return;
    }
    const QJsonObject answer = QJsonDocument::fromJson(reply.read(maxAnswerBytes)).object();
    const QString token = answer.value(QLatin1String("token")).toString();
    if (status != 200 || !isToken(token)) {
        emit failed(status == 0 ? QStringLiteral("%1 cannot be reached: %2.").arg(place, reply.errorString())
                                : QStringLiteral("At %1 there is no Plimsoll to pair with.").arg(place));
        return;
    }
    emit paired({m_link.url, token, m_link.fingerprintSha256});
}

} // namespace plimsoll

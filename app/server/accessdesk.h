// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/accessfile.h"
#include "app/server/httpconnection.h"

#include <QFileSystemWatcher>
#include <QHash>
#include <QObject>
#include <QTimer>

#include <functional>

namespace plimsoll {

/// Who may come in, kept in step with the file that `plimsoll token` and other programs may change; answers
/// the requests below /api/access/. Server thread.
class AccessDesk : public QObject
{
    Q_OBJECT

public:
    /// \param dir absolute path of the data folder
    explicit AccessDesk(const QString& dir, QObject* parent = nullptr);

    /// Makes the operator's token and reads the book. Empty, or what is wrong.
    [[nodiscard]] QString open();
    [[nodiscard]] AccessTable& table() { return m_table; }
    [[nodiscard]] const AccessFile& file() const { return m_file; }
    void setFingerprint(const QByteArray& fingerprint) { m_fingerprint = fingerprint; }

    /// Empty code: `fault` says why.
    [[nodiscard]] QByteArray makeCode(bool isPairing, QString& fault);
    /// The secret; empty: `fault` says why.
    [[nodiscard]] QByteArray add(const QString& name, AccessRole role, const QStringList& origins,
                                 QString& fault);
    [[nodiscard]] QString setRole(const QString& tokenId, AccessRole role);
    /// \param found whether there was such a token
    [[nodiscard]] QString remove(const QString& tokenId, bool& found);
    [[nodiscard]] QString decide(const QString& pairingId, bool accepted, AccessRole role);

    /// \param connections open now by token, for the list
    void answer(const HttpRequest& request, const HttpResponder& responder,
                const QHash<QString, int>& connections);

    [[nodiscard]] QList<AccessEntry> tokens(const QHash<QString, int>& connections) const;
    [[nodiscard]] QList<PairingEntry> pairings() const;

signals:
    void changed(); ///< tokens or pairings are others
    /// \param what as AuditRow
    void happened(const QString& what, const QString& who, const QString& address, const QString& detail);
    /// A code was wrong. The answer waits, as for any guess.
    void guessed(const QHostAddress& address);

private:
    void reload();
    void tradeCode(const HttpRequest& request, const HttpResponder& responder);
    void pair(const HttpRequest& request, const HttpResponder& responder);
    void addByRequest(const HttpRequest& request, const HttpResponder& responder);
    void removeByRequest(const HttpRequest& request, const HttpResponder& responder);
    void settlePairings();
    void keepLastUse();

    AccessFile m_file;
    AccessTable m_table;
    QByteArray m_fingerprint;
    QFileSystemWatcher m_watcher;
    QTimer m_reloadTimer;
    QTimer m_expiryTimer; ///< runs while a device waits
    QTimer m_useTimer;
    QHash<QString, HttpResponder> m_waiting; ///< devices, by id of their pairing
};

} // namespace plimsoll

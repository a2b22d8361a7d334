// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/places.h"

#include <QDialog>

class QCheckBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace plimsoll {

/// Asks where to connect to: a remembered place, an address with a token, or a pairing link that is pasted
/// where the address stands. Talks to no machine itself: who owns it pairs and opens the window. GUI thread.
class ConnectDialog : public QDialog
{
    Q_OBJECT

public:
    /// \param places belong to the caller and must live longer
    explicit ConnectDialog(const Places& places, QWidget* parent = nullptr);

    /// What pairingWanted() came to.
    void takePaired(const RemotePlace& place);
    void takePairingFailed(const QString& text);

signals:
    void placeChosen(const plimsoll::RemotePlace& place);
    void pairingWanted(const plimsoll::PairingLink& link, const QString& deviceName);
    void pairingCancelled();

protected:
    void changeEvent(QEvent* event) override;
    void done(int result) override;

private:
    void makeWidgets();
    void layOut();
    void connectWidgets();
    void fill();
    void onAddressChanged();
    void accept() override;
    void forget();
    void choose(const RemotePlace& place, bool isToBeKept);
    void setWaiting(bool isWaiting);
    void say(const QString& text);
    void updateLook();
    [[nodiscard]] bool readPlace(RemotePlace& place);

    const Places& m_places;
    QList<RemotePlace> m_known;
    bool m_isWaiting = false; ///< for the operator of the other machine

    QLabel* m_knownTitle = nullptr;
    QListWidget* m_list = nullptr;
    QPushButton* m_forget = nullptr;
    QLineEdit* m_address = nullptr;
    QLabel* m_tokenTitle = nullptr;
    QLineEdit* m_token = nullptr;
    QLabel* m_pinTitle = nullptr;
    QLineEdit* m_pin = nullptr;
    QLabel* m_nameTitle = nullptr;
    QLineEdit* m_name = nullptr;
    QLabel* m_compare = nullptr; ///< the fingerprint of a pairing link
    QCheckBox* m_keep = nullptr;
    QLabel* m_said = nullptr;
    QDialogButtonBox* m_buttons = nullptr;
    QPushButton* m_connect = nullptr;
};

} // namespace plimsoll

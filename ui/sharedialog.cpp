// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sharedialog.h"

#include "models/format.h"
#include "models/places.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QDesktopServices>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTreeWidget>
#include <QUrl>
#include <QVBoxLayout>

#include <initializer_list>

namespace plimsoll {

namespace {

/// Where it listens, without the scheme.
QString placeOf(const SharingState& state)
{
    return state.url.section(QStringLiteral("://"), 1);
}

QString roleText(AccessRole role)
{
    switch (role) {
    case AccessRole::Viewer: return ShareDialog::tr("may look");
    case AccessRole::Approver: return ShareDialog::tr("may answer permission requests");
    case AccessRole::Operator: return ShareDialog::tr("may command agents");
    case AccessRole::Admin: return ShareDialog::tr("this machine's browser");
    case AccessRole::Agent: return ShareDialog::tr("an orchestrating agent");
    }
    return {};
}

void fillRoles(QComboBox& box)
{
    for (const AccessRole role : givenRoles)
        box.addItem(toName(role) + QStringLiteral(" – ") + roleText(role), int(role));
}

AccessRole roleIn(const QComboBox& box)
{
    return AccessRole(box.currentData().toInt());
}

void clear(QVBoxLayout& layout)
{
    while (QLayoutItem* item = layout.takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

} // namespace

QString sharingText(const SharingState& state)
{
    if (!state.isOn())
        return {};
    const qsizetype viewers = state.viewers.size();
    const QString who = viewers == 0   ? ShareDialog::tr("nobody watches")
                        : viewers == 1 ? ShareDialog::tr("1 viewer")
                                       : ShareDialog::tr("%1 viewers").arg(viewers);
    const QString where = state.beyondLoopback ? ShareDialog::tr("Shared with the network on %1")
                                               : ShareDialog::tr("Shared on %1");
    return where.arg(placeOf(state)) + QStringLiteral(" · ") + who;
}

ShareDialog::ShareDialog(Sharing& sharing, QWidget* parent)
    : QDialog(parent)
    , m_sharing(sharing)
{
    setWindowTitle(tr("Share this fleet"));
    build();
    connect(&m_sharing, &Sharing::stateChanged, this, &ShareDialog::show);
    connect(&m_sharing, &Sharing::failed, m_fault, &QLabel::setText);
    connect(&m_sharing, &Sharing::tokenMade, this, [this](const QString& name, const QString& secret) {
        m_name->clear(); // not before: what was refused can be mended
        m_origins->clear();
        showSecret(tr("The token of \"%1\"; it is shown this once:").arg(plain(name)), secret);
    });
    connect(&m_sharing, &Sharing::linkMade, this, [this](const QString& link, bool isPairing) {
        if (isPairing)
            return showSecret(
                tr("Open this on the other device within two minutes; it then asks here to be let in:"),
                link);
        if (!QDesktopServices::openUrl(QUrl(link)))
            showSecret(tr("Open this in a browser of this machine within a minute:"), link);
    });
    show(m_sharing.state());
    resize(grid(font(), 150), grid(font(), 150));
}

void ShareDialog::build()
{
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(grid(font(), 3));
    layout->addWidget(buildPlace());
    layout->addWidget(buildLinks());
    m_pairings = new QVBoxLayout;
    layout->addLayout(m_pairings);
    m_watching = new QGroupBox(tr("Watching now"), this);
    m_viewers = new QListWidget(m_watching);
    m_viewers->setFrameShape(QFrame::NoFrame);
    m_viewers->setFixedHeight(3 * fontMetrics().lineSpacing());
    m_viewers->setAccessibleName(tr("Who watches now"));
    m_viewers->setSelectionMode(QAbstractItemView::NoSelection);
    auto* watchingLayout = new QVBoxLayout(m_watching);
    watchingLayout->addWidget(m_viewers);
    layout->addWidget(m_watching);
    layout->addWidget(buildTokens(), 2);
    auto* close = new QPushButton(tr("Close"), this);
    close->setAutoDefault(false);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    layout->addWidget(close, 0, Qt::AlignRight);
}

QWidget* ShareDialog::buildPlace()
{
    auto* box = new QWidget(this);
    m_on = new QCheckBox(tr("Share on"), box);
    m_address = new QLineEdit(QStringLiteral("127.0.0.1:7431"), box);
    m_address->setAccessibleName(tr("Address and port"));
    m_address->setToolTip(tr("127.0.0.1 is this machine alone; 0.0.0.0 is everybody who can reach it"));
    m_tls = new QCheckBox(tr("TLS"), box);
    m_tls->setToolTip(tr("Needed beyond this machine; devices pin the certificate when they are paired"));
    m_state = plainLabel({}, box);
    m_state->setWordWrap(true);
    m_fault = plainLabel({}, box);
    m_fault->setWordWrap(true);
    connect(m_on, &QCheckBox::clicked, this, &ShareDialog::toggle);
    auto* row = new QHBoxLayout;
    row->addWidget(m_on);
    row->addWidget(m_address, 1);
    row->addWidget(m_tls);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(row);
    layout->addWidget(m_state);
    layout->addWidget(m_fault);
    return box;
}

QWidget* ShareDialog::buildLinks()
{
    auto* box = new QWidget(this);
    m_open = new QPushButton(tr("Open in the browser"), box);
    m_pair = new QPushButton(tr("Pair another device…"), box);
    for (QPushButton* button : {m_open, m_pair})
        button->setAutoDefault(false);
    m_secretLabel = plainLabel({}, box);
    m_secretLabel->setWordWrap(true);
    m_secret = new QLineEdit(box);
    m_secret->setReadOnly(true);
    connect(m_open, &QPushButton::clicked, this, [this] { m_sharing.makeLaunchLink(); });
    connect(m_pair, &QPushButton::clicked, this, [this] { m_sharing.makePairingLink(); });
    auto* row = new QHBoxLayout;
    row->addWidget(m_open);
    row->addWidget(m_pair);
    row->addStretch(1);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(row);
    layout->addWidget(m_secretLabel);
    layout->addWidget(m_secret);
    showSecret({}, {});
    return box;
}

QWidget* ShareDialog::buildTokens()
{
    auto* box = new QGroupBox(tr("Who may look"), this);
    m_tokens = new QTreeWidget(box);
    m_tokens->setAccessibleName(tr("Tokens"));
    m_tokens->setRootIsDecorated(false);
    m_tokens->setFrameShape(QFrame::NoFrame);
    m_tokens->setMinimumHeight(7 * fontMetrics().lineSpacing());
    m_tokens->setHeaderLabels({tr("Name"), tr("Web pages"), tr("Role"), tr("Last used"), tr("Connections")});
    m_tokens->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tokens->header()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_tokens->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    m_tokens->header()->setStretchLastSection(false);
    m_name = new QLineEdit(box);
    m_name->setPlaceholderText(tr("Name of a program or device"));
    m_name->setAccessibleName(tr("Name of the new token"));
    m_origins = new QLineEdit(box);
    m_origins->setPlaceholderText(tr("Web pages that may use it, if any: http://localhost:3000"));
    m_origins->setAccessibleName(tr("Origins of the new token"));
    m_origins->setToolTip(
        tr("Scheme, host and port as the browser writes them; several with spaces between them"));
    m_role = new QComboBox(box);
    m_role->setAccessibleName(tr("Role of the new token"));
    fillRoles(*m_role);
    m_add = new QPushButton(tr("Add a token"), box);
    m_revoke = new QPushButton(tr("Revoke"), box);
    m_revoke->setToolTip(tr("Ends its connections at once"));
    m_revoke->setEnabled(false);
    for (QPushButton* button : {m_add, m_revoke})
        button->setAutoDefault(false);
    connect(m_add, &QPushButton::clicked, this, &ShareDialog::addToken);
    for (const QLineEdit* edit : {m_name, m_origins})
        connect(edit, &QLineEdit::returnPressed, this, &ShareDialog::addToken);
    connect(m_revoke, &QPushButton::clicked, this, &ShareDialog::revokeSelected);
    connect(m_tokens, &QTreeWidget::itemSelectionChanged, this,
            [this] { m_revoke->setEnabled(!m_tokens->selectedItems().isEmpty()); });
    auto* who = new QHBoxLayout;
    who->addWidget(m_name, 1);
    who->addWidget(m_role);
    auto* pages = new QHBoxLayout;
    pages->addWidget(m_origins, 1);
    pages->addWidget(m_add);
    pages->addWidget(m_revoke);
    auto* layout = new QVBoxLayout(box);
    layout->addWidget(m_tokens, 1);
    layout->addLayout(who);
    layout->addLayout(pages);
    return box;
}

void ShareDialog::toggle(bool on)
{
    m_fault->clear();
    if (!on)
        return m_sharing.switchOff();
    std::optional<SharingPlace> place = sharingPlaceFromText(m_address->text().trimmed());
    if (!place) {
        m_on->setChecked(false);
        m_fault->setText(tr("\"%1\" is no address: write it as ADDR:PORT, such as 127.0.0.1:7431")
                             .arg(plain(m_address->text())));
        return;
    }
    place->tls = m_tls->isChecked();
    m_sharing.switchOn(*place);
}

void ShareDialog::show(const SharingState& state)
{
    const bool on = state.isOn();
    m_on->setChecked(on);
    m_address->setEnabled(!on);
    m_tls->setEnabled(!on);
    if (on) {
        m_address->setText(placeOf(state));
        m_tls->setChecked(state.tls);
    }
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_open, m_pair, m_name, m_origins, m_role, m_add, m_tokens})
        widget->setEnabled(on);
    m_watching->setVisible(!state.viewers.isEmpty());
    m_open->setVisible(!state.beyondLoopback);
    QString text = on ? sharingText(state) : tr("Off: no port is open.");
    if (!state.fingerprint.isEmpty())
        text +=
            QLatin1Char('\n') + tr("Certificate (SHA-256): %1")
                                    .arg(fingerprintText(QByteArray::fromHex(state.fingerprint.toLatin1())));
    m_state->setText(text);
    if (on || !state.problem.isEmpty())
        m_fault->setText(state.problem);
    if (!on)
        showSecret({}, {});
    const Theme& theme = Theme::of(palette());
    tint(m_state, state.beyondLoopback ? theme.dangerText : theme.dimText);
    tint(m_fault, theme.attentionText);
    m_viewers->clear();
    for (const ViewerEntry& viewer : state.viewers) {
        const QString since = clock(viewer.sinceMs);
        m_viewers->addItem(tr("%1 at %2, %3, since %4")
                               .arg(plain(viewer.name), viewer.address, roleText(viewer.role), since));
    }
    if (m_shown.tokens != state.tokens)
        showTokens(state);
    if (m_shown.pairings != state.pairings)
        showPairings(state);
    m_shown = state;
}

void ShareDialog::showTokens(const SharingState& state)
{
    const QList<QTreeWidgetItem*> selected = m_tokens->selectedItems();
    const QString kept =
        selected.isEmpty() ? QString() : selected.constFirst()->data(0, Qt::UserRole).toString();
    m_tokens->clear();
    const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
    for (const AccessEntry& token : state.tokens) {
        const QString used = token.lastUsedAtMs == 0 ? tr("never") : moment(token.lastUsedAtMs, nowMs);
        auto* item = new QTreeWidgetItem(
            m_tokens,
            {plain(token.name), token.origins.join(u' '), {}, used, QString::number(token.connections)});
        item->setData(0, Qt::UserRole, token.id);
        auto* role = new FlatChoice(m_tokens);
        role->setAccessibleName(tr("Role of %1").arg(plain(token.name)));
        for (const AccessRole one : givenRoles)
            role->addItem(toName(one), int(one));
        role->setCurrentIndex(role->findData(int(token.role)));
        connect(role, &QComboBox::activated, this,
                [this, id = token.id, role] { m_sharing.setRole(id, roleIn(*role)); });
        m_tokens->setItemWidget(item, 2, role);
        item->setSelected(token.id == kept);
    }
    m_revoke->setEnabled(!m_tokens->selectedItems().isEmpty());
}

void ShareDialog::showPairings(const SharingState& state)
{
    clear(*m_pairings);
    for (const PairingEntry& pairing : state.pairings) {
        auto* card = new QGroupBox(tr("A device asks to be let in"), this);
        auto* text = plainLabel(tr("\"%1\" at %2").arg(plain(pairing.name), pairing.address), card);
        auto* role = new QComboBox(card);
        fillRoles(*role);
        auto* accept = new QPushButton(tr("Let it in"), card);
        auto* refuse = new QPushButton(tr("Refuse"), card);
        for (QPushButton* button : {accept, refuse})
            button->setAutoDefault(false);
        connect(accept, &QPushButton::clicked, card,
                [this, id = pairing.id, role] { m_sharing.decide(id, true, roleIn(*role)); });
        connect(refuse, &QPushButton::clicked, card,
                [this, id = pairing.id] { m_sharing.decide(id, false, AccessRole::Viewer); });
        auto* row = new QHBoxLayout(card);
        row->addWidget(text, 1);
        row->addWidget(role);
        row->addWidget(accept);
        row->addWidget(refuse);
        m_pairings->addWidget(card);
    }
}

void ShareDialog::addToken()
{
    m_fault->clear();
    m_sharing.addToken(m_name->text(), roleIn(*m_role),
                       m_origins->text().simplified().split(u' ', Qt::SkipEmptyParts));
}

void ShareDialog::revokeSelected()
{
    const QList<QTreeWidgetItem*> selected = m_tokens->selectedItems();
    for (const QTreeWidgetItem* item : selected)
        m_sharing.revoke(item->data(0, Qt::UserRole).toString());
}

void ShareDialog::showSecret(const QString& label, const QString& secret)
{
    m_secretLabel->setText(label);
    m_secret->setText(secret);
    m_secret->setCursorPosition(0);
    m_secretLabel->setVisible(!secret.isEmpty());
    m_secret->setVisible(!secret.isEmpty());
    if (!secret.isEmpty())
        m_secret->selectAll();
}

} // namespace plimsoll

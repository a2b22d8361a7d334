// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connectdialog.h"

#include "models/format.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSysInfo>
#include <QVBoxLayout>

namespace plimsoll {

namespace {

QLineEdit* field(const QString& name, QWidget* parent)
{
    auto* edit = new QLineEdit(parent);
    edit->setAccessibleName(name);
    edit->setMaxLength(2000);
    return edit;
}

QLabel* wrapped(QWidget* parent)
{
    QLabel* label = plainLabel({}, parent);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QString listText(const RemotePlace& place)
{
    const QString where = place.url.toString();
    return place.name.isEmpty() ? where : QStringLiteral("%1 · %2").arg(oneLine(place.name, 60), where);
}

} // namespace

ConnectDialog::ConnectDialog(const Places& places, QWidget* parent)
    : QDialog(parent)
    , m_places(places)
{
    setWindowTitle(tr("Connect to another machine"));
    makeWidgets();
    layOut();
    connectWidgets();
    fill();
    onAddressChanged();
    updateLook();
}

void ConnectDialog::makeWidgets()
{
    m_knownTitle = plainLabel(tr("Remembered places"), this);
    m_list = new QListWidget(this);
    m_list->setAccessibleName(tr("Remembered places"));
    m_list->setUniformItemSizes(true);
    m_list->setFrameShape(QFrame::NoFrame);
    m_forget = new QPushButton(tr("Forget"), this);
    m_forget->setAccessibleName(tr("Forget the chosen place and its token"));
    m_forget->setAutoDefault(false);
    m_address = field(tr("Address or pairing link"), this);
    m_address->setPlaceholderText(tr("wss://host:7431, or a pairing link"));
    m_token = field(tr("Token"), this);
    m_token->setEchoMode(QLineEdit::Password);
    m_pin = field(tr("Fingerprint of the certificate"), this);
    m_pin->setPlaceholderText(tr("64 digits; empty where its certificate is known here"));
    m_name = field(tr("Name of this device"), this);
    m_name->setText(QSysInfo::machineHostName());
    m_name->setMaxLength(60);
    m_compare = wrapped(this);
    m_keep = new QCheckBox(tr("Remember this place and its token"), this);
    m_keep->setChecked(true);
    m_said = wrapped(this);
    m_buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_connect = m_buttons->addButton(tr("Connect"), QDialogButtonBox::AcceptRole);
    m_connect->setDefault(true);
}

void ConnectDialog::layOut()
{
    auto* form = new QGridLayout;
    form->setHorizontalSpacing(grid(font(), 3));
    form->setVerticalSpacing(grid(font(), 2));
    const auto addRow = [this, form](const QString& title, QWidget* edit) {
        QLabel* label = plainLabel(title, this);
        label->setBuddy(edit);
        const int row = form->rowCount();
        form->addWidget(label, row, 0);
        form->addWidget(edit, row, 1);
        return label;
    };
    addRow(tr("Address"), m_address);
    m_tokenTitle = addRow(tr("Token"), m_token);
    m_pinTitle = addRow(tr("Fingerprint"), m_pin);
    m_nameTitle = addRow(tr("Name of this device"), m_name);
    form->addWidget(m_compare, form->rowCount(), 0, 1, 2);
    form->addWidget(m_keep, form->rowCount(), 1);

    auto* knownRow = new QHBoxLayout;
    knownRow->addWidget(m_knownTitle, 1);
    knownRow->addWidget(m_forget);
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 5);
    layout->setContentsMargins(side, side, side, side);
    layout->setSpacing(grid(font(), 2.5));
    layout->addLayout(knownRow);
    layout->addWidget(m_list, 1);
    layout->addLayout(form);
    layout->addWidget(m_said);
    layout->addStretch(0);
    layout->addWidget(m_buttons);
    setMinimumWidth(grid(font(), 150));
}

void ConnectDialog::connectWidgets()
{
    connect(m_address, &QLineEdit::textChanged, this, &ConnectDialog::onAddressChanged);
    connect(m_list, &QListWidget::itemActivated, this, &ConnectDialog::accept);
    connect(m_list, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row < 0 || row >= m_known.size())
            return;
        // What is remembered is used as it is; the fields show of it what is no secret.
        m_address->setText(m_known.at(row).url.toString());
        m_token->clear();
        m_pin->setText(fingerprintText(m_known.at(row).fingerprintSha256));
    });
    connect(m_forget, &QPushButton::clicked, this, &ConnectDialog::forget);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &ConnectDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &ConnectDialog::reject);
}

void ConnectDialog::fill()
{
    m_known = m_places.list();
    m_list->clear();
    const QSize rowSize(0, fontMetrics().height() + grid(font(), 3));
    for (const RemotePlace& place : std::as_const(m_known)) {
        auto* item = new QListWidgetItem(listText(place), m_list); // the list owns it
        item->setSizeHint(rowSize);
    }
    const bool some = !m_known.isEmpty();
    m_knownTitle->setVisible(some);
    m_list->setVisible(some);
    m_forget->setVisible(some);
    m_list->setFixedHeight(rowSize.height() * std::min<int>(5, int(m_known.size())));
    if (some)
        m_list->setCurrentRow(0);
    m_forget->setEnabled(some);
    (some ? static_cast<QWidget*>(m_list) : m_address)->setFocus();
}

void ConnectDialog::onAddressChanged()
{
    const std::optional<PairingLink> link = pairingLinkFromText(m_address->text());
    const QSignalBlocker quiet(m_list);
    const int row = m_list->currentRow();
    if (row >= 0 && row < m_known.size() && m_known.at(row).url.toString() != m_address->text())
        m_list->setCurrentItem(nullptr);
    m_forget->setEnabled(m_list->currentRow() >= 0);
    if (link)
        m_address->setCursorPosition(0); // where it leads to is what matters of it
    for (QWidget* widget : {static_cast<QWidget*>(m_tokenTitle), static_cast<QWidget*>(m_token),
                            static_cast<QWidget*>(m_pinTitle), static_cast<QWidget*>(m_pin)})
        widget->setVisible(!link);
    for (QWidget* widget : {static_cast<QWidget*>(m_nameTitle), static_cast<QWidget*>(m_name),
                            static_cast<QWidget*>(m_compare)})
        widget->setVisible(link.has_value());
    m_connect->setText(link ? tr("Pair") : tr("Connect"));
    if (link)
        m_compare->setText(tr("Compare with the fingerprint that %1 shows, then pair:\n%2")
                               .arg(placeText(link->url), fingerprintText(link->fingerprintSha256)));
    QString problem;
    const auto url = placeUrlFromText(m_address->text(), problem);
    bool isKnown = false;
    for (const RemotePlace& place : std::as_const(m_known))
        isKnown = isKnown || (url && place.url == *url && !place.token.isEmpty());
    m_token->setPlaceholderText(isKnown ? tr("the remembered one") : tr("as the other machine shows it"));
    say({});
}

bool ConnectDialog::readPlace(RemotePlace& place)
{
    QString problem;
    const std::optional<QUrl> url = placeUrlFromText(m_address->text(), problem);
    if (!url) {
        say(tr("That cannot be connected to: %1.").arg(problem));
        m_address->setFocus();
        return false;
    }
    place = m_places.find(*url).value_or(RemotePlace{*url, {}, {}});
    const QString token = m_token->text().trimmed();
    if (!token.isEmpty())
        place.token = token;
    if (!isToken(place.token)) {
        say(place.token.isEmpty() ? tr("A token is needed: the other machine shows one, or a pairing link.")
                                  : tr("A token has no spaces and only plain letters, digits and signs."));
        m_token->setFocus();
        return false;
    }
    const QString pin = m_pin->text().trimmed();
    const std::optional<QByteArray> sha256 = fingerprintFromText(pin);
    if (!pin.isEmpty() && !sha256) {
        say(tr("A fingerprint has 64 digits from 0 to 9 and a to f."));
        m_pin->setFocus();
        return false;
    }
    if (sha256) // else the remembered one stays: a pin goes away by Forget alone
        place.fingerprintSha256 = *sha256;
    return true;
}

void ConnectDialog::accept()
{
    if (m_isWaiting)
        return;
    if (const std::optional<PairingLink> link = pairingLinkFromText(m_address->text())) {
        const QString name = m_name->text().simplified();
        if (name.isEmpty()) {
            say(tr("The other machine is shown this device's name: give it one."));
            m_name->setFocus();
            return;
        }
        setWaiting(true);
        say(tr("Waiting: confirm \"%1\" on %2, within two minutes.").arg(name, placeText(link->url)));
        emit pairingWanted(*link, name);
        return;
    }
    RemotePlace place;
    if (readPlace(place))
        choose(place, m_keep->isChecked());
}

void ConnectDialog::choose(const RemotePlace& place, bool isToBeKept)
{
    const QString problem = isToBeKept ? m_places.remember(place) : QString();
    emit placeChosen(place);
    if (problem.isEmpty()) {
        QDialog::accept();
        return;
    }
    fill();
    say(tr("Connected, but the place is not remembered: %1").arg(problem));
}

void ConnectDialog::takePaired(const RemotePlace& place)
{
    setWaiting(false);
    choose(place, m_keep->isChecked());
}

void ConnectDialog::takePairingFailed(const QString& text)
{
    setWaiting(false);
    say(text);
}

void ConnectDialog::forget()
{
    const int row = m_list->currentRow();
    if (row < 0 || row >= m_known.size())
        return;
    const QString problem = m_places.forget(m_known.at(row).url);
    m_address->clear();
    m_pin->clear();
    fill();
    say(problem);
}

void ConnectDialog::done(int result)
{
    if (m_isWaiting) {
        setWaiting(false);
        emit pairingCancelled();
    }
    QDialog::done(result);
}

void ConnectDialog::setWaiting(bool isWaiting)
{
    m_isWaiting = isWaiting;
    for (QWidget* widget :
         {static_cast<QWidget*>(m_address), static_cast<QWidget*>(m_name), static_cast<QWidget*>(m_list),
          static_cast<QWidget*>(m_forget), static_cast<QWidget*>(m_connect)})
        widget->setEnabled(!isWaiting);
}

void ConnectDialog::say(const QString& text)
{
    m_said->setText(plain(text));
    m_said->setVisible(!text.isEmpty());
}

void ConnectDialog::changeEvent(QEvent* event)
{
    QDialog::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_said != nullptr)
        updateLook();
}

void ConnectDialog::updateLook()
{
    const Theme& theme = Theme::of(palette());
    tint(m_said, theme.attentionText);
    tint(m_knownTitle, theme.dimText);
    m_compare->setFont(numberFont(font()));
    QPalette colors = palette();
    colors.setColor(QPalette::Highlight, theme.selection);
    colors.setColor(QPalette::HighlightedText, theme.text);
    m_list->setPalette(colors);
}

} // namespace plimsoll

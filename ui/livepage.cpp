// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/livepage.h"

#include "models/agentmodel.h"
#include "models/format.h"
#include "ui/contextplot.h"
#include "ui/eventview.h"
#include "ui/readingpane.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr int typingMs = 150;
constexpr int namingMs = 300; // a first scan brings hundreds of agents at a time

struct RangeChoice
{
    PlotRange range;
    const char* label;
};
constexpr std::array<RangeChoice, 4> rangeChoices{{{PlotRange::QuarterHour, "15 min"},
                                                   {PlotRange::ThreeHours, "3 h"},
                                                   {PlotRange::Day, "24 h"},
                                                   {PlotRange::All, "All"}}};

void setPadding(QLayout* layout, const QFont& font)
{
    layout->setContentsMargins(grid(font, 4), grid(font, 2), grid(font, 4), grid(font, 1));
    layout->setSpacing(grid(font, 1.5));
}

QLabel* heading(const QString& text, QWidget* parent)
{
    QLabel* label = plainLabel(text, parent);
    QFont bold = label->font();
    bold.setWeight(QFont::DemiBold);
    label->setFont(bold);
    return label;
}

} // namespace

LivePage::LivePage(Host& host, AgentModel& agents, Settings& settings, QWidget* parent)
    : QWidget(parent)
    , m_agents(agents)
    , m_settings(settings)
    , m_visible(m_events)
    , m_splitter(new QSplitter(Qt::Vertical, this))
{
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(makePlotPart(host));
    m_splitter->addWidget(makeEventPart(host));
    m_splitter->setStretchFactor(0, 2);
    m_splitter->setStretchFactor(1, 3);
    m_splitter->setHandleWidth(1);
    m_splitter->setSizes({grid(font(), 75), grid(font(), 125)});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_splitter);
    m_typing.setSingleShot(true);
    m_typing.setInterval(typingMs);
    connect(&m_typing, &QTimer::timeout, this, &LivePage::applyPattern);
    m_naming.setSingleShot(true);
    m_naming.setInterval(namingMs);
    connect(&m_naming, &QTimer::timeout, this, &LivePage::fillAgentChoice);
    const auto fillSoon = [this] {
        if (!m_naming.isActive())
            m_naming.start();
    };
    connect(&m_agents, &QAbstractItemModel::rowsInserted, this, fillSoon);
    connect(&m_agents, &QAbstractItemModel::rowsRemoved, this, fillSoon);
    connect(&m_agents, &QAbstractItemModel::dataChanged, this,
            [fillSoon](const QModelIndex&, const QModelIndex&, const QList<int>& roles) {
                if (roles.contains(AgentModel::NameRole))
                    fillSoon();
            });
    setRange(m_settings.plotRange.value());
    fillAgentChoice();
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    updateLook();
    updateEmptyNote();
}

QWidget* LivePage::makePlotPart(Host& host)
{
    auto* part = new QWidget(this);
    m_plot = new ContextPlot(host, m_agents, part);
    m_plot->setMinimumHeight(grid(font(), 30));
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(makePlotTitle());
    auto* inset = new QVBoxLayout;
    inset->setContentsMargins(grid(font(), 4), 0, grid(font(), 2), 0);
    inset->addWidget(m_plot);
    layout->addLayout(inset, 1);
    connect(m_plot, &ContextPlot::agentPicked, this, &LivePage::agentPicked);
    connect(m_plot, &ContextPlot::liveChanged, this, [this](bool live) {
        m_liveButton->setVisible(!live);
        updateRangeLabel();
    });
    return part;
}

QWidget* LivePage::makePlotTitle()
{
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    setPadding(layout, font());
    m_plotTitle = heading(QStringLiteral("Context fill"), row);
    m_rangeLabel = new ElidedLabel(row);
    m_rangeLabel->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred); // one line with the title
    layout->addWidget(m_plotTitle);
    layout->addWidget(m_rangeLabel, 1);
    m_liveButton = new QToolButton(row);
    m_liveButton->setText(QStringLiteral("Back to live"));
    m_liveButton->setAccessibleName(QStringLiteral("Back to live"));
    m_liveButton->setToolTip(QStringLiteral("Follow the clock again (Esc, or double click)"));
    m_liveButton->hide();
    layout->addWidget(m_liveButton);
    connect(m_liveButton, &QToolButton::clicked, m_plot, &ContextPlot::backToLive);
    m_ranges = new QButtonGroup(this);
    for (const RangeChoice& choice : rangeChoices) {
        auto* button = new QToolButton(row);
        button->setText(QString::fromLatin1(choice.label));
        button->setCheckable(true);
        button->setAccessibleName(QStringLiteral("Show ") + rangeWords(choice.range));
        layout->addWidget(button);
        m_ranges->addButton(button, int(choice.range));
    }
    connect(m_ranges, &QButtonGroup::idClicked, this, [this](int id) { setRange(PlotRange(id)); });
    return row;
}

QWidget* LivePage::makeEventPart(Host& host)
{
    auto* part = new QWidget(this);
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(makeEventTitle());
    m_emptyNote = plainLabel({}, part);
    m_emptyNote->setContentsMargins(grid(font(), 4), grid(font(), 2), grid(font(), 4), 0);
    layout->addWidget(m_emptyNote);
    auto* inner = new QSplitter(Qt::Vertical, part);
    inner->setChildrenCollapsible(false);
    inner->setHandleWidth(1);
    m_eventView = new EventView(inner);
    m_eventView->setModel(&m_visible);
    m_reading = new ReadingPane(host, inner);
    m_reading->hide();
    layout->addWidget(inner, 1);
    connect(m_eventView, &EventView::readingWanted, this, &LivePage::readText);
    connect(m_eventView, &EventView::agentFilterWanted, this, &LivePage::chooseAgent);
    connect(m_eventView, &EventView::tagFilterWanted, this, &LivePage::chooseTag);
    connect(m_reading, &ReadingPane::closeWanted, this, [this] {
        m_reading->hide();
        m_eventView->setFocus();
    });
    return part;
}

QWidget* LivePage::makeEventTitle()
{
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    setPadding(layout, font());
    m_eventTitle = heading(QStringLiteral("Events"), row);
    m_patternError = new ElidedLabel(row);
    m_patternError->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_agentChoice = new FlatChoice(row);
    m_agentChoice->setAccessibleName(QStringLiteral("Show events of"));
    m_tagChoice = new FlatChoice(row);
    m_tagChoice->setAccessibleName(QStringLiteral("Show events of kind"));
    m_tagChoice->addItem(QStringLiteral("All kinds"));
    for (const QString& tag : EventModel::tags())
        m_tagChoice->addItem(tag, tag);
    m_pattern = new QLineEdit(row);
    m_pattern->setPlaceholderText(QStringLiteral("filter…"));
    m_pattern->setClearButtonEnabled(true);
    m_pattern->setMaxLength(int(EventProxy::maxPatternLength));
    m_pattern->setAccessibleName(QStringLiteral("Filter events by text"));
    m_pattern->setMinimumWidth(grid(font(), 22));
    m_pattern->setMaximumWidth(grid(font(), 40));
    m_regex = new QToolButton(row);
    m_regex->setText(QStringLiteral(".*"));
    m_regex->setCheckable(true);
    m_regex->setToolTip(QStringLiteral("Regular expression"));
    m_regex->setAccessibleName(QStringLiteral("Take the filter as a regular expression"));
    layout->addWidget(m_eventTitle);
    layout->addWidget(m_patternError, 1);
    layout->addWidget(m_agentChoice);
    layout->addWidget(m_tagChoice);
    layout->addWidget(m_pattern, 1);
    layout->addWidget(m_regex);
    connect(m_agentChoice, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_visible.setAgent(m_agentChoice->itemData(index).value<AgentId>());
        m_agentChoice->updateGeometry();
        updateEmptyNote();
    });
    connect(m_tagChoice, &QComboBox::currentIndexChanged, this, [this](int index) {
        const QString tag = m_tagChoice->itemData(index).toString();
        m_visible.setTags(tag.isEmpty() ? QSet<QString>() : QSet<QString>{tag});
        m_tagChoice->updateGeometry();
        updateEmptyNote();
    });
    connect(m_pattern, &QLineEdit::textChanged, this, [this] { m_typing.start(); });
    connect(m_regex, &QToolButton::toggled, this, &LivePage::applyPattern);
    return row;
}

void LivePage::setSelectedAgent(const AgentId& id)
{
    m_plot->setSelectedAgent(id);
}

void LivePage::apply(const Events& events)
{
    m_eventView->holdPlace();
    m_events.apply(events, m_agents);
    m_eventView->keepPlace();
    m_plot->apply(events);
    updateEmptyNote();
}

void LivePage::reset()
{
    m_events.clear();
    m_reading->hide();
    m_plot->reset();
    fillAgentChoice();
    updateEmptyNote();
}

void LivePage::setRange(PlotRange range)
{
    m_settings.plotRange.set(range);
    m_plot->setRange(range);
    if (QAbstractButton* button = m_ranges->button(int(range)))
        button->setChecked(true);
    updateRangeLabel();
}

void LivePage::updateRangeLabel()
{
    m_rangeLabel->setWholeText(QStringLiteral("all agents, ") + (m_plot->isLive()
                                                                     ? rangeWords(m_plot->range())
                                                                     : QStringLiteral("chosen time")));
}

void LivePage::fillAgentChoice()
{
    const auto chosen = m_agentChoice->currentData().value<AgentId>();
    QList<const Agent*> agents;
    for (const Agent& agent : m_agents.agents())
        agents.append(&agent);
    std::sort(agents.begin(), agents.end(), [](const Agent* a, const Agent* b) {
        const int order = a->info.name.compare(b->info.name, Qt::CaseInsensitive);
        return order != 0 ? order < 0 : a->id < b->id;
    });
    const QSignalBlocker quiet(m_agentChoice);
    m_agentChoice->clear();
    m_agentChoice->addItem(QStringLiteral("All agents"), QVariant::fromValue(AgentId()));
    for (const Agent* agent : std::as_const(agents))
        m_agentChoice->addItem(oneLine(agent->info.name, 60), QVariant::fromValue(agent->id));
    chooseAgent(chosen);
}

void LivePage::chooseAgent(const AgentId& id)
{
    int index = 0;
    for (int i = 1; i < m_agentChoice->count(); ++i) {
        if (m_agentChoice->itemData(i).value<AgentId>() == id)
            index = i;
    }
    m_agentChoice->setCurrentIndex(index);
    m_visible.setAgent(m_agentChoice->itemData(index).value<AgentId>());
}

void LivePage::chooseTag(const QString& tag)
{
    m_tagChoice->setCurrentIndex(std::max(0, m_tagChoice->findData(tag)));
}

void LivePage::applyPattern()
{
    const QString error = m_visible.setPattern(m_pattern->text(), m_regex->isChecked());
    m_patternError->setWholeText(error);
    m_pattern->setAccessibleDescription(error);
    updateEmptyNote();
}

void LivePage::readText(const ReadingText& text)
{
    m_reading->read(text);
    m_reading->show();
}

void LivePage::updateEmptyNote()
{
    const bool none = m_visible.rowCount() == 0;
    if (none)
        m_emptyNote->setText(m_events.rowCount() == 0
                                 ? QStringLiteral("Nothing has happened yet since the window opened.")
                                 : QStringLiteral("No event passes the filter."));
    m_emptyNote->setVisible(none);
}

void LivePage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateLook();
}

void LivePage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    // Moving a widget into another one lets the style sheet take back the colours that it was given before.
    updateLook();
}

void LivePage::updateLook()
{
    const Theme& theme = Theme::of(palette());
    tint(m_rangeLabel, theme.dimText);
    tint(m_patternError, theme.dangerText);
    tint(m_emptyNote, theme.dimText);
}

} // namespace plimsoll

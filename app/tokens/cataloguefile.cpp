// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/cataloguefile.h"

#include <QDate>
#include <QDateTime>
#include <QJsonDocument>
#include <QTimeZone>

#include <algorithm>
#include <array>
#include <cmath>
#include <simdjson.h>

namespace plimsoll {

namespace {

namespace od = simdjson::ondemand;

constexpr int64_t largestCount = int64_t{1} << 40;

/// Reads values one after the other and remembers the first thing that is wrong, with its place.
class Checker
{
public:
    [[nodiscard]] bool good() const { return m_reason.isEmpty(); }
    [[nodiscard]] QString reason() const { return m_reason; }
    [[nodiscard]] const char* place() const { return m_place; }

    void refuse(const char* place, const QString& reason)
    {
        if (good()) {
            m_place = place;
            m_reason = reason;
        }
    }
    void refuse(od::value& value, const QString& reason) { refuse(value.raw_json_token().data(), reason); }

    int64_t count(od::value value, const QString& name, int64_t least)
    {
        int64_t number = 0;
        const char* const place = value.raw_json_token().data();
        if (value.get_int64().get(number) != simdjson::SUCCESS || number < least || number > largestCount)
            refuse(place, QStringLiteral("%1 must be a whole number from %2 up").arg(name).arg(least));
        return number;
    }

    /// USD per million tokens → pico-USD per token.
    int64_t price(od::value value, const QString& name)
    {
        double usd = 0;
        constexpr double largest = 1e6;
        const char* const place = value.raw_json_token().data();
        if (value.get_double().get(usd) != simdjson::SUCCESS || !(usd >= 0 && usd <= largest)) {
            refuse(place, QStringLiteral("%1 must be a price in USD per million tokens").arg(name));
            return 0;
        }
        return std::llround(usd * 1e6);
    }

    std::string text(od::value value, const QString& name)
    {
        std::string_view view;
        const char* const place = value.raw_json_token().data();
        if (value.get_string().get(view) != simdjson::SUCCESS || view.empty())
            refuse(place, QStringLiteral("%1 must be a text").arg(name));
        return std::string(view);
    }

    bool object(od::value value, od::object& out, const QString& name)
    {
        const char* const place = value.raw_json_token().data();
        if (value.get_object().get(out) == simdjson::SUCCESS)
            return true;
        refuse(place, QStringLiteral("%1 must be an object").arg(name));
        return false;
    }

    bool array(od::value value, od::array& out, const QString& name)
    {
        const char* const place = value.raw_json_token().data();
        if (value.get_array().get(out) == simdjson::SUCCESS)
            return true;
        refuse(place, QStringLiteral("%1 must be a list").arg(name));
        return false;
    }

    /// Calls `visit(key, value)` for every member.
    template <typename Visit>
    void members(od::object& object, Visit visit)
    {
        for (auto field : object) {
            std::string_view key;
            od::value value;
            if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
                field.value().get(value) != simdjson::SUCCESS)
                return refuse(m_place, QStringLiteral("cannot be read"));
            visit(key, value);
            if (!good())
                return;
        }
    }

    /// Calls `visit(value)` for every element.
    template <typename Visit>
    void elements(od::array& array, Visit visit)
    {
        for (auto element : array) {
            od::value value;
            if (element.get(value) != simdjson::SUCCESS)
                return refuse(m_place, QStringLiteral("cannot be read"));
            visit(value);
            if (!good())
                return;
        }
    }

private:
    const char* m_place = nullptr;
    QString m_reason;
};

/// A price as it stands, before what is left out is filled in. -1 = left out.
struct RawPrice
{
    int64_t aboveTokens = -1;
    int64_t fromMs = 0;
    Price price{-1, -1, -1, -1, -1};
    std::vector<PriceStep> steps;
};

/// What a price leaves out: caches cost what input costs, but 1 h at least as much as 5 min.
void fillPrice(Checker& check, const char* place, Price& price)
{
    if (price.input < 0 || price.output < 0)
        check.refuse(place, QStringLiteral("a price needs input and output"));
    price.cacheRead = price.cacheRead < 0 ? price.input : price.cacheRead;
    price.cacheWrite5m = price.cacheWrite5m < 0 ? price.input : price.cacheWrite5m;
    price.cacheWrite1h = price.cacheWrite1h < 0 ? price.cacheWrite5m : price.cacheWrite1h;
}

int64_t dayMs(Checker& check, od::value value)
{
    const char* const place = value.raw_json_token().data();
    const std::string text = check.text(value, QStringLiteral("from"));
    const QDate day = QDate::fromString(QString::fromStdString(text), Qt::ISODate);
    if (!day.isValid())
        check.refuse(place, QStringLiteral("from must be a date like 2026-03-13"));
    return day.isValid() ? day.startOfDay(Qt::UTC).toMSecsSinceEpoch() : 0;
}

RawPrice readPrice(Checker& check, od::value value, bool isStep);

void readSteps(Checker& check, od::value value, std::vector<PriceStep>& steps)
{
    od::array array;
    if (!check.array(value, array, QStringLiteral("steps")))
        return;
    check.elements(array, [&](od::value element) {
        const char* const place = element.raw_json_token().data();
        const RawPrice raw = readPrice(check, element, true);
        if (raw.aboveTokens < 0)
            check.refuse(place, QStringLiteral("a step needs above_tokens"));
        steps.push_back({raw.aboveTokens, raw.price});
    });
    std::sort(steps.begin(), steps.end(),
              [](const PriceStep& a, const PriceStep& b) { return a.aboveTokens < b.aboveTokens; });
}

RawPrice readPrice(Checker& check, od::value value, bool isStep)
{
    RawPrice raw;
    const char* const place = value.raw_json_token().data();
    od::object object;
    if (!check.object(value, object, QStringLiteral("a price")))
        return raw;
    struct Named
    {
        QLatin1String name;
        int64_t* target;
    };
    const std::array<Named, 5> prices{{{QLatin1String("input"), &raw.price.input},
                                       {QLatin1String("output"), &raw.price.output},
                                       {QLatin1String("cache_read"), &raw.price.cacheRead},
                                       {QLatin1String("cache_write_5m"), &raw.price.cacheWrite5m},
                                       {QLatin1String("cache_write_1h"), &raw.price.cacheWrite1h}}};
    check.members(object, [&](std::string_view key, od::value member) {
        for (const Named& named : prices) {
            if (key == std::string_view(named.name.data(), size_t(named.name.size())))
                *named.target = check.price(member, named.name);
        }
        if (key == "above_tokens" && isStep)
            raw.aboveTokens = check.count(member, QStringLiteral("above_tokens"), 0);
        else if (key == "from" && !isStep)
            raw.fromMs = dayMs(check, member);
        else if (key == "steps" && !isStep)
            readSteps(check, member, raw.steps);
    });
    fillPrice(check, place, raw.price);
    return raw;
}

std::vector<PricePeriod> readPrices(Checker& check, od::value value)
{
    std::vector<PricePeriod> periods;
    const char* const place = value.raw_json_token().data();
    const auto add = [&](od::value element) {
        RawPrice raw = readPrice(check, element, false);
        periods.push_back({raw.fromMs, raw.price, std::move(raw.steps)});
    };
    od::json_type type{};
    if (value.type().get(type) == simdjson::SUCCESS && type == od::json_type::array) {
        od::array array;
        if (check.array(value, array, QStringLiteral("prices_usd_per_mtok")))
            check.elements(array, add);
    } else {
        add(value);
    }
    std::sort(periods.begin(), periods.end(),
              [](const PricePeriod& a, const PricePeriod& b) { return a.fromMs < b.fromMs; });
    if (periods.empty() || periods.front().fromMs != 0)
        check.refuse(place, QStringLiteral("prices_usd_per_mtok needs one price without \"from\""));
    return periods;
}

void readRecord(Checker& check, od::value value, CatalogueFile& file)
{
    const char* const place = value.raw_json_token().data();
    od::object object;
    if (!check.object(value, object, QStringLiteral("a model")))
        return;
    CatalogueFile::Record record;
    std::vector<std::string> aliases;
    check.members(object, [&](std::string_view key, od::value member) {
        constexpr int64_t largestFactor = 1000; // keeps cost × factor far from overflow
        if (key == "id") {
            record.entry.id = check.text(member, QStringLiteral("id"));
        } else if (key == "context_window") {
            record.entry.contextWindow = check.count(member, QStringLiteral("context_window"), 1);
        } else if (key == "max_output") {
            record.entry.maxOutput = check.count(member, QStringLiteral("max_output"), 1);
        } else if (key == "fast_factor") {
            const int64_t factor = check.count(member, QStringLiteral("fast_factor"), 1);
            record.entry.fastFactor = static_cast<int>(std::min(factor, largestFactor));
            record.saysFastFactor = true;
        } else if (key == "prices_usd_per_mtok") {
            record.entry.prices = readPrices(check, member);
        } else if (key == "aliases") {
            od::array array;
            if (check.array(member, array, QStringLiteral("aliases")))
                check.elements(array, [&](od::value alias) {
                    aliases.push_back(check.text(alias, QStringLiteral("an alias")));
                });
        }
    });
    if (record.entry.id.empty())
        check.refuse(place, QStringLiteral("a model needs an id"));
    for (std::string& alias : aliases)
        file.aliases.emplace_back(std::move(alias), record.entry.id);
    file.records.push_back(std::move(record));
}

void readModels(Checker& check, od::document& document, const char* begin, CatalogueFile& file)
{
    od::value root;
    od::object object;
    if (document.get_value().get(root) != simdjson::SUCCESS ||
        root.get_object().get(object) != simdjson::SUCCESS)
        return check.refuse(begin, QStringLiteral("not an object with \"models\""));
    bool found = false;
    check.members(object, [&](std::string_view key, od::value member) {
        od::array array;
        if (key != "models" || !check.array(member, array, QStringLiteral("models")))
            return;
        found = true;
        check.elements(array, [&](od::value model) { readRecord(check, model, file); });
    });
    if (!found)
        check.refuse(begin, QStringLiteral("not an object with \"models\""));
}

QString complaint(const QString& fileName, const QByteArray& json, qsizetype offset, const QString& reason)
{
    const auto line = json.left(offset).count('\n') + 1;
    return QStringLiteral("%1:%2: %3").arg(fileName, QString::number(line), reason);
}

} // namespace

void CatalogueFile::Record::fillFrom(const ModelEntry& other)
{
    if (!entry.contextWindow)
        entry.contextWindow = other.contextWindow;
    if (!entry.maxOutput)
        entry.maxOutput = other.maxOutput;
    if (entry.prices.empty())
        entry.prices = other.prices;
    if (!saysFastFactor)
        entry.fastFactor = other.fastFactor;
}

CatalogueFile readCatalogueFile(const QByteArray& json, const QString& fileName)
{
    CatalogueFile file;
    // On-demand parsing does not look at what it skips, so the syntax is checked as a whole first.
    QJsonParseError error;
    const QJsonDocument checked = QJsonDocument::fromJson(json, &error);
    if (checked.isNull() && error.error != QJsonParseError::NoError) {
        file.problem = complaint(fileName, json, error.offset, error.errorString());
        return file;
    }
    const simdjson::padded_string padded(json.constData(), static_cast<size_t>(json.size()));
    od::parser parser;
    od::document document;
    Checker check;
    if (const auto code = parser.iterate(padded).get(document); code != simdjson::SUCCESS)
        check.refuse(padded.data(), QString::fromLatin1(simdjson::error_message(code)));
    else
        readModels(check, document, padded.data(), file);
    if (check.good())
        return file;
    const qsizetype offset = check.place() ? check.place() - padded.data() : 0;
    CatalogueFile refused;
    refused.problem = complaint(fileName, json, offset, check.reason());
    return refused;
}

} // namespace plimsoll

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/masking.h"

#include "models/secretrules.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

namespace plimsoll {

namespace {

using secrets::isAlnum;
using secrets::leastKey;
using secrets::NameKind;
using secrets::SecretName;

using Text = std::u16string_view;

constexpr quint8 wordBit = 1; // letters, digits, '-', '_'
constexpr quint8 signBit = 2; // may stand in a value: printable, neither space nor quote nor bracket
constexpr quint8 quoteBit = 4;

constexpr auto classes = [] {
    std::array<quint8, 128> table{};
    for (std::size_t c = 0x21; c < 0x7f; ++c)
        table[c] = signBit;
    for (const char16_t c : Text(u"\"'`"))
        table[c] = quoteBit;
    for (const char16_t c : Text(u",;<>(){}[]|\\&"))
        table[c] = 0;
    for (std::size_t c = 0; c < table.size(); ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || c == '-' || c == '_')
            table[c] = wordBit | signBit;
    }
    return table;
}();

bool is(char16_t c, quint8 bits)
{
    return c < classes.size() && (classes[c] & bits) != 0;
}

bool equalsFolded(Text text, std::string_view lower)
{
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char16_t a, char b) {
        return (a >= u'A' && a <= u'Z' ? a + 0x20 : a) == static_cast<char16_t>(b);
    });
}

/// Goes once through the text. What has been masked is behind `m_done` and never looked at again; a rule that
/// does not fit has looked at a bounded number of characters. Both together make it linear.
class Scanner
{
public:
    Scanner(const QString& text, bool cut)
        : m_text(text.isEmpty() ? Text() : Text(QStringView(text).utf16(), static_cast<size_t>(text.size())))
        , m_cut(cut)
    {
    }

    QString run(const QString& original);

private:
    [[nodiscard]] char16_t at(size_t i) const { return i < m_text.size() ? m_text[i] : u'\0'; }
    /// What ends here goes on elsewhere.
    [[nodiscard]] bool isCut(size_t end) const { return end == m_text.size() ? m_cut : m_text[end] == u'…'; }
    /// End of the characters of these classes, or of `extra`, from `i` on. Only for what is masked or
    /// bounded.
    [[nodiscard]] size_t past(size_t i, quint8 bits, Text extra = {}, size_t limit = Text::npos) const;
    [[nodiscard]] bool before(size_t i, Text expected) const
    {
        return i >= m_done + expected.size() &&
               m_text.substr(i - expected.size(), expected.size()) == expected;
    }

    [[nodiscard]] bool isRandom(size_t begin, size_t end) const
    {
        const Text value = m_text.substr(begin, end - begin);
        return isCut(end) ? secrets::mayBeginRandom(value) : secrets::looksRandom(value);
    }

    void mask(size_t begin, size_t end, const char* label);
    [[nodiscard]] size_t wordStart(size_t begin, size_t end) const;
    void lookAtWord(size_t begin, size_t end);
    void lookAtDelimiter(size_t i);
    bool findKey(size_t begin, size_t end);
    bool findToken(size_t begin, size_t end);
    bool findJwt(size_t begin, size_t end);
    bool findWebhook(size_t begin, size_t end);
    bool findPem(size_t end);
    bool findLoginInUrl(size_t colon);
    bool findBot(size_t colon);
    bool findAzureSecret(size_t tilde);
    bool findValue(size_t nameBegin, size_t nameEnd, size_t valueBegin);
    bool findAuthorization(size_t begin, bool quoted);
    bool findCookies(size_t begin);
    bool findAssignment(size_t delimiter);
    [[nodiscard]] std::pair<size_t, size_t> nameBefore(size_t i) const;

    Text m_text;
    bool m_cut;
    size_t m_done = 0; ///< everything before is in `m_out`
    QString m_out;
};

size_t Scanner::past(size_t i, quint8 bits, Text extra, size_t limit) const
{
    const size_t end = limit < m_text.size() - i ? i + limit : m_text.size();
    while (i < end && (is(m_text[i], bits) || extra.find(m_text[i]) != Text::npos))
        ++i;
    return i;
}

void Scanner::mask(size_t begin, size_t end, const char* label)
{
    m_out += QStringView(m_text.data() + m_done, static_cast<qsizetype>(begin - m_done));
    m_out += QLatin1String("[masked: ") + QLatin1String(label) + QLatin1Char(']');
    m_done = end;
}

QString Scanner::run(const QString& original)
{
    size_t i = 0;
    while (i < m_text.size()) {
        const size_t begin = i;
        while (i < m_text.size() && is(m_text[i], wordBit))
            ++i;
        if (i > begin)
            lookAtWord(begin, i);
        if (m_done <= i && i < m_text.size()) {
            lookAtDelimiter(i);
            ++i;
        }
        i = std::max(i, m_done);
    }
    if (m_done == 0)
        return original;
    m_out += QStringView(m_text.data() + m_done, static_cast<qsizetype>(m_text.size() - m_done));
    return std::move(m_out);
}

/// After "\n", "%3D" and the like, as they stand in text that is quoted once more, a word starts in the
/// middle.
size_t Scanner::wordStart(size_t begin, size_t end) const
{
    const char16_t left = begin > 0 ? m_text[begin - 1] : u'\0';
    constexpr Text escaped = u"ntru";
    size_t skipped = 0;
    if (left == u'%' && secrets::isHex(at(begin)) && secrets::isHex(at(begin + 1)))
        skipped = 2;
    else if (left == u'\\' && escaped.find(m_text[begin]) != Text::npos)
        skipped = m_text[begin] == u'u' ? 5 : 1;
    return skipped < end - begin ? begin + skipped : begin;
}

void Scanner::lookAtWord(size_t begin, size_t end)
{
    const size_t start = wordStart(begin, end);
    if (end - begin >= leastKey || isCut(end)) {
        if (findKey(start, end) || findToken(start, end))
            return;
        if (start > begin && (findKey(begin, end) || findToken(begin, end)))
            return;
    }
    const Text word = m_text.substr(start, end - start);
    if (word.ends_with(u"-----BEGIN") && findPem(end))
        return;
    if (at(end) != u' ')
        return;
    constexpr size_t longestOption = 40;
    if ((word.starts_with(u"--") && word.size() < longestOption) || equalsFolded(word, "password")) {
        findValue(start, end, end + 1);
    } else if (equalsFolded(word, "bearer") || equalsFolded(word, "basic")) {
        findAuthorization(start, false);
    }
}

void Scanner::lookAtDelimiter(size_t i)
{
    switch (m_text[i]) {
    case u':':
        if (at(i + 1) == u'/' && at(i + 2) == u'/')
            findLoginInUrl(i);
        else if (!findBot(i))
            findAssignment(i);
        break;
    case u'=':
    case u'>': findAssignment(i); break;
    case u'~': findAzureSecret(i); break;
    default: break;
    }
}

/// A key with the prefix of its issuer, anywhere in the word.
bool Scanner::findKey(size_t begin, size_t end)
{
    const bool cut = isCut(end);
    const char* dottedLabel = nullptr;
    if (begin > m_done) {
        const size_t before =
            secrets::dottedPrefix(m_text.substr(m_done), begin - m_done, end - m_done, cut, &dottedLabel);
        if (before > 0) {
            mask(begin - before, past(end, wordBit, u"."), dottedLabel);
            return true;
        }
    }
    const Text word = m_text.substr(begin, end - begin);
    for (size_t i = 0; i < word.size(); ++i) {
        const secrets::PrefixRule* rule = nullptr;
        size_t from = i;
        if (!isAlnum(word[i])) {
            rule = secrets::separatedRule(word, i, cut);
        } else if (i == 0 || !isAlnum(word[i - 1])) {
            rule = secrets::letterRule(word, i, cut);
        }
        if (!rule)
            continue;
        // Together with the letters that it is glued to: what is left must not become another word.
        while (from > 0 && isAlnum(word[from - 1]))
            --from;
        mask(begin + from, past(end, wordBit, u".+/=~"), rule->label);
        return true;
    }
    return false;
}

/// Keys of a known form that have no prefix: JWT, Discord's bots, Mailchimp, webhooks, cloud shells.
bool Scanner::findToken(size_t begin, size_t end)
{
    const Text word = m_text.substr(begin, end - begin);
    if (findJwt(begin, end))
        return true;
    if (word.size() >= 23 && word.size() <= 28 && at(end) == u'.' &&
        (word[0] == u'M' || word[0] == u'N' || word[0] == u'O')) {
        const size_t middle = past(end + 1, wordBit, {}, 8);
        const size_t last = at(middle) == u'.' ? past(middle + 1, wordBit, {}, 27) : middle;
        if (middle - end >= 6 && (last - middle >= 27 || (last > middle && isCut(last)))) {
            mask(begin, past(last, wordBit), "discord-token");
            return true;
        }
    }
    const size_t zone = word.size() - std::min<size_t>(word.size(), 5);
    const size_t us = word.find(u"-us", zone);
    if (us == 32 && word.size() > us + 3 && secrets::looksRandom(word.substr(0, us)) &&
        std::all_of(word.begin(), word.begin() + 32, secrets::isHex)) {
        mask(begin, end, "mailchimp-key");
        return true;
    }
    return findWebhook(begin, end);
}

bool Scanner::findJwt(size_t begin, size_t end)
{
    size_t header = m_text.substr(begin, end - begin).find(u"eyJ");
    if (header == Text::npos || end - begin - header < 12)
        return false;
    header += begin;
    size_t next = end;
    if (at(end) == u'.') // the second part is empty where the content is encrypted for a key both sides know
        next = past(at(end + 1) == u'.' ? end + 2 : end + 1, wordBit, {}, 16);
    if (next - end <= 16 && !isCut(next))
        return false;
    while (header > begin && isAlnum(m_text[header - 1]))
        --header;
    mask(header, past(end, wordBit, u".="), "jwt");
    return true;
}

/// The last part of a URL that whoever knows it may post to.
bool Scanner::findWebhook(size_t begin, size_t end)
{
    constexpr size_t looked = 128;
    if (begin == 0 || m_text[begin - 1] != u'/')
        return false;
    size_t from = begin;
    while (from > m_done && begin - from < looked && is(m_text[from - 1], signBit))
        --from;
    const Text before = m_text.substr(from, begin - from);
    const bool hook = before.find(u"hooks.slack.com/") != Text::npos ||
                      before.find(u"/webhooks/") != Text::npos || before.find(u"/webhook") != Text::npos ||
                      before.find(u"hooks.zapier.com/") != Text::npos;
    if (!hook || !isRandom(begin, end))
        return false;
    mask(begin, past(end, wordBit, u"/.@"), "webhook");
    return true;
}

/// From "-----BEGIN … PRIVATE KEY-----", whose BEGIN ends here, to the end of the key.
bool Scanner::findPem(size_t end)
{
    constexpr size_t longestTitle = 40;
    size_t titleEnd = end;
    while (titleEnd - end < longestTitle &&
           (at(titleEnd) == u' ' || (at(titleEnd) >= u'A' && at(titleEnd) <= u'Z')))
        ++titleEnd;
    if (m_text.substr(titleEnd, 5) != u"-----" ||
        m_text.substr(end, titleEnd - end).find(u"PRIVATE KEY") == Text::npos)
        return false;
    // The body with what stands between its lines: line breaks, escaped ones, line numbers, marks of a diff.
    constexpr Text between = u" \t\r\n\\+/=:,→|\"'";
    const size_t body = titleEnd + 5;
    // At first a glimpse: a key has a long word in its first lines.
    constexpr size_t glimpse = 256;
    const size_t seen = past(body, wordBit, between, glimpse);
    size_t longest = 0;
    for (size_t i = body, length = 0; i < seen; ++i) {
        length = isAlnum(m_text[i]) || m_text[i] == u'+' || m_text[i] == u'/' ? length + 1 : 0;
        longest = std::max(longest, length);
    }
    if (longest < leastKey && !(isCut(seen) && seen > body))
        return false;
    size_t stop = body;
    while (stop < m_text.size() && m_text.substr(stop, 8) != u"-----END" &&
           (is(m_text[stop], wordBit) || between.find(m_text[stop]) != Text::npos))
        ++stop;
    mask(body, stop, "private-key");
    return true;
}

/// "scheme://user:password@host", and "scheme://token@host".
bool Scanner::findLoginInUrl(size_t colon)
{
    constexpr size_t longestUser = 128;
    constexpr size_t longestPassword = 256;
    constexpr Text more = u"&|,;(){}[]";
    const auto part = [&](size_t from, size_t limit) {
        size_t i = from;
        while (i < m_text.size() && i - from < limit && m_text[i] != u':' && m_text[i] != u'/' &&
               m_text[i] != u'@' && m_text[i] != u'?' && m_text[i] != u'#' &&
               (is(m_text[i], signBit) || more.find(m_text[i]) != Text::npos))
            ++i;
        return i;
    };
    const size_t user = colon + 3;
    const size_t userEnd = part(user, longestUser);
    const Text login = m_text.substr(user, userEnd - user);
    const bool cutToken = isCut(userEnd) && login.size() >= 8 && login.find(u'.') == Text::npos;
    if (((at(userEnd) == u'@' && login.size() >= 16) || cutToken) && secrets::looksRandom(login)) {
        mask(user, userEnd, "url-token");
        return true;
    }
    if (at(userEnd) != u':')
        return false;
    const size_t password = userEnd + 1;
    const size_t passwordEnd = part(password, longestPassword);
    const Text placeholder = u"$<{[*%(";
    const bool closed = at(passwordEnd) == u'@' || (isCut(passwordEnd) && isRandom(password, passwordEnd));
    if (passwordEnd == password || !closed || placeholder.find(m_text[password]) != Text::npos)
        return false;
    // What is long enough for a key goes along: its words are not looked at again.
    mask(login.size() < leastKey ? password : user, passwordEnd, "url-password");
    return true;
}

/// Telegram: "digits:35 characters".
bool Scanner::findBot(size_t colon)
{
    size_t begin = colon;
    while (begin > m_done && colon - begin < 12 && m_text[begin - 1] >= u'0' && m_text[begin - 1] <= u'9')
        --begin;
    if (colon - begin < 8 || colon - begin > 11)
        return false;
    const size_t end = past(colon + 1, wordBit, {}, 35);
    if ((end - colon <= 35 && !(end > colon + 1 && isCut(end))) || !isRandom(colon + 1, end))
        return false;
    while (begin > m_done && isAlnum(m_text[begin - 1])) // "bot" in URLs
        --begin;
    mask(begin, past(end, wordBit), "telegram-token");
    return true;
}

/// Microsoft Entra: three characters, a digit, "Q~" and 31 to 34 more.
bool Scanner::findAzureSecret(size_t tilde)
{
    if (tilde < m_done + 5 || m_text[tilde - 1] != u'Q')
        return false;
    const size_t end = past(tilde + 1, wordBit, u"~.", 31);
    if (end - tilde <= 31 && !isCut(end))
        return false;
    size_t begin = tilde;
    while (begin > m_done && tilde - begin < 5 && is(m_text[begin - 1], signBit))
        --begin;
    while (begin > m_done && is(m_text[begin - 1], wordBit))
        --begin;
    mask(begin, past(end, wordBit, u"~."), "azure-secret");
    return true;
}

/// The name before a delimiter: `name =`, `"name":`, `["name"] =`, `<name>`, `name: str =`.
std::pair<size_t, size_t> Scanner::nameBefore(size_t i) const
{
    constexpr size_t longest = 64;
    constexpr size_t longestGap = 6;
    const size_t low = std::max(m_done, i - std::min(i, longestGap));
    size_t end = i;
    bool bracket = false;
    while (end > low) {
        const char16_t c = m_text[end - 1];
        if (c == u']' && !bracket) {
            bracket = true;
        } else if (c != u' ' && c != u'\t' && c != u'\\' && !is(c, quoteBit)) {
            break;
        }
        --end;
    }
    if (bracket && !is(m_text[end], quoteBit))
        return {i, i};
    size_t begin = end;
    while (begin > m_done && end - begin < longest && is(m_text[begin - 1], wordBit))
        --begin;
    return {begin, end};
}

bool Scanner::findAssignment(size_t delimiter)
{
    auto [begin, end] = nameBefore(delimiter);
    if (begin == end)
        return false;
    if (m_text[delimiter] == u'>' && (end != delimiter || begin == 0 || m_text[begin - 1] != u'<'))
        return false;
    size_t value = delimiter + 1;
    for (int i = 0; i < 2 && (at(value) == u'=' || at(value) == u'>' || at(value) == u':'); ++i)
        ++value;
    for (int i = 0; i < 4 && (at(value) == u' ' || at(value) == u'\t'); ++i)
        ++value;
    const Text name = m_text.substr(begin, end - begin);
    if (m_text[delimiter] == u'=' && (equalsFolded(name, "str") || equalsFolded(name, "string"))) { // a type
        std::tie(begin, end) = nameBefore(begin);
        if (end > begin || end == 0 || m_text[end - 1] != u':')
            return false;
        std::tie(begin, end) = nameBefore(end - 1);
    }
    if (m_text[delimiter] == u':' && end == delimiter &&
        (before(begin, u" -u ") || before(begin, u" --user "))) {
        const size_t valueEnd = past(value, signBit, {}, 64); // curl -u name:password
        if (value == delimiter + 1 && secrets::looksLikePassword(m_text.substr(value, valueEnd - value))) {
            mask(value, past(valueEnd, signBit), "password");
            return true;
        }
    }
    return findValue(begin, end, value);
}

bool Scanner::findValue(size_t nameBegin, size_t nameEnd, size_t begin)
{
    // Most values are too short for a secret, which is cheaper to see than what the name means.
    constexpr size_t leastPassword = 8;
    const size_t glimpse = past(begin, signBit | quoteBit, u"\\", leastPassword);
    if (glimpse - begin < leastPassword && at(glimpse) != u' ' && !isCut(glimpse))
        return false;
    const SecretName name = secrets::secretName(m_text.substr(nameBegin, nameEnd - nameBegin));
    if (name.kind == NameKind::None)
        return false;
    for (int i = 0; i < 3 && at(begin) == u'\\'; ++i)
        ++begin;
    const bool quoted = is(at(begin), quoteBit);
    begin += quoted ? 1 : 0;
    if (name.kind == NameKind::Cookie)
        return findCookies(begin);
    if (findAuthorization(begin, quoted))
        return true;
    constexpr Text placeholder = u"$<{[(*%";
    if (!is(at(begin), signBit) || placeholder.find(m_text[begin]) != Text::npos)
        return false;
    const Text extra = quoted ? Text(u",;<>(){}[]|&") : Text();
    constexpr size_t looked = 64;
    size_t end = past(begin, signBit, extra, looked);
    const Text value = m_text.substr(begin, end - begin);
    const bool cut = isCut(end);
    const size_t least = cut ? 1 : name.kind == NameKind::Password ? leastPassword : 16;
    if (value.size() < least || (!quoted && (at(end) == u'(' || at(end) == u'[')))
        return false;
    const bool member =
        !quoted && value.find(u'.') != Text::npos && value.find_first_not_of(u"0123456789.") == 0;
    const bool secret =
        name.kind == NameKind::Password && !member ? secrets::looksLikePassword(value) : isRandom(begin, end);
    if (!secret && !(cut && isRandom(begin, end)))
        return false;
    mask(begin, past(end, signBit, extra), name.label);
    return true;
}

/// "Bearer TOKEN", "Basic BASE64", or a value alone after the name of the header.
bool Scanner::findAuthorization(size_t begin, bool quoted)
{
    const size_t schemeEnd = past(begin, wordBit, {}, 12);
    const Text scheme = m_text.substr(begin, schemeEnd - begin);
    const bool known = equalsFolded(scheme, "bearer") || equalsFolded(scheme, "basic") ||
                       equalsFolded(scheme, "token") || equalsFolded(scheme, "apikey");
    if (!known || at(schemeEnd) != u' ')
        return false;
    const size_t value = schemeEnd + 1;
    const size_t end = past(value, wordBit, u"+/=.~:", 64);
    constexpr size_t least = 8;
    if (end - value < (isCut(end) ? 1 : least) || !isRandom(value, end))
        return false;
    mask(value, past(end, signBit, quoted ? Text(u",;") : Text()), "authorization");
    return true;
}

/// "name=value; name=value …" to the end of the line.
bool Scanner::findCookies(size_t begin)
{
    constexpr size_t longestName = 64;
    const size_t sign = past(begin, wordBit, u".", longestName);
    if (at(sign) != u'=')
        return false;
    mask(begin, past(sign, signBit, u" ,;<>(){}[]|&"), "cookie");
    return true;
}

} // namespace

QString maskSecrets(const QString& text, TextEnd end)
{
    // A mask ends words that went on before, so another rule may fit beside it: looked at until nothing
    // changes.
    constexpr int mostPasses = 4;
    QString now = text;
    for (int pass = 0; pass < mostPasses; ++pass) {
        QString next = Scanner(now, end == TextEnd::Cut).run(now);
        if (next.constData() == now.constData())
            break;
        now = std::move(next);
    }
    return now;
}

} // namespace plimsoll

// SPDX-License-Identifier: GPL-3.0-or-later
// Every secret here is made while the test runs, from a prefix in pieces and chance: none stands in the
// sources.
#include "models/masking.h"
#include "tests/childprocess.h"

#include <QDir>
#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <functional>
#include <random>

using namespace plimsoll;

namespace {

const char* const digits = "0123456789";
const char* const hex = "0123456789abcdef";
const char* const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const char* const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const char* const word = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const char* const base64 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/";

class Chance
{
public:
    explicit Chance(unsigned seed)
        : m_engine(seed)
    {
    }
    QString of(const char* letters, int length)
    {
        const QString all = QString::fromLatin1(letters);
        QString out;
        for (int i = 0; i < length; ++i)
            out += all[qsizetype(m_engine() % std::mt19937::result_type(all.size()))];
        return out;
    }

private:
    std::mt19937 m_engine;
};

/// A text with a secret in it, and the part of it that must not be seen.
struct Planted
{
    QString text;
    QString secret;
};

struct Family
{
    QString name;
    std::function<Planted(Chance&)> make;
    bool whole = false; ///< the text is a line of its own; else it may stand anywhere in one
};

/// A prefix, which a bar keeps in pieces, and so many letters.
Family key(const char* prefix, const char* letters, int length)
{
    const QString start = QString::fromLatin1(prefix).remove(QLatin1Char('|'));
    return {start, [=](Chance& chance) {
                const QString body = chance.of(letters, length);
                return Planted{start + body, body};
            }};
}

/// `%1` is the secret.
Family line(const char* text, const char* letters, int length)
{
    const QString around = QString::fromLatin1(text).remove(QLatin1Char('|'));
    return {around,
            [=](Chance& chance) {
                const QString body = chance.of(letters, length);
                return Planted{around.arg(body), body};
            },
            true};
}

QList<Family> modelAndCodeIssuers()
{
    return {
        key("sk-|ant-api03-", word, 95), key("sk-|proj-", word, 120), key("s|k-", alnum, 48),
        key("sk-|or-v1-", hex, 64),      key("sk-|lf-", hex, 36),     key("gs|k_", alnum, 52),
        key("xa|i-", alnum, 80),         key("ppl|x-", alnum, 48),    key("tvl|y-", alnum, 32),
        key("lsv2|_pt_", hex, 32),       key("h|f_", alnum, 34),      key("r|8_", alnum, 37),
        key("gh|p_", alnum, 36),         key("gh|o_", alnum, 36),     key("gh|u_", alnum, 36),
        key("gh|s_", alnum, 36),         key("gh|r_", alnum, 36),     key("github|_pat_", alnum, 82),
        key("glp|at-", word, 20),        key("gl|dt-", word, 20),     key("xo|xb-", word, 50),
        key("xo|xp-", word, 70),         key("xa|pp-1-", word, 60),
    };
}

QList<Family> otherIssuers()
{
    return {
        key("sk_|live_", alnum, 24),
        key("rk_|live_", alnum, 24),
        key("pk_|live_", alnum, 24),
        key("whs|ec_", alnum, 32),
        key("np|m_", alnum, 36),
        key("pyp|i-AgEIcHlwaS5vcmc", word, 120),
        key("rubyg|ems_", hex, 48),
        key("dckr|_pat_", word, 27),
        key("CLOJ|ARS_", alnum, 60),
        key("dop|_v1_", hex, 64),
        key("shp|at_", hex, 32),
        key("shp|ss_", hex, 32),
        key("sq0|csp-", word, 43),
        key("sq0|atp-", word, 22),
        key("ke|y-", hex, 32),
        key("xkey|sib-", hex, 64),
        key("AGE-|SECRET-KEY-1", upper, 58),
        key("GOC|SPX-", word, 28),
        key("fi|gd_", word, 40),
        key("gls|a_", alnum, 32),
        key("lin|_api_", alnum, 40),
        key("NR|AK-", upper, 27),
        key("nt|n_", alnum, 46),
        key("pscale|_tkn_", word, 40),
        key("PM|AK-", hex, 59),
        key("pu|l-", hex, 40),
        key("sb|p_", hex, 40),
        key("sntr|yu_", hex, 64),
        key("sq|p_", hex, 40),
        key("tske|y-auth-", alnum, 40),
        key("HRK|U-", word, 60),
        key("AK|IA", upper, 16),
        key("AS|IA", upper, 16),
        key("AI|za", word, 35),
        key("EA|ACEdEose0cBA", alnum, 120),
        key("S|K", hex, 32),
        key("LT|AI", alnum, 20),
        key("da|pi", hex, 32),
        key("ATA|TT3xFfGF0", word, 180),
        key("oy|2", "0123456789abcdefghijklmnopqrstuvwxyz", 43),
        key("ci|o", alnum, 32),
        key("ya|29.", word, 120),
        key("hv|s.", word, 90),
        key("dp.|pt.", alnum, 43),
        key("1/|/0", word, 60),
        key("ops|_eyJ", alnum, 200),
    };
}

QList<Family> issuers()
{
    return modelAndCodeIssuers() + otherIssuers();
}

QString pem(Chance& chance, const QString& title, const QString& lineEnd, QString* body)
{
    QString out = QStringLiteral("-----BEGIN ") + title + QStringLiteral("-----") + lineEnd;
    for (int i = 0; i < 12; ++i) {
        *body = chance.of(base64, 64);
        out += *body + lineEnd;
    }
    return out + QStringLiteral("-----END ") + title + QStringLiteral("-----");
}

Family pemFamily(const char* title, const char* lineEnd)
{
    const QString name = QString::fromLatin1(title) + QStringLiteral(" KEY");
    const QString end = QString::fromUtf8(lineEnd);
    return {name + end, [=](Chance& chance) {
                QString body;
                const QString text = pem(chance, name, end, &body);
                return Planted{text, body};
            }};
}

QList<Family> forms()
{
    const auto jwt = [](Chance& chance) {
        const QString head = QStringLiteral("ey") + QStringLiteral("J") + chance.of(alnum, 33);
        const QString body = chance.of(word, 120);
        return Planted{head + QLatin1Char('.') + body + QLatin1Char('.') + chance.of(word, 43), body};
    };
    const auto sendGrid = [](Chance& chance) {
        const QString body = chance.of(word, 43);
        return Planted{
            QStringLiteral("SG") + QStringLiteral(".") + chance.of(word, 22) + QLatin1Char('.') + body, body};
    };
    const auto discord = [](Chance& chance) {
        const QString body = chance.of(word, 38);
        return Planted{QStringLiteral("M") + chance.of(alnum, 25) + QLatin1Char('.') + chance.of(word, 6) +
                           QLatin1Char('.') + body,
                       body};
    };
    const auto telegram = [](Chance& chance) {
        const QString body = QStringLiteral("AA") + chance.of(word, 33);
        return Planted{QLatin1Char('5') + chance.of(digits, 9) + QLatin1Char(':') + body, body};
    };
    const auto mailchimp = [](Chance& chance) {
        const QString body = chance.of(hex, 32);
        return Planted{body + QStringLiteral("-us") + QStringLiteral("14"), body};
    };
    const auto entra = [](Chance& chance) {
        const QString body = chance.of(alnum, 34);
        return Planted{chance.of(alnum, 3) + QStringLiteral("8Q") + QLatin1Char('~') + body, body};
    };
    return {
        {QStringLiteral("jwt"), jwt},
        {QStringLiteral("sendgrid"), sendGrid},
        {QStringLiteral("discord bot"), discord},
        {QStringLiteral("telegram"), telegram},
        {QStringLiteral("mailchimp"), mailchimp},
        {QStringLiteral("entra"), entra},
        pemFamily("RSA PRIVATE", "\n"),
        pemFamily("PRIVATE", "\\n"),
        pemFamily("OPENSSH PRIVATE", "\n   12→"),
        pemFamily("EC PRIVATE", "\n+"),
        line("https://hooks.slack|.com/services/T0123456789/B0123456789/%1", alnum, 24),
        line("https://discord|.com/api/webhooks/123456789012345678/%1", word, 68),
    };
}

QList<Family> assignments()
{
    return {
        line("AWS_SECRET|_ACCESS_KEY=%1", base64, 40),
        line("aws_secret|_access_key = %1", base64, 40),
        line("DefaultEndpointsProtocol=https;AccountName=store;AccountKey|=%1==;EndpointSuffix=net", base64,
             86),
        line("TWILIO_AUTH|_TOKEN: %1", hex, 32),
        line("Authorization: Bearer| %1", word, 40),
        line("curl -H 'authorization: Basic| %1=='", base64, 30),
        line("-H \"Proxy-Authorization: token| %1\"", hex, 40),
        line("postgres://app:|%1@db.example.org:5432/app", alnum, 12),
        line("redis://:|%1@cache:6379/0", alnum, 20),
        line("https://|%1@example.org/repo.git", hex, 40),
        line("password=|%1", alnum, 20),
        line("export PGPASSWORD='|%1'", word, 24),
        line("api_key: \"|%1\"", alnum, 32),
        line("  apiKey: '|%1',", alnum, 39),
        line("SECRET_TOKEN=|%1", hex, 64),
        line("{\"user\": \"x\", \"token\": \"|%1\", \"n\": 1}", alnum, 40),
        line("{\\\"client_secret\\\":\\\"|%1\\\"}", word, 40),
        line("os.environ[\"MY_API_KEY\"] = \"|%1\"", alnum, 32),
        line("'encryption_key' => '|%1'", base64, 44),
        line("PrivateKey = |%1=", base64, 43),
        line("tool login --token |%1 --yes", alnum, 40),
        line("sync --password |%1", alnum, 16),
        line("<password>|%1</password>", alnum, 16),
        line("machine example.org login me password |%1", alnum, 20),
        line("GET /v1/items?page=2&access_token=|%1&sort=up", alnum, 32),
        line("X-Api-Key: |%1", hex, 32),
        line("Cookie: theme=dark; sid=|%1; lang=en", word, 40),
        line("token: string = \"|%1\"", alnum, 40),
        line("signing_key: str = '|%1'", hex, 64),
    };
}

/// Any piece of the secret of so many letters that can be read in the text; empty if there is none.
QString readable(const QString& text, const QString& secret, qsizetype length)
{
    for (qsizetype i = 0; i + length <= secret.size(); ++i) {
        if (text.contains(QStringView(secret).mid(i, length)))
            return secret.mid(i, length);
    }
    return {};
}

QString corpora()
{
    return QStringLiteral(SHARED_DIR "/corpora/");
}

void addTexts(const QJsonValue& value, QStringList& lines)
{
    if (value.isString()) {
        lines += value.toString().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    } else if (value.isArray()) {
        for (const QJsonValue entry : value.toArray())
            addTexts(entry, lines);
    } else if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (const QJsonValue entry : object)
            addTexts(entry, lines);
    }
}

} // namespace

class TestMasking : public QObject
{
    Q_OBJECT

private slots:
    void plantedSecretsAreMasked_data();
    void plantedSecretsAreMasked();
    void cutSecretsAreMasked_data();
    void cutSecretsAreMasked();
    void whatStandsAroundStays_data();
    void whatStandsAroundStays();
    void cleanLinesStay_data();
    void cleanLinesStay();
    void nearlyNothingOfRealLogsIsMasked();
    void longLinesEnd_data();
    void longLinesEnd();
    void textsOfEventsAreMasked();
};

void TestMasking::plantedSecretsAreMasked_data()
{
    QTest::addColumn<int>("list");
    QTest::addColumn<int>("index");
    const QList<QList<Family>> lists{issuers(), forms(), assignments()};
    int families = 0;
    for (int list = 0; list < lists.size(); ++list) {
        for (int index = 0; index < lists[list].size(); ++index) {
            QTest::addRow("%d %s", ++families, qPrintable(lists[list][index].name)) << list << index;
        }
    }
    QVERIFY(families >= 60);
}

void TestMasking::plantedSecretsAreMasked()
{
    QFETCH(int, list);
    QFETCH(int, index);
    const Family family = QList<QList<Family>>{issuers(), forms(), assignments()}[list][index];
    const QStringList around{QStringLiteral("%1"),
                             QStringLiteral("the key is %1."),
                             QStringLiteral("KEY=%1\nNEXT=1"),
                             QStringLiteral("{\"value\": \"%1\"}"),
                             QStringLiteral("{\\\"value\\\":\\\"%1\\\"}"),
                             QStringLiteral("  12→const key = '%1';"),
                             QStringLiteral("(%1)"),
                             QStringLiteral("first line\\n%1\\nthird line"),
                             QStringLiteral("x=%3D%1"),
                             QStringLiteral("\\u003d%1"),
                             QStringLiteral("50% %%1")};
    Chance chance(unsigned(list * 1000 + index));
    for (int i = 0; i < 50; ++i) {
        const Planted planted = family.make(chance);
        for (const QString& frame : around) {
            const QString text =
                family.whole ? planted.text : QString(frame).replace(QLatin1String("%1"), planted.text);
            const QString masked = maskSecrets(text);
            QVERIFY2(masked.contains(QLatin1String("[masked: ")), qPrintable(text));
            QVERIFY2(readable(masked, planted.secret, 8).isEmpty(),
                     qPrintable(text + QLatin1String(" → ") + masked));
            QCOMPARE(maskSecrets(masked), masked);
        }
    }
}

void TestMasking::cutSecretsAreMasked_data()
{
    plantedSecretsAreMasked_data();
}

// Texts are cut at 8 KiB wherever that falls: what is left of the secret is as bad as the whole.
void TestMasking::cutSecretsAreMasked()
{
    QFETCH(int, list);
    QFETCH(int, index);
    const Family family = QList<QList<Family>>{issuers(), forms(), assignments()}[list][index];
    if (family.name == QLatin1String("mailchimp"))
        QSKIP("what tells it stands at its end");
    Chance chance(unsigned(list * 1000 + index));
    for (int i = 0; i < 10; ++i) {
        const Planted planted = family.make(chance);
        const qsizetype begin = planted.text.lastIndexOf(planted.secret);
        for (qsizetype length = 1; length <= planted.secret.size(); ++length) {
            const QString text = QStringLiteral("key ") + planted.text.left(begin + length);
            const QString masked = maskSecrets(text, TextEnd::Cut);
            QVERIFY2(readable(masked, planted.secret, 12).isEmpty(),
                     qPrintable(text + QLatin1String(" → ") + masked));
            QVERIFY2(readable(maskSecrets(text + QChar(0x2026)), planted.secret, 12).isEmpty(),
                     qPrintable(text));
            QCOMPARE(maskSecrets(masked, TextEnd::Cut), masked);
        }
    }
}

void TestMasking::whatStandsAroundStays_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    Chance chance(7);
    const QString token = QStringLiteral("gh") + QStringLiteral("p_") + chance.of(alnum, 36);
    const QString value = chance.of(alnum, 32);
    const QString mark = QStringLiteral("[masked: github-token]");
    const auto row = [](const char* name, const QString& text, const QString& expected) {
        QTest::newRow(name) << text << expected;
    };
    row("environment", QStringLiteral("export GH_TOKEN=") + token + QStringLiteral(" && make"),
        QStringLiteral("export GH_TOKEN=[masked: token] && make"));
    row("sentence", QStringLiteral("use ") + token + QStringLiteral(", please"),
        QStringLiteral("use ") + mark + QStringLiteral(", please"));
    row("two", token + QLatin1Char(' ') + token, mark + QLatin1Char(' ') + mark);
    row("url", QStringLiteral("git clone https://me:") + value + QStringLiteral("@example.org/a.git"),
        QStringLiteral("git clone https://me:[masked: url-password]@example.org/a.git"));
    row("json", QStringLiteral(R"({"a": 1, "apiKey": ")") + value + QStringLiteral(R"(", "b": 2})"),
        QStringLiteral(R"({"a": 1, "apiKey": "[masked: key]", "b": 2})"));
    row("header", QStringLiteral("Authorization: Bearer ") + value + QStringLiteral("\nHost: x"),
        QStringLiteral("Authorization: Bearer [masked: authorization]\nHost: x"));
    QString body;
    row("pem",
        QStringLiteral("a\n") +
            pem(chance, QStringLiteral("PRIVATE") + QStringLiteral(" KEY"), QStringLiteral("\n"), &body) +
            QStringLiteral("\nb"),
        QStringLiteral("a\n-----BEGIN PRIVATE") +
            QStringLiteral(" KEY-----[masked: private-key]-----END PRIVATE") +
            QStringLiteral(" KEY-----\nb"));
}

void TestMasking::whatStandsAroundStays()
{
    QFETCH(QString, text);
    QFETCH(QString, expected);
    QCOMPARE(maskSecrets(text), expected);
}

void TestMasking::cleanLinesStay_data()
{
    QTest::addColumn<QString>("text");
    Chance chance(11);
    const QList<QString> lines{
        {},
        QStringLiteral("commit ") + chance.of(hex, 40),
        QStringLiteral("sha256:") + chance.of(hex, 64),
        QStringLiteral("\"integrity\": \"sha512-") + chance.of(base64, 86) + QStringLiteral("==\""),
        QStringLiteral("6f1ed002-ab5f-4a3c-9e0d-0123456789ab"),
        QStringLiteral("\"sessionId\":\"6f1ed002-ab5f-4a3c-9e0d-0123456789ab\""),
        QStringLiteral("data:image/png;base64,iVBORw0KGgo") + chance.of(base64, 4000),
        QStringLiteral("\"signature\":\"") + chance.of(base64, 400) + QStringLiteral("\""),
        QStringLiteral("toolu_01") + chance.of(alnum, 22),
        QStringLiteral("msg_01") + chance.of(alnum, 22) + QStringLiteral(" req_011") + chance.of(alnum, 21),
        QStringLiteral("/usr/lib/x86_64-linux-gnu/qt6/plugins/platforms/libqoffscreen.so.6.4.2"),
        QStringLiteral("https://example.org/a/very/long/path/with-many-words-in-it/index.html?tokens=12"),
        QStringLiteral("http://localhost:8080/password/reset@latest"),
        QStringLiteral("const token = await getAccessTokenSilently(options);"),
        QStringLiteral("token: AuthenticationTokenProvider<string>;"),
        QStringLiteral("password: process.env.DATABASE_PASSWORD,"),
        QStringLiteral("apiKey: \"${ANTHROPIC_API_KEY}\", secret: $SECRET_FROM_VAULT"),
        QStringLiteral("token=<your-token-goes-here> api_key=your-api-key-goes-here"),
        QStringLiteral("\"input_tokens\": 1234567890123456, \"max_tokens\":32000"),
        QStringLiteral("tokenizer: \"cl100k_base_2024_with_extras\""),
        QStringLiteral("Authorization: Bearer $TOKEN and Basic authentication is required"),
        QStringLiteral("sk-learn-style-pipelines-are-good, risk-assessment-of-everything-here"),
        QStringLiteral("npm_config_registry_and_other_variables_of_npm, hf_hub_download_of_files"),
        QStringLiteral("secret_manager_of_the_whole_company_with_a_long_name = true"),
        QStringLiteral("--- PASS: TestMaskingOfEverything1 (0.00s)"),
        QStringLiteral("-----BEGIN CERTIFICATE-----\n") + chance.of(base64, 64),
        QStringLiteral("the -----BEGIN PRIVATE") + QStringLiteral(" KEY----- line comes first"),
        QStringLiteral("--token is an option, --password reads from the terminal"),
        QString(300, QLatin1Char('-')),
        QStringLiteral("[masked: github-token] [masked: url-password]: [masked: secret]"),
        QStringLiteral("Schlüssel: 秘密のパスワード = これはテストです password"),
    };
    for (qsizetype i = 0; i < lines.size(); ++i)
        QTest::addRow("%d %s", int(i), qPrintable(lines[i].left(24))) << lines[i];
}

void TestMasking::cleanLinesStay()
{
    QFETCH(QString, text);
    QCOMPARE(maskSecrets(text), text);
}

void TestMasking::nearlyNothingOfRealLogsIsMasked()
{
    NEEDS_CHILD_PROCESSES();
    const QStringList archives = QDir(corpora()).entryList({QStringLiteral("*.tar.xz")});
    if (archives.isEmpty())
        QSKIP("no ../shared/corpora here");
    QTemporaryDir folder;
    QVERIFY(folder.isValid());
    for (const QString& archive : archives)
        QCOMPARE(QProcess::execute(QStringLiteral("tar"), {QStringLiteral("-xJf"), corpora() + archive,
                                                           QStringLiteral("-C"), folder.path()}),
                 0);
    qsizetype lines = 0;
    QStringList masked;
    QDirIterator files(folder.path(), {QStringLiteral("*.jsonl")}, QDir::Files | QDir::Hidden,
                       QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QFile file(files.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        QStringList texts;
        while (!file.atEnd())
            addTexts(QJsonDocument::fromJson(file.readLine()).object(), texts);
        lines += texts.size();
        for (const QString& text : std::as_const(texts)) {
            if (maskSecrets(text) != text)
                masked += maskSecrets(text);
        }
    }
    qInfo("%lld of %lld lines masked", static_cast<long long>(masked.size()), static_cast<long long>(lines));
    QVERIFY(lines > 100'000);
    QVERIFY2(masked.size() * 1000 < lines, qPrintable(masked.mid(0, 20).join(QLatin1Char('\n'))));
}

void TestMasking::longLinesEnd_data()
{
    QTest::addColumn<QString>("piece");
    for (const char* piece :
         {"a", "-", "eyJ", "\"", "password=", "token=\"", "sk-", "AKIA-", "://a:", "cookie: a",
          "-----BEGIN PRIVATE KEY-----", "12345678:", "\\\"]", "Bearer ", "Q~", "/webhooks/"})
        QTest::newRow(piece) << QString::fromLatin1(piece);
}

// What would take hours if it were not linear; bench_masking has the numbers.
void TestMasking::longLinesEnd()
{
    QFETCH(QString, piece);
    const QString text = piece.repeated(2'000'000 / piece.size());
    const QString masked = maskSecrets(text, TextEnd::Cut);
    QVERIFY(masked.size() <= text.size() * 4);
}

void TestMasking::textsOfEventsAreMasked()
{
    Chance chance(5);
    const QString secret = QStringLiteral("glp") + QStringLiteral("at-") + chance.of(alnum, 20);
    const QString mark = QStringLiteral("[masked: gitlab-token]");
    const auto bodyOf = [](Body body) { return maskedEvent(Event{7, 8, AgentId(), std::move(body)}).body; };

    AgentInfo info;
    info.name = info.summary = info.gitBranch = info.role = secret;
    info.notes = QStringList{secret};
    info.sessionId = QStringLiteral("6f1ed002");
    AgentInfo maskedInfo = info;
    maskedInfo.name = maskedInfo.summary = maskedInfo.gitBranch = maskedInfo.role = mark;
    maskedInfo.notes = QStringList{mark};
    QCOMPARE(std::get<AgentChanged>(bodyOf(AgentChanged{info})).info, maskedInfo);

    Agent agent;
    agent.info = info;
    agent.stateReason = secret;
    const Agent maskedAgent = std::get<AgentAdded>(bodyOf(AgentAdded{agent})).agent;
    QCOMPARE(maskedAgent.info, maskedInfo);
    QCOMPARE(maskedAgent.stateReason, mark);

    StateChanged state;
    state.reason = secret;
    QCOMPARE(std::get<StateChanged>(bodyOf(state)).reason, mark);

    PermissionAsked asked;
    asked.requestId = QStringLiteral("1");
    asked.input = QStringLiteral("curl -H 'X: ") + secret + QStringLiteral("'");
    const auto maskedAsked = std::get<PermissionAsked>(bodyOf(asked));
    QCOMPARE(maskedAsked.input, QStringLiteral("curl -H 'X: [masked: gitlab-token]'"));
    QCOMPARE(maskedAsked.requestId, asked.requestId);

    Logged logged;
    logged.text = secret.left(12);
    logged.file = QStringLiteral("/home/me/log.jsonl");
    QCOMPARE(std::get<Logged>(bodyOf(logged)), logged);
    logged.truncated = true; // now it is the beginning of a key
    QCOMPARE(std::get<Logged>(bodyOf(logged)).text, mark);
    QCOMPARE(std::get<Logged>(bodyOf(logged)).file, logged.file);

    const Event usage{7, 8, AgentId(), UsageChanged{}};
    QCOMPARE(maskedEvent(usage), usage);
}

QTEST_GUILESS_MAIN(TestMasking)
#include "tst_masking.moc"

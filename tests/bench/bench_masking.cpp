// SPDX-License-Identifier: GPL-3.0-or-later
// What masking costs per character: on ordinary text, beside a plain search in the same text, and on 1 MB and
// 8 MB of text that is made to be slow. Linear means that both sizes cost the same per character.
#include "models/masking.h"

#include <QElapsedTimer>
#include <QStringList>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <random>

using namespace plimsoll;

namespace {

constexpr qsizetype million = 1'000'000;

double cpuNs()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

/// Median of five, ns of CPU per character.
template <typename Work>
double perCharacter(qsizetype length, Work work)
{
    std::array<double, 5> runs{};
    for (double& run : runs) {
        const double start = cpuNs();
        work();
        run = (cpuNs() - start) / double(length);
    }
    std::sort(runs.begin(), runs.end());
    return runs[2];
}

/// Code, prose, JSON, hashes and paths, as tool results are made of.
QString ordinary(qsizetype length)
{
    const QStringList pieces{
        QStringLiteral("    const auto result = co_await session.read(buffer, count); // as before\n"),
        QStringLiteral("The watcher reads only what grew, and keeps the position of every file.\n"),
        QStringLiteral("{\"type\": \"tool_use\", \"name\": \"Read\", \"input\": {\"file_path\": "
                       "\"/srv/app/models/agent.h\"}}\n"),
        QStringLiteral("   147→    if (token.type == TokenType::Identifier && depth > 0) {\n"),
        QStringLiteral("-rw-r--r-- 1 user user  20481 Nov 25 22:26 tests/tst_masking.cpp\n"),
        QStringLiteral("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b  commit of yesterday\n"),
        QStringLiteral("export function useAuthToken(options: AuthTokenOptions): Promise<string | null> {\n"),
        QStringLiteral(
            "PASS tests/unit/format.test.ts (12 tests) 341 ms, max_tokens: 4096, input_tokens=18222\n"),
    };
    std::mt19937 random(1);
    QString text;
    text.reserve(length + 128);
    while (text.size() < length)
        text += pieces[qsizetype(random() % std::mt19937::result_type(pieces.size()))];
    return text;
}

void nasty(const char* name, const QString& piece)
{
    std::array<double, 2> cost{};
    for (size_t i = 0; i < cost.size(); ++i) {
        const QString text = piece.repeated((i == 0 ? 1 : 8) * million / piece.size());
        cost[i] = perCharacter(text.size(), [&text] { (void)maskSecrets(text, TextEnd::Cut); });
    }
    std::printf("masking_%s_1mb %.2f ns/char\n", name, cost[0]);
    std::printf("masking_%s_8mb %.2f ns/char\n", name, cost[1]);
}

} // namespace

int main()
{
    const QString text = ordinary(8 * million);
    const double search = perCharacter(text.size(), [&text] { (void)text.indexOf(QChar(0x7f)); });
    const double mask = perCharacter(text.size(), [&text] { (void)maskSecrets(text); });
    std::printf("masking_baseline_search %.2f ns/char\n", search);
    std::printf("masking_ordinary_text %.2f ns/char\n", mask);
    std::printf("masking_ordinary_speed %.0f Mchars/s\n", 1e3 / mask);
    const QStringList lines = text.split(QLatin1Char('\n'));
    const double byLine = perCharacter(text.size(), [&lines] {
        for (const QString& line : lines)
            (void)maskSecrets(line);
    });
    std::printf("masking_ordinary_lines %.2f ns/char\n", byLine);
    const std::initializer_list<std::pair<const char*, const char*>> pieces{
        {"a", "a"},
        {"dash", "-"},
        {"jwt_start", "eyJ"},
        {"jwt_word", "-eyJabc"},
        {"quote", "\""},
        {"password", "password="},
        {"password_colon", "password: "},
        {"token_quoted", "token=\""},
        {"bearer", "Bearer "},
        {"cookie", "cookie: a"},
        {"sk", "sk-"},
        {"aws", "AKIA-"},
        {"url", "://"},
        {"url_user", "://a:b"},
        {"pem", "-----BEGIN PRIVATE KEY-----"},
        {"digits", "12345678:"},
        {"webhook", "/webhooks/abcdefghijklmnopqrst"},
        {"brackets", "\"]\"] = "},
        {"base64", "Zm9vYmFyIGJheg0K+/"},
    };
    for (const auto& [name, piece] : pieces)
        nasty(name, QString::fromLatin1(piece));
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/secretrules.h"

#include <algorithm>
#include <array>

namespace plimsoll::secrets {

namespace {

// Of two rules with the same first separator the longer prefix stands first. Lengths are those of the
// shortest keys seen in the issuers' documents.
// clang-format off
constexpr std::array separated{
    PrefixRule{u"sk-ant-", "anthropic-key", Body::Word, 24, 0, false},
    PrefixRule{u"sk-proj-", "openai-key", Body::Word, 24, 0, false},
    PrefixRule{u"sk-svcacct-", "openai-key", Body::Word, 24, 0, false},
    PrefixRule{u"sk-admin-", "openai-key", Body::Word, 24, 0, false},
    PrefixRule{u"sk-or-", "openrouter-key", Body::Word, 24, 0, false},
    PrefixRule{u"sk-lf-", "langfuse-key", Body::Word, 24, 0, false},
    PrefixRule{u"pk-lf-", "langfuse-key", Body::Word, 24, 0, false},
    PrefixRule{u"sk-", "openai-key", Body::Word, 20, 0, true},
    PrefixRule{u"gsk_", "groq-key", Body::Alnum, 32, 0, false},
    PrefixRule{u"xai-", "xai-key", Body::Alnum, 40, 0, false},
    PrefixRule{u"pplx-", "perplexity-key", Body::Alnum, 32, 0, false},
    PrefixRule{u"csk-", "cerebras-key", Body::Alnum, 32, 0, true},
    PrefixRule{u"tvly-", "tavily-key", Body::Word, 20, 0, false},
    PrefixRule{u"lsv2_", "langsmith-key", Body::Word, 32, 0, false},
    PrefixRule{u"hf_", "huggingface-token", Body::Alnum, 30, 0, true},
    PrefixRule{u"r8_", "replicate-token", Body::Alnum, 30, 0, true},
    PrefixRule{u"e2b_", "e2b-key", Body::Hex, 32, 0, false},
    PrefixRule{u"ghp_", "github-token", Body::Alnum, 30, 0, false},
    PrefixRule{u"gho_", "github-token", Body::Alnum, 30, 0, false},
    PrefixRule{u"ghu_", "github-token", Body::Alnum, 30, 0, false},
    PrefixRule{u"ghs_", "github-token", Body::Alnum, 30, 0, false},
    PrefixRule{u"ghr_", "github-token", Body::Alnum, 30, 0, false},
    PrefixRule{u"github_pat_", "github-token", Body::Word, 22, 0, false},
    PrefixRule{u"glpat-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"gldt-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"glrt-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"glcbt-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"glptt-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"glft-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"glsoat-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"glagent-", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxb-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxp-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxa-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxr-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxs-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxe-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxc-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xoxd-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"xapp-", "slack-token", Body::Word, 20, 0, false},
    PrefixRule{u"sk_live_", "stripe-key", Body::Alnum, 16, 0, false},
    PrefixRule{u"sk_test_", "stripe-key", Body::Alnum, 16, 0, false},
    PrefixRule{u"rk_live_", "stripe-key", Body::Alnum, 16, 0, false},
    PrefixRule{u"rk_test_", "stripe-key", Body::Alnum, 16, 0, false},
    PrefixRule{u"pk_live_", "stripe-key", Body::Alnum, 16, 0, false},
    PrefixRule{u"whsec_", "webhook-secret", Body::Alnum, 24, 0, false},
    PrefixRule{u"npm_", "npm-token", Body::Alnum, 30, 0, true},
    PrefixRule{u"pypi-", "pypi-token", Body::Word, 40, 0, true},
    PrefixRule{u"rubygems_", "rubygems-key", Body::Hex, 32, 0, false},
    PrefixRule{u"dckr_pat_", "docker-token", Body::Word, 20, 0, false},
    PrefixRule{u"dckr_oat_", "docker-token", Body::Word, 20, 0, false},
    PrefixRule{u"CLOJARS_", "clojars-token", Body::Alnum, 40, 0, false},
    PrefixRule{u"dop_v1_", "digitalocean-token", Body::Hex, 32, 0, false},
    PrefixRule{u"doo_v1_", "digitalocean-token", Body::Hex, 32, 0, false},
    PrefixRule{u"dor_v1_", "digitalocean-token", Body::Hex, 32, 0, false},
    PrefixRule{u"shpat_", "shopify-token", Body::Hex, 24, 0, false},
    PrefixRule{u"shpca_", "shopify-token", Body::Hex, 24, 0, false},
    PrefixRule{u"shppa_", "shopify-token", Body::Hex, 24, 0, false},
    PrefixRule{u"shpss_", "shopify-token", Body::Hex, 24, 0, false},
    PrefixRule{u"sq0csp-", "square-token", Body::Word, 22, 0, false},
    PrefixRule{u"sq0atp-", "square-token", Body::Word, 20, 0, false},
    PrefixRule{u"key-", "mailgun-key", Body::Hex, 32, 0, true},
    PrefixRule{u"xkeysib-", "brevo-key", Body::Word, 40, 0, false},
    PrefixRule{u"re_", "resend-key", Body::Word, 24, 0, true},
    PrefixRule{u"AGE-SECRET-KEY-1", "age-key", Body::Alnum, 30, 0, false},
    PrefixRule{u"AGE-SECRET-KEY-PQ-1", "age-key", Body::Alnum, 30, 0, false},
    PrefixRule{u"GOCSPX-", "google-secret", Body::Word, 20, 0, false},
    PrefixRule{u"figd_", "figma-token", Body::Word, 24, 0, false},
    PrefixRule{u"glc_", "grafana-token", Body::Alnum, 32, 0, true},
    PrefixRule{u"glsa_", "grafana-token", Body::Alnum, 32, 0, false},
    PrefixRule{u"lin_api_", "linear-key", Body::Alnum, 32, 0, false},
    PrefixRule{u"lin_oauth_", "linear-key", Body::Alnum, 32, 0, false},
    PrefixRule{u"NRAK-", "newrelic-key", Body::Alnum, 24, 0, false},
    PrefixRule{u"NRII-", "newrelic-key", Body::Word, 24, 0, false},
    PrefixRule{u"NRJS-", "newrelic-key", Body::Hex, 19, 0, false},
    PrefixRule{u"ntn_", "notion-token", Body::Alnum, 40, 0, true},
    PrefixRule{u"secret_", "notion-token", Body::Alnum, 43, 0, true},
    PrefixRule{u"pscale_tkn_", "planetscale-token", Body::Word, 30, 0, false},
    PrefixRule{u"pscale_pw_", "planetscale-token", Body::Word, 30, 0, false},
    PrefixRule{u"pscale_oauth_", "planetscale-token", Body::Word, 30, 0, false},
    PrefixRule{u"PMAK-", "postman-key", Body::Word, 40, 0, false},
    PrefixRule{u"pnu_", "prefect-token", Body::Alnum, 30, 0, true},
    PrefixRule{u"pul-", "pulumi-token", Body::Hex, 40, 0, true},
    PrefixRule{u"rdme_", "readme-key", Body::Alnum, 40, 0, false},
    PrefixRule{u"sbp_", "supabase-key", Body::Hex, 40, 0, true},
    PrefixRule{u"sb_secret_", "supabase-key", Body::Word, 20, 0, false},
    PrefixRule{u"sentry_", "sentry-token", Body::Hex, 40, 0, true},
    PrefixRule{u"sntrys_", "sentry-token", Body::Alnum, 40, 0, false},
    PrefixRule{u"sntryu_", "sentry-token", Body::Hex, 40, 0, false},
    PrefixRule{u"sgp_", "sourcegraph-token", Body::Word, 32, 0, true},
    PrefixRule{u"sqp_", "sonar-token", Body::Hex, 32, 0, false},
    PrefixRule{u"squ_", "sonar-token", Body::Hex, 32, 0, false},
    PrefixRule{u"sqa_", "sonar-token", Body::Hex, 32, 0, false},
    PrefixRule{u"tskey-", "tailscale-key", Body::Word, 20, 0, false},
    PrefixRule{u"tfp_", "typeform-token", Body::Word, 40, 0, true},
    PrefixRule{u"nfp_", "netlify-token", Body::Alnum, 30, 0, true},
    PrefixRule{u"HRKU-", "heroku-key", Body::Word, 30, 0, false},
    PrefixRule{u"aio_", "adafruit-key", Body::Alnum, 26, 0, true},
    PrefixRule{u"shippo_live_", "shippo-key", Body::Hex, 32, 0, false},
    PrefixRule{u"duffel_live_", "duffel-token", Body::Word, 36, 0, false},
    PrefixRule{u"CFPAT-", "contentful-token", Body::Word, 36, 0, false},
    PrefixRule{u"CCIPAT_", "circleci-token", Body::Word, 30, 0, false},
    PrefixRule{u"bkua_", "buildkite-token", Body::Hex, 32, 0, false},
    PrefixRule{u"FLWSECK-", "flutterwave-key", Body::Alnum, 30, 0, false},
    PrefixRule{u"FLWSECK_TEST-", "flutterwave-key", Body::Alnum, 12, 0, false},
    PrefixRule{u"access-sandbox-", "plaid-token", Body::Word, 36, 0, false},
    PrefixRule{u"access-production-", "plaid-token", Body::Word, 36, 0, false},
    PrefixRule{u"tk-us-", "scalingo-token", Body::Word, 40, 0, true},
    PrefixRule{u"fo1_", "fly-token", Body::Word, 40, 0, true},
    PrefixRule{u"fm2_", "fly-token", Body::Alnum, 40, 0, true},
    PrefixRule{u"y0_", "yandex-token", Body::Word, 40, 0, true},
    PrefixRule{u"ops_eyJ", "onepassword-token", Body::Word, 40, 0, false},
};
constexpr std::array lettered{
    PrefixRule{u"AKIA", "aws-key-id", Body::Upper, 16, 16, false},
    PrefixRule{u"ASIA", "aws-key-id", Body::Upper, 16, 16, false},
    PrefixRule{u"ABIA", "aws-key-id", Body::Upper, 16, 16, false},
    PrefixRule{u"ACCA", "aws-key-id", Body::Upper, 16, 16, false},
    PrefixRule{u"FwoGZXIvYXdz", "aws-session-token", Body::Alnum, 20, 0, false},
    PrefixRule{u"IQoJb3JpZ2lu", "aws-session-token", Body::Alnum, 20, 0, false},
    PrefixRule{u"AIza", "google-key", Body::Word, 35, 0, false},
    PrefixRule{u"APA91b", "firebase-key", Body::Word, 60, 0, false},
    PrefixRule{u"EAAA", "square-token", Body::Word, 56, 0, true},
    PrefixRule{u"EAAC", "facebook-token", Body::Alnum, 60, 0, true},
    PrefixRule{u"EAAG", "facebook-token", Body::Alnum, 60, 0, true},
    PrefixRule{u"EAAB", "facebook-token", Body::Alnum, 60, 0, true},
    PrefixRule{u"SK", "twilio-key", Body::Hex, 32, 32, true},
    PrefixRule{u"AC", "twilio-key", Body::Hex, 32, 32, true},
    PrefixRule{u"LTAI", "alibaba-key", Body::Alnum, 16, 26, true},
    PrefixRule{u"AKID", "tencent-key", Body::Alnum, 32, 36, true},
    PrefixRule{u"AKCp", "artifactory-key", Body::Alnum, 60, 80, true},
    PrefixRule{u"cmVmdGtu", "artifactory-key", Body::Alnum, 50, 0, false},
    PrefixRule{u"AQVN", "yandex-token", Body::Word, 35, 40, true},
    PrefixRule{u"GR1348941", "gitlab-token", Body::Word, 20, 0, false},
    PrefixRule{u"EZAK", "easypost-key", Body::Alnum, 54, 54, true},
    PrefixRule{u"EZTK", "easypost-key", Body::Alnum, 54, 54, true},
    PrefixRule{u"oy2", "nuget-key", Body::Alnum, 43, 43, true},
    PrefixRule{u"cio", "crates-token", Body::Alnum, 32, 32, true},
    PrefixRule{u"dapi", "databricks-token", Body::Hex, 32, 32, true},
    PrefixRule{u"ATATT3", "atlassian-token", Body::Word, 60, 0, false},
    PrefixRule{u"ATCTT3", "atlassian-token", Body::Word, 60, 0, false},
    PrefixRule{u"ATBB", "atlassian-token", Body::Alnum, 28, 36, true},
};
struct DottedRule
{
    std::u16string_view prefix;
    const char* label;
    std::uint8_t least;
};
constexpr std::array dotted{
    DottedRule{u"SG.", "sendgrid-key", 20},
    DottedRule{u"ya29.", "google-token", 20},
    DottedRule{u"1//0", "google-token", 30}, // this one ends inside the word
    DottedRule{u"hvs.", "vault-token", 24},
    DottedRule{u"hvb.", "vault-token", 24},
    DottedRule{u"hvr.", "vault-token", 24},
    DottedRule{u"dp.pt.", "doppler-token", 40},
    DottedRule{u"dp.st.", "doppler-token", 40},
    DottedRule{u"dt0c01.", "dynatrace-token", 24},
    DottedRule{u"dt0s01.", "dynatrace-token", 20},
    DottedRule{u"sl.", "dropbox-token", 60},
    DottedRule{u"v1.0-", "cloudflare-key", 24},
};
// clang-format on

// Chains of rules by the character that a scan meets first: 0 = end, else index + 1.
template <std::size_t N>
struct Chains
{
    std::array<std::uint8_t, 128> head{};
    std::array<std::uint8_t, N> next{};
    std::array<std::uint8_t, N> separator{}; ///< place of the first '-' or '_' in the prefix
};

template <std::size_t N>
constexpr Chains<N> chainsOf(const std::array<PrefixRule, N>& rules, bool bySeparator)
{
    static_assert(N < 255);
    Chains<N> chains;
    for (std::size_t i = N; i-- > 0;) {
        const std::u16string_view prefix = rules[i].prefix;
        std::size_t at = 0;
        while (bySeparator && prefix[at] != u'-' && prefix[at] != u'_')
            ++at;
        chains.separator[i] = static_cast<std::uint8_t>(at);
        std::uint8_t& head = chains.head[prefix[bySeparator ? at - 1 : 0]];
        chains.next[i] = head;
        head = static_cast<std::uint8_t>(i + 1);
    }
    return chains;
}

constexpr auto separatedChains = chainsOf(separated, true);
constexpr auto letteredChains = chainsOf(lettered, false);

constexpr bool isDigit(char16_t c)
{
    return c >= u'0' && c <= u'9';
}
constexpr bool isUpper(char16_t c)
{
    return c >= u'A' && c <= u'Z';
}

bool belongs(char16_t c, Body body)
{
    switch (body) {
    case Body::Word: return isWord(c);
    case Body::Alnum: return isAlnum(c);
    case Body::Upper: return isUpper(c) || isDigit(c);
    case Body::Hex: return isHex(c);
    }
    return false;
}

bool fits(const PrefixRule& rule, std::u16string_view word, std::size_t begin, bool cut)
{
    if (word.substr(begin, rule.prefix.size()) != rule.prefix)
        return false;
    const bool glued = begin > 0 && isAlnum(word[begin - 1]);
    if (glued && (rule.doubtful || rule.most != 0))
        return false;
    const std::u16string_view body = word.substr(begin + rule.prefix.size());
    std::size_t length = 0;
    const std::size_t enough = rule.most != 0 ? rule.most + 1U : rule.least;
    while (length < body.size() && length < enough && belongs(body[length], rule.body))
        ++length;
    if (cut && length > 0 && length == body.size() && length < rule.least)
        return !rule.doubtful || (length > 2 && mayBeginRandom(body));
    if (length < rule.least || (rule.most != 0 && (length > rule.most || length < body.size())))
        return false;
    return !rule.doubtful || looksRandom(body.substr(0, length));
}

template <std::size_t N>
const PrefixRule* firstFit(const std::array<PrefixRule, N>& rules, const Chains<N>& chains, char16_t key,
                           std::u16string_view word, std::size_t at, bool cut)
{
    if (key >= chains.head.size())
        return nullptr;
    for (std::uint8_t i = chains.head[key]; i != 0; i = chains.next[i - 1U]) {
        const std::size_t before = chains.separator[i - 1U];
        if (before <= at && fits(rules[i - 1U], word, at - before, cut))
            return &rules[i - 1U];
    }
    return nullptr;
}

} // namespace

const PrefixRule* separatedRule(std::u16string_view word, std::size_t separator, bool cut)
{
    if (separator == 0)
        return nullptr;
    return firstFit(separated, separatedChains, word[separator - 1], word, separator, cut);
}

const PrefixRule* letterRule(std::u16string_view word, std::size_t begin, bool cut)
{
    return firstFit(lettered, letteredChains, word[begin], word, begin, cut);
}

std::size_t dottedPrefix(std::u16string_view text, std::size_t begin, std::size_t end, bool cut,
                         const char** label)
{
    if (begin == 0 || (text[begin - 1] != u'.' && text[begin - 1] != u'/'))
        return 0;
    for (const DottedRule& rule : dotted) {
        // Up to the last character that is no part of a word the prefix stands before `begin`.
        std::size_t outside = rule.prefix.size();
        while (isWord(rule.prefix[outside - 1]))
            --outside;
        const std::size_t inside = rule.prefix.size() - outside;
        if (begin < outside || end - begin < inside + (cut ? 1U : rule.least))
            continue;
        const std::size_t start = begin - outside;
        // "\n", "%3D" or "\u003d" as they stand in text that is quoted once more
        const auto left = [text, start](std::size_t back, char16_t c) {
            return start >= back && text[start - back] == c;
        };
        const bool escape = left(2, u'\\') || left(3, u'%') || left(6, u'\\');
        const bool starts = start == 0 || !isAlnum(text[start - 1]) || escape;
        if (starts && text.substr(start, rule.prefix.size()) == rule.prefix &&
            (cut || looksRandom(text.substr(begin, end - begin)))) {
            *label = rule.label;
            return outside;
        }
    }
    return 0;
}

} // namespace plimsoll::secrets

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes resources/models.json, the built-in catalogue of windows and prices.

Usage: resources/make-models.py [SHARED_DIR] > resources/models.json      (SHARED_DIR defaults to ../shared)

Reads  reference/data/models/models.core.json          windows, limits, prices, price steps, dated prices
       reference/data/models/models.normalised.json    only the "-fast" siblings: what fast mode costs
       reference/claude-code/samples/models.tsv        what Claude Code itself takes for window and output limit
       reference/claude-code/samples/prices-per-mtok.tsv   what Claude Code itself charges
Offline and repeatable: the same inputs give the same bytes. What the numbers mean: PROVENANCE.md beside them.

Rules applied here, so that the program needs none of them:
 * Ids lose date and "-latest" suffixes. A dated id stays only where its price differs. `match.equals` become aliases.
 * The first provider that has an id wins (order below); gateways and plans are left out.
 * No price for a cache write, or 0 (OpenAI up to 5.5): billed as input. Cache read 0: no discount, billed as input.
 * Anthropic writes for 1 h cost twice the input price, for 5 min 1.25 times, unless told otherwise.
 * A price step holds for the whole request.
 * Prices by time of day are left out (the catalogue prices by day).
 * Claude: what the client itself charges (prices-per-mtok.tsv) is the price; the run fails where the core file says
   otherwise. The client knows no dated prices, so the step above 200,000 that 4-6 had until 2026-03-13 is not kept.
"""
import json
import pathlib
import re
import sys

PROVIDERS = ["anthropic", "openai", "openai-codex", "google", "xai", "deepseek", "moonshotai", "kimi-coding", "zai",
             "minimax", "mistral"]
NOT_AGENTS = re.compile(r"audio|embedding|image|moderation|ocr|realtime|transcribe|tts|vision|voxtral|live|robotics|deep-research")
PRICE_KEYS = ["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"]


def canonical(model):
    model = re.sub(r"-latest$", "", model)
    return re.sub(r"-(20\d{6}|20\d\d-\d\d-\d\d)$", "", model)


def number(value):
    value = round(value, 9)
    return int(value) if value == int(value) else value


def whole_price(raw, anthropic):
    """All five prices from what a source tells."""
    price = {"input": raw["input"], "output": raw.get("output", 0)}
    price["cache_read"] = raw.get("cache_read") or raw["input"]
    write = raw.get("cache_write") or 0
    if anthropic and write < raw["input"]:  # missing, or the known misprint of claude-3-sonnet
        write = raw["input"] * 1.25
    price["cache_write_5m"] = write or raw["input"]
    price["cache_write_1h"] = raw.get("cache_write_1h") or (raw["input"] * 2 if anthropic else price["cache_write_5m"])
    return {key: number(price[key]) for key in PRICE_KEYS}


def with_steps(raw, anthropic):
    price = whole_price(raw, anthropic)
    steps = [dict(above_tokens=step["input_tokens_above"], **whole_price(step, anthropic)) for step in raw.get("tiers", [])]
    if steps:
        price["steps"] = sorted(steps, key=lambda step: step["above_tokens"])
    return price


def from_genai(prices):
    """A price of genai-prices in the words of the core file."""
    names = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read",
             "cache_write_mtok": "cache_write", "cache_write_1h_mtok": "cache_write_1h"}
    base, tiers = {}, {}
    for key, name in names.items():
        value = prices.get(key)
        if isinstance(value, dict):
            base[name] = value["base"]
            for tier in value["tiers"]:
                # "start" is the last token at the lower price in one notation, one less in the other (271,999).
                above = tier["start"] if tier["start"] % 1000 == 0 else tier["start"] + 1
                tiers.setdefault(above, {})[name] = tier["price"]
        elif value is not None:
            base[name] = value
    if tiers:
        base["tiers"] = [dict(input_tokens_above=above, **tier) for above, tier in sorted(tiers.items())]
    return base


def all_prices(record):
    anthropic = record["provider"] == "anthropic"
    current = with_steps(record["prices_usd_per_mtok"], anthropic)
    conditional = record.get("conditional_prices", [])
    if anthropic or not conditional or any((c["constraint"] or {}).get("type") == "time_of_date" for c in conditional):
        return current
    periods = []
    for condition in conditional:
        price = with_steps(from_genai(condition["prices"]), anthropic)
        if condition["constraint"]:
            price = dict({"from": condition["constraint"]["start_date"]}, **price)
        periods.append(price)
    return sorted(periods, key=lambda period: period.get("from", ""))


def entry(record):
    result = {"id": record["id"]}
    if record["context_window"]:
        result["context_window"] = record["context_window"]
    if record["max_output"]:
        result["max_output"] = record["max_output"]
    result["prices_usd_per_mtok"] = all_prices(record)
    return result


def equals(match):
    for part in (match or {}).get("or", [match] if match else []):
        if "equals" in part:
            yield part["equals"]


def from_core(records):
    models, aliases = {}, {}
    for provider in PROVIDERS:
        mine = [r for r in records if r["provider"] == provider and not NOT_AGENTS.search(r["id"]) and
                "input" in r["prices_usd_per_mtok"] and (provider == "anthropic" or "claude" not in r["id"])]
        # Undated ids first: they are the ones that sources keep up to date.
        for record in sorted(mine, key=lambda r: (r["id"] != canonical(r["id"]), r["id"])):
            made, short = entry(record), canonical(record["id"])
            known = models.get(short)
            if not known:
                models[short] = dict(made, id=short)
            elif made["prices_usd_per_mtok"] == known["prices_usd_per_mtok"] or canonical(record["id"]) != record["id"] and provider == "anthropic":
                for key in ("context_window", "max_output"):
                    if key not in known and key in made:
                        known[key] = made[key]
            elif record["id"] not in models:
                models[record["id"]] = made
            for alias in equals(record.get("match")):
                aliases.setdefault(canonical(alias), short)
    for alias, model in aliases.items():
        if alias not in models:
            models[model].setdefault("aliases", []).append(alias)
    return models


def claude_client(models, table):
    """What Claude Code itself believes: windows, output limits, and ids the core file lacks."""
    costs = {}
    for line in table.read_text().splitlines()[1:]:
        cells = line.split("\t")
        if len(cells) < 4 or cells[1].startswith("ERR") or "[1m]" in cells[0] or "basis=list" not in cells[3]:
            continue
        model = canonical(cells[0])
        if canonical(cells[1]) != model:
            continue  # an alias, or a retired id that the client maps to another
        said = dict(re.findall(r"(cw|max|cost)=([\d.]+)", cells[3]))
        if model not in models:
            twin = costs.get(said["cost"])
            if not twin:
                sys.exit(f"no price for {model}")
            models[model] = dict(models[twin], id=model)
        costs.setdefault(said["cost"], model)
        models[model].update(context_window=int(said["cw"]), max_output=int(said["max"]))


def check_claude_prices(models, table):
    for line in table.read_text().splitlines()[1:]:
        model, *prices = line.split("\t")
        if model not in models:
            continue  # [1m] and what stands for unknown ids
        price = models[model]["prices_usd_per_mtok"]
        mine = [price[key] for key in ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")]
        if mine != [float(text) for text in prices[:5]]:
            sys.exit(f"{model}: the client charges {prices[:5]}, the core file says {mine}")


def fast_mode(models, records):
    """How many times the price Claude's fast mode costs, from gateways that list it as a model of its own."""
    for record in records:
        found = re.fullmatch(r"(?:anthropic/)?(claude-.*)-fast", record["id"])
        model = found and models.get(found[1].replace(".", "-"))
        if not model:
            continue
        prices = model["prices_usd_per_mtok"]
        now = prices[-1] if isinstance(prices, list) else prices
        model["fast_factor"] = round(record["prices_usd_per_mtok"]["input"] / now["input"])


def main():
    shared = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent.parent / "shared")
    data = shared / "reference/data/models"
    core = json.loads((data / "models.core.json").read_text())
    models = from_core(core["models"])
    samples = shared / "reference/claude-code/samples"
    claude_client(models, samples / "models.tsv")
    check_claude_prices(models, samples / "prices-per-mtok.tsv")
    fast_mode(models, json.loads((data / "models.normalised.json").read_text())["models"])
    sources = ", ".join(f"{name} ({source['licence']})" for name, source in core["meta"]["sources"].items())
    print('{"made_by": "resources/make-models.py", "built": ' + json.dumps(core["meta"]["built"]) + ",")
    print(' "sources": ' + json.dumps(sources) + ",")
    print(' "models": [')
    lines = [json.dumps(models[model], separators=(",", ":")) for model in sorted(models)]
    print(",\n".join("  " + line for line in lines))
    print("]}")


if __name__ == "__main__":
    main()

"""Writes prices.json from the data of the package genai-prices (MIT, https://pypi.org/project/genai-prices/).

usage: python prices.py FOLDER VERSION AS_OF > prices.json
FOLDER holds the unpacked wheel. Prices are US dollars for a million tokens, the highest tier of the
period that AS_OF lies in: an upper bound. Models whose name the data matches by anything but its beginning or all of it are
listed by their id alone.
"""

import datetime
import json
import sys
import types
from decimal import Decimal

folder, version, as_of = sys.argv[1:4]
# The package itself pulls an HTTP client; its data and types do not.
package = types.ModuleType("genai_prices")
package.__path__ = [f"{folder}/genai_prices"]
sys.modules["genai_prices"] = package
sys.modules.setdefault("httpx2", types.ModuleType("httpx2"))
from genai_prices.data import providers  # noqa: E402

VENDORS = {"openai", "anthropic", "google", "mistral", "deepseek", "groq", "cohere", "x-ai"}


def names(clause):
    kind = type(clause).__name__
    if kind == "ClauseEquals":
        return [(clause.equals, False)]
    if kind == "ClauseStartsWith":
        return [(clause.starts_with, True)]
    if kind == "ClauseOr":
        return [name for inner in clause.or_ for name in names(inner)]
    return []


def highest(price):
    if price is None:
        return None
    if isinstance(price, (Decimal, int, float)):
        return float(price)
    return max([float(price.base)] + [float(tier.price) for tier in price.tiers])


def current(prices):
    """The prices in force at AS_OF: of each period by date the last that began."""
    if not isinstance(prices, list):
        return [prices]
    day = datetime.date.fromisoformat(as_of)
    dated = [p for p in prices if type(p.constraint).__name__ != "TimeOfDateConstraint"]
    begun = [p for p in dated if p.constraint is None or p.constraint.start_date <= day]
    others = [p for p in prices if type(p.constraint).__name__ == "TimeOfDateConstraint"]
    return [p.prices for p in begun[-1:] + others]


def most(prices, name):
    found = [highest(getattr(price, name, None)) for price in current(prices)]
    return max((f for f in found if f is not None), default=None)


out = {}
for provider in providers:
    if provider.id not in VENDORS:
        continue
    for model in provider.models:
        low, high = most(model.prices, "input_mtok"), most(model.prices, "output_mtok")
        if low is None:
            continue
        entry = {"input": low, "output": high if high is not None else 0.0}
        if model.context_window:
            entry["context"] = model.context_window
        matches = {(model.id, False)} | set(names(model.match))
        entry["names"] = sorted(name + ("*" if starts else "") for name, starts in matches)
        out.setdefault(provider.id, {})[model.id] = entry

json.dump(
    {"source": f"genai-prices {version} (MIT)", "as_of": as_of, "unit": "USD for 1,000,000 tokens", "vendors": out},
    sys.stdout,
    separators=(",", ":"),
    sort_keys=True,
)
print()

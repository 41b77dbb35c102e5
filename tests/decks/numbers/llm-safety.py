"""The numbers of the deck llm-safety: base rates, retries, bounds, layers, checksums and the two programs."""

import math
import re


def test_precision_at_a_low_base_rate():
    true_hits, false_hits = 0.001 * 0.95, 0.999 * 0.01
    assert round(true_hits, 5) == 0.00095
    assert round(false_hits, 5) == 0.00999
    assert round(100 * true_hits / (true_hits + false_hits), 1) == 8.7


def test_retries():
    assert round(100 * (1 - 0.99**10), 1) == 9.6
    assert round(100 * (1 - 0.99**100)) == 63


def upper_bound(tries):
    """The rate at which no success in that many tries still has a chance of 5%."""
    return 1 - 0.05 ** (1 / tries)


def test_clean_tries():
    assert math.isclose(upper_bound(300), 3 / 300, rel_tol=0.01)
    assert upper_bound(299) < 0.01 < upper_bound(298)


def test_layers():
    assert math.isclose(0.1 * 0.2, 0.02)
    assert max(0, 0.1 + 0.2 - 1) == 0
    assert min(0.1, 0.2) == 0.1
    assert round(100 * (1 - 0.99 * 0.98), 2) == 2.98
    assert 1 + 2 == 3


def test_wrongly_blocked():
    assert 1_000_000 * 0.005 == 5000


def luhn(digits):
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def test_luhn_passes_one_in_ten():
    assert luhn("4111111111111111")
    assert not luhn("1234567890123456")
    for stem in ("411111111111111", "123456789012345", "000000000000000", "987654321012345"):
        assert sum(luhn(stem + check) for check in "0123456789") == 1


def mask(text, vault):
    def name(match):
        return vault.setdefault(match[0], f"<MAIL_{len(vault) + 1}>")

    return re.sub(r"[\w.+-]+@[\w-]+\.[\w.-]*\w", name, text)


def test_masking():
    vault = {}
    text = "ann@ex.org wrote to bob@ex.org; ann@ex.org waits"
    masked = mask(text, vault)
    assert masked == "<MAIL_1> wrote to <MAIL_2>; <MAIL_1> waits"
    back = {placeholder: value for value, placeholder in vault.items()}
    restore = lambda t: re.sub(r"<MAIL_\d+>", lambda m: back.get(m[0], m[0]), t)  # noqa: E731
    assert restore(masked) == text
    assert restore("<MAIL_9>") == "<MAIL_9>"
    assert mask("nothing here", {}) == "nothing here"


def test_gate():
    external = {"send_mail", "post_form"}
    tainted = {"page"}
    gate = lambda tool, args: tool in external and any(a in tainted for a in args)  # noqa: E731
    assert gate("send_mail", ["page"])
    assert not gate("send_mail", ["user"])
    assert not gate("search_notes", ["page"])

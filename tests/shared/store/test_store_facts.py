"""What a store promises about what is known beside prices, in both twins."""

from __future__ import annotations

import msgspec

from shared.store.contract import Fundamental, Headline, Store


def test_a_restatement_stands_beside_what_it_restates(store: Store) -> None:
    first = Fundamental(vendor="acme", symbol="B", name="eps", as_of_ns=10, known_ns=20, value=1.5)
    other = msgspec.structs.replace(first, symbol="A", known_ns=15)
    restated = msgspec.structs.replace(first, known_ns=30, value=1.25)
    contradiction = msgspec.structs.replace(first, value=9.0)

    assert store.save_fundamentals([first, other]) == 2
    assert store.save_fundamentals([restated, first, contradiction]) == 1
    assert store.save_fundamentals([]) == 0

    assert store.fundamentals("B") == [first, restated]
    assert store.fundamentals("") == [other, first, restated]
    assert store.fundamentals("nobody") == []
    assert (store.fact_counts().fundamentals, store.fact_counts().companies) == (3, 2)


def test_a_headline_is_kept_once_with_the_tone_it_got_first(store: Store) -> None:
    first = Headline(
        vendor="acme", symbol="A", number="7", time_ns=20, headline="Up ’n’ away", seen_ns=25,
        tone=0.5, scorer="v1",
    )  # fmt: skip
    earlier = msgspec.structs.replace(first, number="6", time_ns=10)
    elsewhere = msgspec.structs.replace(first, symbol="B")

    assert store.save_headlines([first, earlier]) == 2
    assert store.save_headlines([msgspec.structs.replace(first, tone=-1.0), elsewhere]) == 1
    assert store.save_headlines([]) == 0

    assert store.headlines("A") == [earlier, first]
    assert store.headlines("") == [earlier, first, elsewhere]
    counts = store.fact_counts()
    assert (counts.headlines, counts.covered, counts.fundamentals, counts.companies) == (3, 2, 0, 0)
    assert store.unknown_headlines("acme", "A", ["6", "7", "8"]) == {"8"}
    assert store.unknown_headlines("other", "A", ["7"]) == {"7"}
    assert store.unknown_headlines("acme", "A", []) == set()

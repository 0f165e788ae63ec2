"""How the tests are divided when several run at a time."""

import pytest

REAL_TIME = ("trial", "incident", "peers", "laboratory", "bench")
"""Folders of tests that speak and listen, and so last as long as what is said, on ports of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep those that live in real time out of each other's way, and each file together."""
    for item in items:
        is_real = item.get_closest_marker("peer") or not {*item.path.parts}.isdisjoint(REAL_TIME)
        group = "in real time" if is_real else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))

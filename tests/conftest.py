"""How the tests are divided when several run at a time."""

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

REAL_TIME = {"trial", "incident", "peers", "laboratory", "bench"}
"""Folders of tests that speak and listen, and so last as long as what is said, on ports of their own."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """
    Keeps each file together, and all that live in real time, out of each other's way.

    The groups that pytest-xdist knows by a mark count for nothing from pytest 9.2 on, silently.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "in real time" if _is_in_real_time(file) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Divide the tests our way."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with those that last longest, which is what they were kept together for."""
    items.sort(key=lambda item: not _is_in_real_time(item.nodeid.partition("::")[0]))


def _is_in_real_time(file: str) -> bool:
    return not REAL_TIME.isdisjoint(PurePosixPath(file).parts)

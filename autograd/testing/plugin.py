"""A plugin for pytest, asked for in a conftest.py: pytest_plugins = ["autograd.testing.plugin"].

    pytest --gradcheck-thorough

checks gradients element by element up to large arrays, and draws a thousand cases for every property.
"""

from __future__ import annotations

from typing import Any

THOROUGH = 10_000  # elements that are moved one by one
EXAMPLES = 1_000


def pytest_addoption(parser: Any) -> None:
    text = f"check gradients element by element up to {THOROUGH} elements, and draw {EXAMPLES} cases for every property"
    parser.getgroup("autograd").addoption("--gradcheck-thorough", action="store_true", help=text)


def pytest_configure(config: Any) -> None:
    if not config.getoption("--gradcheck-thorough"):
        return
    from . import differences

    differences.FEW = THOROUGH
    try:
        from hypothesis import settings
    except ImportError:  # then there are no properties
        return
    settings.register_profile("gradcheck-thorough", settings(max_examples=EXAMPLES, deadline=None))
    settings.load_profile("gradcheck-thorough")

"""A portal of the shipped operator, and a kit that makes its customers."""

from __future__ import annotations

import pytest
from authkit import Kit
from factorkit import FactorKit

from mypage.testing.portal import MakePortal


@pytest.fixture
def kit(make_portal: MakePortal) -> Kit:
    return Kit(make_portal("actv"))


@pytest.fixture
def other(make_portal: MakePortal) -> Kit:
    """Another tenant of the same operator."""
    return Kit(make_portal("actv"))


@pytest.fixture
def offered(make_portal: MakePortal) -> FactorKit:
    """A portal whose customers may add a second step."""
    return FactorKit(make_portal("actv", second_factor="offered"))


@pytest.fixture
def demanded(make_portal: MakePortal) -> FactorKit:
    """A portal whose customers must."""
    return FactorKit(make_portal("actv", second_factor="required"))

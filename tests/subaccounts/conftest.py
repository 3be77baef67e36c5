"""A portal whose operator hands out accounts in another way than the shipped ones, and a family there."""

from __future__ import annotations

import pytest
from familykit import Family, make_family

import sample_operator.plugin as nagi
from mypage.testing.portal import MakePortal


@pytest.fixture
def family(make_portal: MakePortal) -> Family:
    portal = make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "北の港"})
    return make_family(portal)

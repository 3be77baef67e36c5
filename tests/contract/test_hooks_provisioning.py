"""The hook about provisioning, on two operators: their own adapter, and the shipped one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mypage.hooks.provisioning import ProvisioningFailed, ProvisioningTask, ReportRefused
from mypage.operators.operator import OperatorError
from mypage.orders.provisioning_webhook import WebhookAdapter
from sample_operator.slips import SlipsOnly

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TASK = ProvisioningTask(
    id="1", tenant="nagi", action="start", product="box", order_number="20261121-A", customer_number="1",
    contract_number="1", subject="umi", wanted_at=NOW,
)  # fmt: skip


def test_hook_make_provisioning_adapter(both: Mapping[str, Any]) -> None:
    def make(operator: str, name: str, **settings: str) -> Any:
        return both[operator].hooks.make("make_provisioning_adapter", name=name, settings=settings)

    slips = make("nagi", "slips", tray="青い箱")
    assert isinstance(slips, SlipsOnly)
    done = asyncio.run(slips.perform(TASK))
    assert done is not None
    assert done.reference == "青い箱 20261121-A"
    with pytest.raises(ProvisioningFailed, match="see the 青い箱"):
        asyncio.run(slips.perform(replace(TASK, action="end")))
    with pytest.raises(ReportRefused):
        slips.read_report({}, b"", NOW)
    with pytest.raises(OperatorError, match="operator nagi: make_provisioning_adapter: slips needs tray"):
        make("nagi", "slips")
    for operator in both:
        assert operator == "nagi" or make(operator, "slips", tray="x") is None
        assert make(operator, "unknown") is None
        good = {"base_url": "https://switch.example/tasks", "key": "k" * 32}
        assert isinstance(make(operator, "webhook", **good), WebhookAdapter)
        assert isinstance(make(operator, "webhook", **good | {"base_url": "http://127.0.0.1:1/"}), WebhookAdapter)
        for wrong, told in (
            ({"base_url": ""}, "webhook needs base_url"),
            ({"base_url": "ftp://switch.example"}, "webhook needs base_url"),
            ({"base_url": "http://switch.example"}, "in the clear; give an https base_url"),
            ({"key": "k" * 31}, "webhook needs key_env"),
        ):
            with pytest.raises(OperatorError, match=told):
                make(operator, "webhook", **good | wrong)

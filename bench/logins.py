"""P9: logins per second of a core against bare argon2id, and pages beside a storm of logins."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import argon2
import data
from options import Options
from report import Row, median_ratio, medians
from serving import Served, environment, free_port, load, product, serving, wrk

from mypage.lib.crypto import derive
from mypage.web.cookies import CookieJar, new_visitor
from mypage.web.csrf import csrf_token

VERIFIES = 40


def run(options: Options) -> Iterable[Row]:
    """Bare verifying, logins, pages, and pages beside logins, in turns."""
    folder = options.folder
    rounds: list[dict[str, float]] = []
    rates: list[dict[str, float]] = []
    refused = 0
    with data.server(folder) as postgres, ExitStack() as running:
        kept = data.store(postgres, customers=options.customers)
        port = free_port()
        env = environment(kept, MYPAGE_TRUSTED_PROXIES="127.0.0.1")
        served = running.enter_context(serving(product(port), port, env, folder / "logins.log"))
        targets = folder / "logins.txt"
        targets.write_text("".join(_lines(served, kept)), encoding="ascii")
        storm = {"path": "/login", "script": "storm.lua", "lists": {"LOGINS": str(targets)}}
        for _ in range(options.rounds):
            bare = _bare()
            logins = wrk(served, seconds=options.seconds, connections=8, **storm)
            kept.freshen()
            alone = load(served, kept.browsers(), seconds=options.seconds, folder=folder)
            with ThreadPoolExecutor(1) as beside:
                crowd = beside.submit(wrk, served, seconds=options.seconds + 1, connections=8, **storm)
                both = load(served, kept.browsers(), seconds=options.seconds, folder=folder)
                crowd.result()
            refused += logins.failed
            rounds.append({"bare": bare, "logins": logins.cpu})
            rates.append({"alone": alone.per_second, "beside": both.per_second})
            print(f"bare {bare:5.1f} ms  login {logins.cpu:5.1f} ms CPU  pages {alone.per_second:4.0f}/s, "
                  f"beside logins {both.per_second:4.0f}/s", flush=True)  # fmt: skip
    cpu, pages = medians(rounds), medians(rates)
    yield Row(
        goal="P9", what="logins of one core", unit="logins/s", ours=1000 / cpu["logins"], floor=1000 / cpu["bare"],
        ratio=median_ratio(rounds, "bare", "logins"), reference="bare argon2id", better="at least", bound=0.9,
        notes=(f"{refused} logins were refused",) if refused else (),
    )  # fmt: skip
    yield Row(
        goal="P9", what="pages beside a storm of logins", unit="pages/s", ours=pages["beside"],
        ratio=median_ratio(rates, "beside", "alone"), reference="pages alone", better="at least", bound=0.4,
    )  # fmt: skip


def _bare() -> float:
    """CPU milliseconds of one verify at the product's costs."""
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    encoded = hasher.hash(data.PASSWORD)
    before = time.process_time()
    for _ in range(VERIFIES):
        hasher.verify(encoded, data.PASSWORD)
    return (time.process_time() - before) / VERIFIES * 1000


def _lines(served: Served, kept: data.Store) -> Iterable[str]:
    """One login for each person, each from a network of its own."""
    fields: dict[str, str] = {}
    for number, (host, _, login_id) in enumerate(kept.browsers()):
        tenant = host.partition(".")[0]
        key = derive(data.SECRET, "signing", tenant)
        visitor = new_visitor(key, tenant)
        cookie = f"{CookieJar(tenant, '', True).name('visitor')}={visitor}"
        fields = fields or _fields(served, host, cookie)
        body = fields | {"_csrf": csrf_token(key, tenant, visitor), "login": login_id, "password": data.PASSWORD}
        yield f"{host}\t{cookie}\t{urlencode(body)}\t10.{number // 65536}.{number // 256 % 256}.{number % 256}\n"


def _fields(served: Served, host: str, cookie: str) -> dict[str, str]:
    """The hidden fields of the login form."""
    request = Request(f"http://127.0.0.1:{served.port}/login", headers={"Host": host, "Cookie": cookie})
    with urlopen(request, timeout=20) as answer:
        html = answer.read().decode()
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))

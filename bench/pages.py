"""P1 to P4, P11: the home page of a signed-in customer against the floor, a Django peer and itself without a part."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import data
from options import Options
from profiling import parts_of_a_page
from report import Row, median_ratio, medians
from serving import Load, Served, environment, free_port, load, page, product, serving

UVICORN = (sys.executable, "-m", "uvicorn", "--log-level", "warning", "--no-access-log")


def run(options: Options) -> Iterable[Row]:
    """Measure all variants in turns."""
    folder = options.folder
    with data.server(folder) as postgres, ExitStack() as running:
        kept = data.store(postgres, customers=options.customers)
        servers = {name: running.enter_context(each) for name, each in _variants(kept, folder)}
        sizes = {name: _look(served, kept, folder / f"home-{name}.html") for name, served in servers.items()}
        print("bytes of the page: " + ", ".join(f"{name} {size}" for name, size in sizes.items()))
        rounds = [_round(servers, kept, options) for _ in range(options.rounds)]
        calls, seconds = _hooks(kept, folder)
        parts = parts_of_a_page(kept)
    return _rows(rounds, parts, calls, seconds)


def _variants(kept: data.Store, folder: Path) -> Iterable[tuple[str, object]]:
    plain = environment(kept, BENCH_DATABASE=kept.libpq, BENCH_LOCALE=str(_django_texts(folder)))
    superuser = {**plain, "MYPAGE_DATABASE_URL": kept.admin}
    port = free_port()
    yield "product", serving(product(port), port, plain, folder / "product.log")
    port = free_port()
    command = [*UVICORN, "--factory", "variants:without_row_security", "--port", str(port)]
    yield "without RLS", serving(command, port, superuser, folder / "without.log")
    port = free_port()
    yield "floor", serving([*UVICORN, "floor.app:app", "--port", str(port)], port, plain, folder / "floor.log")
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-k", "sync", "-w", "1", "-b", f"127.0.0.1:{port}", "peer.site"]
    yield "Django", serving(command, port, plain, folder / "django.log")


def _django_texts(folder: Path) -> Path:
    from floor.app import compiled_texts

    file = folder / "locale" / "ja" / "LC_MESSAGES" / "django.mo"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(compiled_texts())
    return folder / "locale"


def _look(served: Served, kept: data.Store, copy: Path) -> int:
    kept.freshen()
    host, cookie, _ = kept.browsers()[0]
    status, body = page(served, "/home", host, cookie)
    copy.write_bytes(body)
    if status != 200 or "100Mコース".encode() not in body:
        raise RuntimeError(f"{copy.stem}: no home page, but {status}")
    return len(body)


def _round(servers: Mapping[str, Served], kept: data.Store, options: Options) -> dict[str, Load]:
    found = {}
    browsers = kept.browsers()
    for name, served in servers.items():
        kept.freshen()
        found[name] = load(served, browsers, seconds=options.seconds, folder=options.folder)
        one = found[name]
        print(
            f"{name:12} {one.cpu:6.2f} ms CPU  {one.per_second:7.0f}/s  p50 {one.p50:6.1f}  p99 {one.p99:6.1f} ms"
            f"  {one.failed} failed",
            flush=True,
        )
    return found


def _hooks(kept: data.Store, folder: Path) -> tuple[float, float]:
    """Hook calls and their seconds per page."""
    port = free_port()
    command = [*UVICORN, "--factory", "variants:counting_hooks", "--port", str(port)]
    with serving(command, port, environment(kept), folder / "hooks.log") as served:
        host, cookie, _ = kept.browsers()[0]

        def so_far() -> tuple[int, float]:
            calls, seconds = page(served, "/bench-hooks", host, "")[1].split()
            return int(calls), float(seconds)

        page(served, "/home", host, cookie)
        before = so_far()
        for host, cookie, _ in kept.browsers()[:100]:
            page(served, "/home", host, cookie)
        after = so_far()
    return (after[0] - before[0]) / 100, (after[1] - before[1]) / 100


def _rows(rounds: list[dict[str, Load]], parts: Mapping[str, float], calls: float, seconds: float) -> Iterable[Row]:
    cpu = [{name: one.cpu for name, one in each.items()} for each in rounds]
    rate = [{name: one.per_second for name, one in each.items()} for each in rounds]
    by_cpu, by_rate = medians(cpu), medians(rate)
    tails = [each["product"].p99 / each["product"].p50 for each in rounds]
    failed = sum(one.failed for each in rounds for one in each.values())
    yield Row(
        goal="P1", what="home page, CPU per request", unit="ms", ours=by_cpu["product"], floor=by_cpu["floor"],
        peer=by_cpu["Django"], ratio=median_ratio(cpu, "product", "floor"), reference="floor", better="at most",
        bound=1.0, parts=parts, notes=(f"{failed} requests failed in all rounds together",) if failed else (),
    )  # fmt: skip
    yield Row(
        goal="P2", what="home page, one process", unit="pages/s", ours=by_rate["product"], floor=by_rate["floor"],
        peer=by_rate["Django"], ratio=median_ratio(rate, "product", "Django"), reference="Django", better="at least",
        bound=4.0, notes=(f"by CPU per request {1 / median_ratio(cpu, 'product', 'Django'):.2f} of Django",),
    )  # fmt: skip
    yield Row(
        goal="P3", what="p99 through p50, 16 connections", unit="ms", ours=median(e["product"].p99 for e in rounds),
        floor=median(e["floor"].p99 for e in rounds), ratio=median(tails), reference="own p50", better="at most",
        bound=2.5, notes=("latencies mean something on a quiet machine only",),
    )  # fmt: skip
    yield Row(
        goal="P4", what="row security and transaction on", unit="pages/s", ours=by_rate["product"],
        ratio=1 / median_ratio(cpu, "product", "without RLS"), reference="itself without (by CPU)", better="at least",
        bound=0.92, notes=(f"by pages/s {median_ratio(rate, 'product', 'without RLS'):.2f}",),
    )  # fmt: skip
    yield Row(
        goal="P11", what="plugin hooks in a page", unit="calls", ours=calls,
        ratio=seconds * 1000 / by_cpu["product"], reference="the page's CPU", better="at most", bound=0.05,
    )  # fmt: skip

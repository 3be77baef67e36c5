"""P10: memory and CPU of 1,000 tenants, one in twenty with a theme and templates of its own, against one tenant."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import data
from options import Options
from report import Row, median_ratio, medians
from serving import environment, free_port, load, product, serving

MANY = 1000
OWN = 50
CHANGED = ("home/home.html", "contracts/contract.html")
THEMES = Path(__file__).parents[1] / "themes"
TEMPLATES = THEMES.parent / "platform" / "mypage" / "templates"


def run(options: Options) -> Iterable[Row]:
    """Serve both installations beside each other and load them in turns."""
    folder = options.folder
    themes = _themes(folder / "themes")
    with data.server(folder) as postgres, ExitStack() as running:
        one = data.store(postgres, customers=MANY * 2, tenants=1)
        many = data.store(postgres, customers=MANY * 2, tenants=MANY, themes=themes)
        stores = {"one": one, "many": many}
        served = {}
        for name, kept in stores.items():
            kept.freshen()
            folders = [str(THEMES)] + ([str(folder / "themes")] if name == "many" else [])
            env = environment(kept, MYPAGE_THEMES=os.pathsep.join(folders))
            port = free_port()
            served[name] = running.enter_context(serving(product(port), port, env, folder / f"{name}.log"))
        rounds = []
        for _ in range(options.rounds + 1):
            found = {}
            for name, server in served.items():
                stores[name].freshen()
                found[name] = load(server, stores[name].browsers(), seconds=options.seconds, folder=folder)
                print(f"{name:5} {found[name].cpu:6.2f} ms CPU  {server.rss():6.1f} MB  {found[name].failed} failed")
            rounds.append({name: each.cpu for name, each in found.items()})
        memory = {name: server.rss() for name, server in served.items()}
    cpu = rounds[1:]  # the first fills caches
    yield Row(
        goal="P10", what="memory of 1,000 tenants above one", unit="MB", ours=memory["many"], floor=memory["one"],
        ratio=memory["many"] - memory["one"], reference="one tenant (MB more)", better="at most", bound=10.0,
    )  # fmt: skip
    yield Row(
        goal="P10", what="page of 1,000 tenants", unit="ms", ours=medians(cpu)["many"], floor=medians(cpu)["one"],
        ratio=median_ratio(cpu, "many", "one"), reference="one tenant", better="at most", bound=1.03,
    )  # fmt: skip


def _themes(folder: Path) -> tuple[str, ...]:
    names = tuple(f"own-{number}" for number in range(OWN))
    for name in names:
        if not (folder / name).is_dir():
            shutil.copytree(THEMES / "plain", folder / name)
            for template in CHANGED:
                copy = folder / name / "templates" / template
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text((TEMPLATES / template).read_text(encoding="utf-8") + f"<!-- {name} -->\n")
    return names

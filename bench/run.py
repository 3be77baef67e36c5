"""The one entry of all benches: `make bench`, or `python bench/run.py [NAME ...]`.

Every bench is a module beside this file with `run(options) -> Iterable[Row]`, listed in BENCHES and imported only when
it is chosen. Goals are ratios within one run; nothing here is a timed test.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from options import Options
from report import Row, print_rows

BENCHES: dict[str, tuple[str, str]] = {
    "pages": ("pages", "P1 to P4 and P11: the home page of a signed-in customer"),
    "logins": ("logins", "P9: logins, and pages beside a storm of them"),
    "tenants": ("tenants", "P10: 1,000 tenants instead of one"),
    "render": ("bulk_render", "P5: the home page's template against gettext at run time"),
    "table": ("bulk_table", "P8: a million bill lines as CSV over HTTP against COPY TO STDOUT"),
    "print": ("bulk_print", "P12: invoices as PDF against bare typst"),
    "billing": (
        "bulk_billing",
        "P6 and P7: the billing run against set-based SQL, and a tenant ten times as large",
    ),
    "search": ("searching", "P14: the search of the staff console against the same query in bare SQL"),
    "import": ("bulk_import", "P13: an import against COPY, accounts against argon2"),
}
"""Name → module, what it measures."""


def main() -> int:
    """Run what was asked for; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benches; all of them by default")
    parser.add_argument("--list", action="store_true", help="name the benches and stop")
    parser.add_argument("--rounds", type=int, default=5, help="how often each variant is measured, in turns")
    parser.add_argument("--seconds", type=int, default=4, help="how long one variant is measured in a round")
    parser.add_argument("--customers", type=int, default=100_000, help="how many customers the portals have together")
    chosen = parser.parse_args()
    if chosen.list:
        for name, (_, what) in BENCHES.items():
            print(f"{name:10} {what}")
        return 0
    unknown = set(chosen.names) - set(BENCHES)
    if unknown:
        parser.error(f"no bench is called {', '.join(sorted(unknown))}; there are: {', '.join(BENCHES)}")
    folder = Path(__file__).parents[1] / "build" / "bench"
    options = Options(rounds=chosen.rounds, seconds=chosen.seconds, customers=chosen.customers, folder=folder)
    rows: list[Row] = []
    for name in chosen.names or BENCHES:
        print(f"== {name}: {BENCHES[name][1]}", flush=True)
        rows.extend(importlib.import_module(BENCHES[name][0]).run(options))
    print()
    return 0 if print_rows(rows) else 1


if __name__ == "__main__":
    sys.exit(main())

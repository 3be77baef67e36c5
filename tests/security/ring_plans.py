"""Which attempts are made in which order, and what the answers may show."""

from __future__ import annotations

import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from attackkit import Browser, Seen
from ring_recipes import AT_HOME_ANYBODY, Attempt, attempts, carried, path_of
from ring_victims import CANARY, Victim

from mypage.server.routes import all_routes
from mypage.web.routing import Route

METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
SESSION_ENDERS = ("sessions-end", "logout")
"""Come last: who tried them is signed out."""
RANDOM_PAGES = {"register", "captcha", "factors-app", "factors-passkey"}
"""Their pages hold a picture, a secret or a challenge that is never the same, or is there once the attacker began."""
SHARE = 20
"""In the small size each id is carried to each route by one attacker of so many; which, the seed says."""
CONTRADICTING_SHARE = 6
"""The same for what those try who contradict themselves about the portal that they mean."""

Plan = tuple[Browser, Attempt, str]


def missing_ids(size: int, seed: int) -> tuple[str, ...]:
    """Ids that do not exist."""
    chance = random.Random(seed)
    return tuple(str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(1 + size))


def all_plans(
    victim: Victim, crowd: Sequence[Browser], names: Collection[str] = (), *, size: int, seed: int
) -> Iterator[Plan]:
    """Every attempt on a victim; `names` of routes make it a part."""
    chosen = [route for route in all_routes() if not names or route.name in names]
    missing = missing_ids(size, seed)
    for last in (None, *SESSION_ENDERS):
        now = [route for route in chosen if (route.name if route.name in SESSION_ENDERS else None) == last]
        for number, attacker in enumerate(crowd):
            for route in now:
                yield from _by_recipe(victim, attacker, route, missing, size, number + seed)
        for number, attacker in enumerate(crowd):
            for route in now:
                yield from _everywhere(victim, attacker, route, missing, SHARE if size == 1 else 1, number + seed)
        for attacker in crowd[:2]:
            yield from _undeclared(victim, attacker, now)


def in_portions(plans: Iterable[Plan], most: int = 400) -> Iterator[list[Plan]]:
    """So many at a time, for the answers of a night are more than fit into memory."""
    iterator = iter(plans)
    while portion := list(islice(iterator, most)):
        yield portion


def _at_home(victim: Victim, attacker: Browser) -> bool:
    host = attacker.host.lower().removesuffix(":443").removesuffix(".")
    return host == victim.portal.host and attacker.prefix == victim.portal.prefix


def _allowed_to_all(victim: Victim, attacker: Browser, route: Route) -> bool:
    return _at_home(victim, attacker) and f"{route.method} {route.name}" in AT_HOME_ANYBODY


def _by_recipe(
    victim: Victim, attacker: Browser, route: Route, missing: tuple[str, ...], size: int, turn: int
) -> Iterator[Plan]:
    """What an attacker tries at a route. In the small size, of many ids in queries and forms every fifth."""
    share = CONTRADICTING_SHARE if size == 1 and attacker.contradicts else 1
    if _allowed_to_all(victim, attacker, route):
        return
    for number, attempt in enumerate(attempts(victim, route, missing, at_home=_at_home(victim, attacker), size=size)):
        if size == 1 and not attempt.subject and number > 2 and number % 5:
            continue
        if (number + turn) % share and attempt.subject not in missing[-1:]:
            continue
        yield attacker, attempt, route.method
        if attempt.subject == victim.ids[0] and route.method == "GET":
            yield attacker, attempt, "HEAD"


def _everywhere(
    victim: Victim, attacker: Browser, route: Route, missing: tuple[str, ...], share: int, turn: int
) -> Iterator[Plan]:
    """Every id of every kind of object, carried in query or form, headers and htmx values."""
    if _allowed_to_all(victim, attacker, route):
        return
    for number, each in enumerate((*victim.ids, *missing)):
        # Who tries takes turns, but a comparison needs what is another's and what does not exist.
        if (number + turn) % share == 0 or (each in missing and (len(victim.ids) + turn) % share == 0):
            yield attacker, carried(victim, route, each), route.method


def _undeclared(victim: Victim, attacker: Browser, routes: Sequence[Route]) -> Iterator[Plan]:
    """Every method that a path does not have."""
    everything = all_routes()
    for route in routes:
        declared = {each.method for each in everything if each.path == route.path} | {"HEAD"}
        for method in METHODS:
            if method not in declared:
                yield attacker, Attempt(route, path_of(route, victim), {}), method


@dataclass
class Findings:
    """What a run saw; every list names attacker, attempt and answer."""

    attempts: Counter[str] = field(default_factory=Counter)
    """By the attacker's label."""
    statuses: Counter[int] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    """Answers with a victim's canary."""
    changes: list[str] = field(default_factory=list)
    """Rows of others that came, went or changed."""
    uneven: list[str] = field(default_factory=list)
    """A foreign id is answered otherwise than one that does not exist, by status or length."""
    errors: list[str] = field(default_factory=list)
    """Answers with a 5xx."""

    @property
    def anything(self) -> bool:
        """Whether a guard is missing."""
        return bool(self.leaks or self.changes or self.uneven or self.errors)

    def told(self, most: int = 5) -> str:
        """The first of each kind, for a failing test."""
        kinds = {"leaks": self.leaks, "changes": self.changes, "uneven": self.uneven, "errors": self.errors}
        return "\n".join(f"{len(all_of)} {kind}: {each}" for kind, all_of in kinds.items() for each in all_of[:most])


@dataclass
class Judge:
    """Looks at the answers of one victim's attackers."""

    found: Findings
    victim: Victim
    shown: set[str]
    """What the header shows to every account of the victim's customer."""
    sizes: dict[tuple[str, ...], dict[tuple[int, int], tuple[str, bytes]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def look(self, plans: Sequence[Plan], answers: Sequence[Seen]) -> None:
        """Note what is wrong with each answer."""
        for (attacker, attempt, method), seen in zip(plans, answers, strict=True):
            self.found.attempts[attacker.label] += 1
            self.found.statuses[seen.status] += 1
            told = f"{attacker.label}: {method} {attempt.path} {dict(attempt.fields)} → {seen.status}"
            if seen.status >= 500 and not (seen.status == 503 and attempt.route.name.startswith("card")):
                self.found.errors.append(told)
            allowed = set(CANARY.findall(f"{attempt.path} {attempt.fields}"))
            allowed |= self.shown if attacker.label == "without permission" else set()
            canaries = (set(CANARY.findall(seen.everything.lower())) & self.victim.canaries) - allowed
            if canaries:
                self.found.leaks.append(f"{told}: {sorted(canaries)}")
            if attempt.subject and attempt.route.name not in RANDOM_PAGES:
                fields = str(dict(attempt.fields)).replace(attempt.subject, "")
                key = (
                    str(id(attacker)),
                    attacker.label,
                    method,
                    attempt.route.name,
                    fields,
                    str(bool(attempt.headers)),
                )
                self.sizes[key].setdefault((seen.status, len(seen.body)), (attempt.subject, seen.body))

    def compare(self) -> None:
        """Note where a foreign id and one that does not exist were answered differently."""
        for key, kinds in self.sizes.items():
            if len(kinds) > 1:
                told = [f"{status} with {len(body)} bytes for {each}" for (status, _), (each, body) in kinds.items()]
                first, second = [body for _, body in kinds.values()][:2]
                self.found.uneven.append(f"{' '.join(key[1:])}: {', '.join(told)}; {_where(first, second)}")
        self.sizes.clear()


def _where(first: bytes, second: bytes) -> str:
    """The places from which two bodies differ."""
    at = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    parts = [body[max(0, at - 40) : at + 80].decode("utf-8", "replace") for body in (first, second)]
    return f"they part at {at}: {parts[0]!r} and {parts[1]!r}"

"""Which attempts are made in which order, and what the answers may show."""

from __future__ import annotations

import math
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
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
ATTEMPTS = 20_400
"""So many a run makes in the small size, however many routes there are: what goes by recipe first, the seed says which."""
WEIGHTS = {"recipe": 1.0, "contradicting": 0.2, "everywhere": 0.1, "undeclared": 0.5}
"""How much likelier one kind of attempt is than another one; what must be made for a comparison is made always."""
ALWAYS = float("inf")

Plan = tuple[Browser, Attempt, str]
Maybe = tuple[float, tuple[Callable[[], Plan], ...]]
"""What is tried together or not at all: its weight, and how its attempts are made."""


def missing_ids(size: int, seed: int) -> tuple[str, ...]:
    """Ids that do not exist."""
    chance = random.Random(seed)
    return tuple(str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(1 + size))


def all_plans(
    victim: Victim, crowd: Sequence[Browser], names: Collection[str] = (), *, size: int, seed: int, most: int = 0
) -> Iterator[Plan]:
    """Every attempt on a victim, at most so many of them; `names` of routes make it a part.

    Which of them it are the seed says: over the seeds it is all of them.
    """
    maybes = list(_every_plan(victim, crowd, names, size, seed))
    keep = chosen([(weight, len(made)) for weight, made in maybes], most, seed) if most else range(len(maybes))
    for number in keep:
        for make in maybes[number][1]:
            yield make()


def chosen(things: Sequence[tuple[float, int]], most: int, seed: int) -> list[int]:
    """The places of so many of the things, each a weight and a number of attempts, that these are about as many as wanted.

    Spread evenly; what has the weight `ALWAYS` is always among them. Other seeds choose others: everything has its turn.
    """
    sure = sum(count for weight, count in things if weight == ALWAYS)
    factor = _factor(Counter(thing for thing in things if thing[0] < ALWAYS), most - sure)
    reached, found = seed * (math.sqrt(5) - 1) / 2 % 1, []
    for number, (weight, _) in enumerate(things):
        before = reached
        reached += 0 if weight == ALWAYS else min(1.0, weight * factor)
        if weight == ALWAYS or math.floor(reached) > math.floor(before):
            found.append(number)
    return found


def _factor(kinds: Mapping[tuple[float, int], int], most: int) -> float:
    """By which all weights are multiplied to be chances whose attempts sum up to as many as wanted."""
    low, high = 0.0, 1 / min((weight for weight, _ in kinds), default=1.0)
    for _ in range(60):
        middle = (low + high) / 2
        wanted = sum(min(1.0, weight * middle) * count * times for (weight, count), times in kinds.items())
        low, high = (middle, high) if wanted < most else (low, middle)
    return high


def _every_plan(
    victim: Victim, crowd: Sequence[Browser], names: Collection[str], size: int, seed: int
) -> Iterator[Maybe]:
    options = [route for route in all_routes() if not names or route.name in names]
    missing = missing_ids(size, seed)
    for last in (None, *SESSION_ENDERS):
        now = [route for route in options if (route.name if route.name in SESSION_ENDERS else None) == last]
        for number, attacker in enumerate(crowd):
            for route in now:
                yield from _by_recipe(victim, attacker, route, missing, size, number + seed)
        for attacker in crowd:
            for route in now:
                yield from _everywhere(victim, attacker, route, missing)
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
) -> Iterator[Maybe]:
    """What an attacker tries at a route: an id that does not exist and one of another always, so that they compare."""
    if _allowed_to_all(victim, attacker, route):
        return
    weight = WEIGHTS["contradicting" if attacker.contradicts else "recipe"]
    tried = list(attempts(victim, route, missing, at_home=_at_home(victim, attacker), size=size))
    foreign = [number for number, attempt in enumerate(tried) if attempt.subject not in missing]
    for number, attempt in enumerate(tried):
        sure = attempt.subject in missing[-1:] or number == foreign[turn % len(foreign)]
        yield ALWAYS if sure else weight, (partial(_plan, attacker, attempt, route.method),)
        if attempt.subject == victim.ids[0] and route.method == "GET":
            yield weight, (partial(_plan, attacker, attempt, "HEAD"),)


def _everywhere(victim: Victim, attacker: Browser, route: Route, missing: tuple[str, ...]) -> Iterator[Maybe]:
    """Every id of every kind of object, carried in query or form, headers and htmx values."""
    if _allowed_to_all(victim, attacker, route):
        return
    for number, each in enumerate(victim.ids):
        # An answer tells something only beside that to an id that does not exist.
        pair = (each, missing[number % len(missing)])
        yield WEIGHTS["everywhere"], tuple(partial(_carried, victim, attacker, route, one) for one in pair)


def _undeclared(victim: Victim, attacker: Browser, routes: Sequence[Route]) -> Iterator[Maybe]:
    """Every method that a path does not have."""
    everything = all_routes()
    for route in routes:
        declared = {each.method for each in everything if each.path == route.path} | {"HEAD"}
        for method in METHODS:
            if method not in declared:
                attempt = Attempt(route, path_of(route, victim), {})
                yield WEIGHTS["undeclared"], (partial(_plan, attacker, attempt, method),)


def _plan(attacker: Browser, attempt: Attempt, method: str) -> Plan:
    return attacker, attempt, method


def _carried(victim: Victim, attacker: Browser, route: Route, each: str) -> Plan:
    return attacker, carried(victim, route, each), route.method


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

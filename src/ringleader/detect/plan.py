"""A plan is all that the rules ask of one kind of event, and the memos that make asking cheap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from operator import getitem
from typing import TYPE_CHECKING, Any

from ringleader.detect import tree
from ringleader.detect.field import NONE, Class, Field
from ringleader.detect.program import Predicate, Program, Tree
from ringleader.detect.screen import Screen
from ringleader.schema import value
from ringleader.schema.batch import Event

if TYPE_CHECKING:
    import pyarrow as pa

MEMO_CHARS = 64 << 20
"""Characters of values that the memos of one matcher keep before they start anew."""
MEMO_VALUE = 2048
"""A longer value is not kept: few such values come again, and literals remember the lines of long texts."""
MEMO_COMBINATIONS = 400_000
SCREENED_FROM = 100
"""Events of one kind, beyond one for each rule, from which choosing a screen pays."""

Rules = tuple[int, ...]


class Budget:
    """Counts what the memos keep, and empties them all when it is too much."""

    def __init__(self) -> None:
        self.chars = 0
        self.memos: list[dict[Any, Any]] = []

    def spend(self, chars: int) -> None:
        self.chars += chars
        if self.chars > MEMO_CHARS:
            self.chars = 0
            for memo in self.memos:
                memo.clear()


class _Classes:
    """Interned classes of one plan: a class is passed around as a small number; 0 is the empty one."""

    def __init__(self) -> None:
        self.sets: list[Class] = [NONE]
        self._numbers: dict[Class, int] = {NONE: 0}

    def number(self, found: Class) -> int:
        known = self._numbers.get(found)
        if known is None:
            known = self._numbers[found] = len(self.sets)
            self.sets.append(found)
        return known


class Memo(dict[Any, int]):
    """Decoded value to class number. Lists cannot be keys: callers meet TypeError and ask ``of``."""

    def __init__(
        self,
        predicates: Mapping[int, Predicate],
        slow: Callable[[int], None],
        classes: _Classes,
        budget: Budget,
        gates: Class | None = None,
    ) -> None:
        super().__init__()
        self.predicates = predicates
        self._gates = gates
        self._slow = slow
        self._classes = classes
        self._budget = budget
        budget.memos.append(self)

    @cached_property
    def _field(self) -> Field:
        """Made when there is a value: most fields that rules ask of a kind are in few recordings."""
        return Field(self.predicates, self._slow, self._gates)

    def __missing__(self, content: Any) -> int:
        number = self._classes.number(self._field.classify(content))
        if type(content) is str:
            if len(content) <= MEMO_VALUE:
                self[content] = number
                self._budget.spend(len(content) + 64)
        elif content is None or (type(content) is int and 1 < abs(content) < 2**53):
            # True and 1.0 are the same key as 1, and so are all numbers that a float cannot tell apart
            self[content] = number
            self._budget.spend(64)
        return number

    def several(self, texts: pa.StringArray) -> list[int]:
        """The class numbers of distinct texts."""
        found = self._field.classes(texts)
        if found is None:
            return list(map(self.__getitem__, texts.to_pylist()))
        return [
            self[texts[place].as_py()] if each is None else self._classes.number(each)
            for place, each in enumerate(found)
        ]

    def of(self, content: Any) -> int:
        if isinstance(content, list | dict):
            return self._classes.number(self._field.classify(content))
        return self[content]


class Asked:
    """What rules ask of a kind, once those predicates are decided that the kind itself fixes. Rules that cannot hold
    are left out."""

    def __init__(self, programs: Mapping[int, Program], constants: Mapping[str, str]) -> None:
        numbers: dict[Predicate, int] = {}
        self.trees: dict[int, Tree] = {}
        for rule, program in programs.items():
            folded = tree.folded(program, constants, lambda predicate: numbers.setdefault(predicate, len(numbers)))
            if folded is not False:
                self.trees[rule] = folded
        self.predicates = list(numbers)

    @property
    def fields(self) -> set[str]:
        """The fields in which anything is asked; a reference asks in two."""
        references = {p.arg for p in self.predicates if p.op.startswith("ref")}
        return {p.field for p in self.predicates} | references

    @property
    def key(self) -> tuple[object, ...]:
        """Equal when the same is asked."""
        return tuple(self.predicates), str(self.trees)


class Plan:
    """All that the rules ask of one kind of event, or of several that are asked the same."""

    def __init__(
        self,
        asked: Asked,
        aliases: Mapping[str, tuple[str, ...]],
        renames: Mapping[str, str],
        budget: Budget,
        slow: Callable[[int], None],
    ) -> None:
        self._aliases = aliases
        self._renames = renames
        self._trees = asked.trees
        predicates = self._predicates = asked.predicates
        by_field: dict[str, dict[int, Predicate]] = {}
        owners: dict[int, list[int]] = {}
        self._leaves = {rule: tuple(dict.fromkeys(tree.leaves(joined))) for rule, joined in self._trees.items()}
        for rule, leaves in self._leaves.items():
            for number in leaves:
                owners.setdefault(number, []).append(rule)
        for number, predicate in enumerate(predicates):
            if number in owners and predicate.op != "exists" and not predicate.op.startswith("ref"):
                by_field.setdefault(predicate.field, {})[number] = predicate

        def report(number: int) -> None:
            for rule in owners[number]:
                slow(rule)

        self._references = {
            number: _Reference(predicate, aliases, renames)
            for number, predicate in enumerate(predicates)
            if predicate.op.startswith("ref") and number in owners
        }
        self._index_rules(predicates)
        self._wide = {rule for rule, leaves in self._leaves.items() if any(not predicates[n].field for n in leaves)}
        self.classes = _Classes()
        keywords = by_field.pop("", None)
        self.keywords = None if keywords is None else Keywords(keywords, self.classes, budget, report)
        self.sigma_fields = tuple(by_field)
        names = [tuple(renames.get(n, n) for n in aliases.get(field, (field,))) for field in self.sigma_fields]
        self.fields = tuple(choice[0] for choice in names)
        self.fallbacks = [(place, choice[1:]) for place, choice in enumerate(names) if len(choice) > 1]
        self.memos = tuple(
            Memo(tests, report, self.classes, budget, self._gates(tests, owners)) for tests in by_field.values()
        )
        self.exists = [
            (number, tuple(renames.get(n, n) for n in aliases.get(predicate.field, (predicate.field,))))
            for number, predicate in enumerate(predicates)
            if predicate.op == "exists" and number in owners
        ]
        self.combinations: dict[tuple[int, ...], tuple[Rules, Rules]] = {}
        self._seen = 0

    def _index_rules(self, predicates: list[Predicate]) -> None:
        self._always: list[int] = []
        self._needing: dict[int, list[int]] = {}
        self._needed: dict[int, Class | None] = {}
        self._open: dict[int, bool] = {}
        for rule, joined in self._trees.items():
            needed = self._needed[rule] = tree.necessary(joined, predicates)
            self._open[rule] = not self._references.keys().isdisjoint(self._leaves[rule])
            if needed is None:
                self._always.append(rule)
            else:
                for number in needed:
                    self._needing.setdefault(number, []).append(rule)

    def _gates(self, tests: Mapping[int, Predicate], owners: Mapping[int, Sequence[int]]) -> Class | None:
        """Predicates on one field, ``tests``, without which none of the rules that ask for the field can hold."""
        gates: Class = NONE
        for rule in {rule for number in tests for rule in owners[number]}:
            needed = self._needed[rule]
            if needed is None or not needed <= tests.keys():
                return None
            gates |= needed
        return gates

    @property
    def named(self) -> set[str]:
        """All names that are looked up in an event."""
        names = {name for place in range(len(self.fields)) for name in self.names(place)}
        names.update(name for _, several in self.exists for name in several)
        return names | self.referred

    @property
    def referred(self) -> set[str]:
        """All names that references to fields look up."""
        return set[str]().union(*(reference.names for reference in self._references.values()))

    def wide(self, rule: int) -> bool:
        """Whether ``rule`` asks all values of an event."""
        return rule in self._wide

    def content(self, event: Event, field: str) -> Any:
        """What an event holds in a field of Sigma's name; None if it has none."""
        names = (self._renames.get(name, name) for name in self._aliases.get(field, (field,)))
        return next((content for content in map(event.get, names) if content is not None), None)

    @property
    def idle(self) -> bool:
        """Whether no rule can hold on this kind."""
        return not self._trees

    def names(self, place: int) -> tuple[str, ...]:
        """The keys to look up for the field at ``place``, in order; the first one present counts."""
        return (self.fields[place], *next((names for at, names in self.fallbacks if at == place), ()))

    def key(self, event: Event, *, keywords: bool) -> tuple[int, ...]:
        """The classes of ``event``, any shape of it. ``keywords`` False: it is known that no keyword occurs in it."""
        contents = list(map(event.get, self.fields))
        for place, names in self.fallbacks:
            if contents[place] is None:
                contents[place] = next((c for c in map(event.get, names) if c is not None), None)
        try:
            numbers = list(map(getitem, self.memos, contents))
        except TypeError:
            numbers = [memo.of(content) for memo, content in zip(self.memos, contents, strict=True)]
        if self.keywords is not None:
            numbers.append(self.keywords.of(event.values()) if keywords else 0)
        for _, names in self.exists:
            numbers.append(any(name in event for name in names))
        return tuple(numbers)

    def screened(self, events: int) -> Screened | None:
        """What passes over events at a glance, once there were enough and while it does; ``events`` are at hand."""
        self._seen += events
        if (
            self._seen < SCREENED_FROM + len(self._trees)
            or self._screened is None
            or 4 * self._screened.passed > self._seen
        ):
            return None
        return self._screened

    @cached_property
    def _screened(self) -> Screened | None:
        absent = () if self.keywords is None else self.keywords.numbers
        screen = Screen(self._trees, self._leaves, [memo.predicates for memo in self.memos], absent)
        if screen.places is None or any(place in screen.places for place, _ in self.fallbacks):
            return None
        return Screened(self, screen, screen.places)

    def rules(self, key: tuple[int, ...]) -> tuple[Rules, Rules]:
        """The rules that hold for a combination, and those that depend on the event itself (references to fields)."""
        known = self.combinations.get(key)
        if known is None:
            if len(self.combinations) >= MEMO_COMBINATIONS:
                self.combinations.clear()
            known = self.combinations[key] = self._decide(key)
        return known

    def true(self, key: tuple[int, ...]) -> set[int]:
        """The predicates that hold for a combination."""
        cut = len(self.memos) + (self.keywords is not None)
        found: set[int] = set()
        for number in key[:cut]:
            found |= self.classes.sets[number]
        found.update(number for (number, _), there in zip(self.exists, key[cut:], strict=True) if there)
        return found

    def _decide(self, key: tuple[int, ...]) -> tuple[Rules, Rules]:
        found = self.true(key)
        candidates = set(self._always)
        for number in found:
            candidates.update(self._needing.get(number, ()))
        fixed, pending = [], []
        for rule in sorted(candidates):
            if self._open[rule]:
                pending.append(rule)
            elif tree.holds(self._trees[rule], found):
                fixed.append(rule)
        return tuple(fixed), tuple(pending)

    def match(self, event: Event, *, keywords: bool = True) -> Rules:
        """The rules that hold on one event, in ascending order."""
        key = self.key(event, keywords=keywords)
        fixed, pending = self.rules(key)
        return self.settle(event, key, fixed, pending) if pending else fixed

    def settle(self, event: Event, key: tuple[int, ...], fixed: Rules, pending: Rules) -> Rules:
        """``fixed`` and those of ``pending`` that hold once field references are looked up in the event."""
        found = self.true(key)
        found.update(number for number, reference in self._references.items() if reference(event))
        return tuple(sorted([*fixed, *(rule for rule in pending if tree.holds(self._trees[rule], found))]))

    def evidence(self, event: Event, rules: Sequence[int]) -> list[dict[str, str]]:
        """For each of ``rules`` the fields on which it holds, with their values: what a hunter wants to see first."""
        found = self.true(self.key(event, keywords=any(map(self.wide, rules))))
        return [self._shown(event, [number for number in self._leaves[rule] if number in found]) for rule in rules]

    def _shown(self, event: Event, held: Iterable[int]) -> dict[str, str]:
        shown: dict[str, str] = {}
        for number in held:
            predicate = self._predicates[number]
            if predicate.op in ("null", "exists"):
                continue
            if predicate.field:
                if predicate.field not in shown:
                    shown[predicate.field] = value.show(self.content(event, predicate.field))
            else:
                test = Field({number: predicate})
                shown.update((name, value.show(c)) for name, c in event.items() if number in test.classify(c))
        return shown


class Screened(dict[tuple[int, ...], bool]):
    """The classes of the fields ``names`` to whether any rule may hold on an event without keywords; kept when asked
    for."""

    def __init__(self, plan: Plan, screen: Screen, places: tuple[int, ...]) -> None:
        super().__init__()
        self.names = tuple(plan.fields[place] for place in places)
        self.memos = tuple(plan.memos[place] for place in places)
        self.passed = 0
        self._screen = screen
        self._sets = plan.classes.sets

    def __missing__(self, key: tuple[int, ...]) -> bool:
        if len(self) >= MEMO_COMBINATIONS:
            self.clear()
        verdict = self[key] = self._screen.passes(frozenset().union(*(self._sets[number] for number in key)))
        return verdict


class Keywords:
    """The predicates that ask all values of an event."""

    def __init__(
        self, predicates: Mapping[int, Predicate], classes: _Classes, budget: Budget, slow: Callable[[int], None]
    ) -> None:
        self.numbers = tuple(predicates)
        self.predicates = tuple(predicates.values())
        self._classes = classes
        self.memo = Memo(predicates, slow, classes, budget)

    def of(self, contents: Iterable[Any]) -> int:
        """The number of the union of the classes of all ``contents``. Keywords never hold on null."""
        return self.joined({self.memo.of(content) for content in contents if content is not None})

    def joined(self, numbers: set[int]) -> int:
        """The number of the union of classes."""
        if len(numbers) <= 1:
            return next(iter(numbers), 0)
        return self._classes.number(frozenset().union(*(self._classes.sets[number] for number in numbers)))

    def one(self, content: Any) -> int:
        """The number of the class of one value."""
        return 0 if content is None else self.memo.of(content)


class _Reference:
    """``field|fieldref: other``: the one value is (starts, ends, contains) the other, both folded; lists: any pair."""

    def __init__(
        self, predicate: Predicate, aliases: Mapping[str, tuple[str, ...]], renames: Mapping[str, str]
    ) -> None:
        self._left = tuple(renames.get(n, n) for n in aliases.get(predicate.field, (predicate.field,)))
        self._right = tuple(renames.get(n, n) for n in aliases.get(predicate.arg, (predicate.arg,)))
        self._op = predicate.op

    @property
    def names(self) -> set[str]:
        return {*self._left, *self._right}

    def __call__(self, event: Event) -> bool:
        rights = list(self._texts(event, self._right))
        return any(self._pair(left, right) for left in self._texts(event, self._left) for right in rights)

    def _texts(self, event: Event, names: tuple[str, ...]) -> list[str]:
        content = value.text(next((c for c in map(event.get, names) if c is not None), None))
        items = content if isinstance(content, list) else [content]
        return [value.fold(item) for item in items if item is not None]

    def _pair(self, left: str, right: str) -> bool:
        match self._op:
            case "refstart":
                return left.startswith(right)
            case "refend":
                return left.endswith(right)
            case "refin":
                return right in left
        return left == right

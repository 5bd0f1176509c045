"""People at their workstations, by the working hours of their zone: log-on, programs, file shares, mistakes, log-off.

All of it is routine (``scene.often``). What they do on the web and with mail stands in ``browsing`` and ``mail``, which
ask here who is at work.
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import directory, remote, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import software
from ringleader.scenario.scene import Scene

Stay = tuple[int, int]

_DAY, _LATE, _NIGHT = 8.6, 12.6, 21.5
"""At what hour work begins: one network engineer in four watches the network by night, and billing's clerks answer the
hotline until late in turns."""
_SHIFTS = 8
"""Weeks in which a clerk has the late shift once, on average."""


def day(scene: Scene) -> None:
    for person in scene.estate.people:
        stay = at_work(scene, person)
        if stay is None:
            continue
        zeal = chances.heavy(scene.chance, 1.0, 0.6)
        shell = desk(scene, person)
        _mistakes(scene, person, stay)
        for _ in range(scene.often(11 * zeal)):
            _program(scene, person, shell, moment(scene, stay))
        for _ in range(scene.often(9 * zeal)):
            _share(scene, person, moment(scene, stay))
        for _ in range(scene.often(5)):
            session = windows.log_on(scene, person.station, moment(scene, stay), person.account, 7)
            if scene.happens(0.8):
                windows.log_off(scene, session, scene.later(moment(scene, stay), 60))
        if scene.happens(0.9):
            windows.log_off(scene, shell.session, stay[1])


def at_work(scene: Scene, person: Person) -> Stay | None:
    """From when to when somebody is at work on the local day that bears the scene's date; None for who is not."""
    key = ("at work", person.account.name)
    if key not in scene.kept:
        draw = scene.estate.chance(*key, scene.day)
        share = rhythm.Hours(person.zone).week[rhythm.weekday(scene.day)] * min(1.0, rhythm.season(scene.day) + 0.1)
        begin = _NIGHT if person.job == "network-engineer" and person.station.code % 4 == 0 else _DAY
        if person.job == "billing-clerk" and late_shift(scene, person):
            begin = _LATE
        start = rhythm.midnight(scene.day, person.zone) + int(draw.gauss(begin, 0.6) * rhythm.HOUR)
        stay = (start, start + int(max(3.0, draw.gauss(9.2, 1.0)) * rhythm.HOUR))
        scene.kept[key] = stay if draw.random() < 0.94 * min(share, 1.0) else None
    found: Stay | None = scene.kept[key]
    return found


def late_shift(scene: Scene, person: Person) -> bool:
    """Whether somebody has the late shift of the hotline this week."""
    return chances.number(scene.estate.seed, "shift", person.account.name, scene.day // 7) % _SHIFTS == 0


def moment(scene: Scene, stay: Stay) -> int:
    """A moment of the stay, rarely one at noon."""
    time = scene.within(*stay)
    noon = stay[0] + 4 * rhythm.HOUR
    return scene.within(*stay) if noon <= time < noon + rhythm.HOUR else time


def desk(scene: Scene, person: Person) -> Process:
    """The desktop of who is at work: the log-on in the morning is told when it is first asked for."""
    key = ("desk", person.account.name)
    if key not in scene.kept:
        stay = at_work(scene, person)
        time = stay[0] if stay else scene.day * rhythm.DAY
        directory.ticket(scene, person.station, time - 400_000, person.account)
        session = windows.log_on(scene, person.station, time, person.account, 2)
        shell = scene.kept[key] = windows.desktop(scene, session)
        logon = windows.system(scene, person.station, "winlogon")
        for _ in range(min(1, scene.often(2))):
            windows.start(scene, logon, time + rhythm.SECOND, "C:\\Windows\\system32\\userinit.exe", session=session)
        for command in facts.texts("machines", "at_logon")[: scene.often(3)]:
            windows.start(scene, shell, scene.later(time, 20), command)
    found: Process = scene.kept[key]
    return found


def named(scene: Scene, person: Person, text: str) -> str:
    """``text`` with a file's or a word's name in it."""
    words = facts.texts("office", "words")
    word = f"{words[chances.rank(scene.chance, len(words))]}-{scene.chance.randrange(1, 60)}"
    name = text.replace("{file}", scene.chance.choice(facts.texts("office", "own"))) if "{file}" in text else text
    return facts.placed(scene.estate, name.replace("{user}", person.account.name).replace("{word}", word))


def _program(scene: Scene, person: Person, shell: Process, time: int) -> None:
    table = facts.table("office")
    commands, weights = zip(*table["programs"], strict=True)
    command = named(scene, person, scene.chance.choices(commands, weights)[0])
    made = windows.start(scene, shell, time, command, program=software.program(scene, command))
    name = made.image.rsplit("\\", 1)[-1]
    if name == "cmd.exe":
        for _ in range(scene.chance.randrange(1, 3)):
            time = scene.later(time, 30)
            windows.start(scene, made, time, named(scene, person, scene.chance.choice(facts.texts("office", "typed"))))
    children: list[str] = table["children"].get(name, [])
    if children and scene.happens(0.6):
        child = named(scene, person, scene.chance.choice(children))
        windows.start(scene, made, scene.later(time, 3), child, program=software.program(scene, child))
    if scene.happens(0.3):
        place = named(scene, person, "C:\\Users\\{user}\\AppData\\Local\\Temp\\{word}.tmp")
        windows.writes(scene, made, scene.later(time, 5), place)
    if scene.happens(0.5):
        windows.stop(scene, made, scene.later(time, 1500))


def _share(scene: Scene, person: Person, time: int) -> None:
    servers = scene.estate.of_role(Role.FILES)
    if not servers:
        return
    server = servers[chances.rank(scene.chance, len(servers))]
    session = windows.log_on(scene, server, time, person.account, 3, source=person.station)
    shares = facts.texts("office", "shares")
    word = named(scene, person, "{word}")
    ending = scene.chance.choice(("xlsx", "docx", "pdf", "pptx"))
    path = f"{rhythm.stamp(time).year}\\{word}.{ending}" if scene.happens(0.7) else ""
    remote.share(scene, session, time + 50_000, shares[chances.rank(scene.chance, len(shares))], path)
    if scene.happens(0.7):
        windows.log_off(scene, session, scene.later(time, 700))


def _mistakes(scene: Scene, person: Person, stay: Stay) -> None:
    """Wrong passwords at the console, mostly before the first log-on or after a pause; names that do not exist."""
    for _ in range(scene.seldom(0.12)):
        time = stay[0] if scene.happens(0.5) else moment(scene, stay)
        known = scene.happens(0.9)
        name = person.account.name if known else person.account.name.replace(".", "")
        for nth in range(scene.chance.randrange(1, 4)):
            at = time - (nth + 1) * scene.chance.randrange(3, 9) * rhythm.SECOND
            if known:
                directory.ticket(scene, person.station, at - 9000, person.account, known=False)
            windows.fail(
                scene, person.station, at, name, address="127.0.0.1", workstation=person.station.name, known=known,
                kind=2 if time == stay[0] else 7,
            )  # fmt: skip

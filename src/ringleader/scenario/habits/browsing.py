"""What people read on the web and the intranet, as the resolver, the border's sensor, Sysmon and IIS see it; and what
their machines fetch by themselves.

Sites follow Zipf's law over a few dozen well-known ones and a tail of thousands that hardly anybody else visits. All of
it is routine (``scene.often``).
"""

from __future__ import annotations

from functools import lru_cache

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import network, web, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import office
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import zeek
from ringleader.scenario.scene import Scene

SITES = 20_000


def day(scene: Scene) -> None:
    for person in scene.estate.people:
        stay = office.at_work(scene, person)
        if stay is None:
            continue
        zeal = chances.heavy(scene.chance, 1.0, 0.8)
        browser = _browser(scene, person)
        for _ in range(scene.often(22 * zeal)):
            visit(scene, browser, office.moment(scene, stay))
        for _ in range(scene.often(9 * zeal)):
            _intranet(scene, person, office.moment(scene, stay))
    start = scene.day * rhythm.DAY
    for host in scene.estate.hosts:
        for _ in range(scene.often(2.5)):
            _machine(scene, host, scene.within(start, start + rhythm.DAY))


def site(number: int) -> tuple[str, str]:
    """The name and the address of the site that stands at ``number`` in the order of popularity."""
    return _site(number)


@lru_cache(maxsize=1 << 15)
def _site(number: int) -> tuple[str, str]:
    table = facts.table("sites")
    draw = chances.number("site", number)
    address = ADDRESSES[draw % len(ADDRESSES)]
    if number < len(table["popular"]):
        return table["popular"][number], address
    words, endings, hosts = table["words"], table["endings"], table["hosts"]
    first, second = words[draw // 7 % len(words)], words[draw // 1009 % len(words)]
    tail = str(draw // 65_537 % 90) if draw // 11 % 5 == 0 else ""
    name = f"{first}{second}{tail}{endings[draw // 13 % len(endings)]}"
    return f"{hosts[draw // 17 % len(hosts)]}.{name}", address


ADDRESSES = tuple([f"198.51.100.{last}" for last in range(64, 255)] + [f"203.0.113.{last}" for last in range(128, 255)])
"""Where everybody's sites lie: what documentation's ranges have besides the operator and its suppliers."""


def _browser(scene: Scene, person: Person) -> Process:
    key = ("browser", person.account.name)
    if key not in scene.kept:
        session = office.desk(scene, person).session
        image = windows.binary("chrome").image
        bits = chances.number(scene.estate.seed, *key, scene.day)
        made = windows.guid(person.station, bits >> 16)
        scene.kept[key] = Process(person.station, session, 1000 + bits % 9000 * 4, made, image, f'"{image}"')
    found: Process = scene.kept[key]
    return found


def visit(scene: Scene, browser: Process, time: int) -> None:
    """A page: the name's look-up, unless it is remembered, and some connections."""
    table, chance = facts.table("sites"), scene.chance
    name, address = site(chances.rank(chance, SITES))
    host = browser.host
    if chance.random() < 0.6:
        if chance.random() < 0.5:
            windows.looks_up(scene, browser, time, name, address)
        else:
            network.lookup(scene, time, host, name, address)
    if chance.random() < 0.25:
        number = chance.randrange(5, 400)
        tab = f"--type=renderer --lang=en-US --renderer-client-id={number} --mojo-platform-channel-handle={number * 36}"
        windows.start(scene, browser, time + 5000, f'"{browser.image}" {tab} /prefetch:1')
    if name in table["plain"] or chance.random() < 0.08:
        path = chance.choice(table["paths"])
        received = int(chances.heavy(chance, 20_000, 1.4))
        status = chance.choice((200, 200, 200, 304, 302, 404))
        agent = web.browser(scene, host)
        zeek.http(scene, time + 30_000, host.address, address, "GET", name, path, agent, status, 0, received)
        return
    for _ in range(1 + (chance.random() < 0.4)):
        valid = "ok" if chance.random() < 0.985 else "self signed certificate"
        zeek.ssl(
            scene, time + int(chance.random() * 900_000) + 20_000, host.address, address, name,
            seconds=chances.heavy(chance, 20, 1.3), sent=int(chances.heavy(chance, 4000, 1.3)),
            received=int(chances.heavy(chance, 60_000, 1.8)), ja3=table["ja3"][host.code % 3], valid=valid,
        )  # fmt: skip
    if chance.random() < 0.04:
        windows.connects(scene, browser, time, address, 443, name=name)


def _intranet(scene: Scene, person: Person, time: int) -> None:
    servers = scene.estate.of_role(Role.WEB)
    if not servers:
        return
    chance = scene.chance
    if chance.random() < 0.3:
        name = f"intranet.{scene.estate.operator.domain}"
        network.lookup(scene, time - 20_000, person.station, name, servers[0].address)
    paths = facts.texts("sites", "intranet")
    web.request(
        scene, servers[chances.rank(chance, len(servers))], time, paths[chances.rank(chance, len(paths))],
        client=person.station.address, agent=web.browser(scene, person.station),
        user=person.account.full if chance.random() < 0.8 else "",
        status=chance.choice((200, 200, 200, 200, 304, 304, 302, 404, 401)), received=chance.randrange(300, 90_000),
    )  # fmt: skip


def _machine(scene: Scene, host: Host, time: int) -> None:
    """Updates, revocation lists, clocks; and mistyped or vanished names."""
    chance, table = scene.chance, facts.table("sites")
    kind = chance.random()
    if kind < 0.2:
        operator = scene.estate.operator
        name = f"{chance.choice(table['words'])}{chance.choice(('', '', '-srv', '01'))}.{operator.domain}"
        network.lookup(scene, time, host, name, "")
    elif kind < 0.6:
        name = chance.choice(table["plain"])
        address = site(table["popular"].index(name))[1]
        network.lookup(scene, time, host, name, address)
        zeek.http(
            scene, time + 20_000, host.address, address, "GET", name, f"/{chance.getrandbits(32):08x}.crl",
            "Microsoft-CryptoAPI/10.0", 200, 0, chance.randrange(500, 90_000),
        )  # fmt: skip
    else:
        network.lookup(scene, time, host, *site(chances.rank(chance, 40)))

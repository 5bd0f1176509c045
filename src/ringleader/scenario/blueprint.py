"""What an operator is made of, as its YAML file says it. The models are the only place that knows the keys."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ringleader.case import Role, Zone
from ringleader.errors import ConfigError


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _network(text: str) -> str:
    try:
        ipaddress.IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no network such as 10.20.0.0/16: {error}") from error
    return text


Network = Annotated[str, AfterValidator(_network)]
Share = Annotated[float, Field(ge=0, le=1)]


class Site(Model):
    name: str
    zone: Zone
    share: Share = Field(description="of the workstations and servers that grow")


class Hosts(Model):
    role: Role
    prefix: str = Field(pattern="^[A-Za-z][A-Za-z0-9]{0,8}$", description="how their names begin")
    count: int = Field(ge=0, description="in an operator of 100 hosts")
    grows: bool = False
    system: Literal["windows", "linux"]
    sysmon: Share = 0.0


class Supplier(Model):
    name: str
    kind: str
    accounts: list[str] = Field(min_length=1)
    addresses: list[Network] = Field(min_length=1)
    hosts: list[Role]
    zone: Zone
    visits_per_week: float = Field(ge=0)
    remote: Literal["vpn", "pulse"] = "vpn"


class ServiceAccount(Model):
    account: str
    hosts: list[Role]
    admin: bool = False


class Operator(Model):
    name: str
    short: str = Field(pattern="^[a-z][a-z0-9-]{0,15}$")
    domain: str = Field(pattern=r"^[a-z0-9.-]+\.(example|invalid|test)$", description="a name that can be nobody's")
    country: str = Field(pattern="^[A-Z]{2}$")
    network: Network
    public: Network
    msisdn: str = Field(pattern=r"^\d{3,8}$")
    subscribers: int = Field(ge=1000)
    sites: list[Site] = Field(min_length=1)
    hosts: list[Hosts] = Field(min_length=1)
    people: dict[str, Share] = {}
    suppliers: list[Supplier] = []
    services: list[ServiceAccount] = []

    @property
    def netbios(self) -> str:
        return self.short.upper()


M = TypeVar("M", bound=BaseModel)


def operator(path: Path) -> Operator:
    """Raises :class:`ConfigError` with all mistakes of the file."""
    return checked(Operator, path)


def checked(model: type[M], path: Path) -> M:
    """The file at ``path`` as ``model``."""
    try:
        data: Any = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(path)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise ConfigError(f"not valid YAML: {getattr(error, 'problem', error)}", path=str(path), line=line) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        said = [f"{'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}" for item in error.errors()]
        raise ConfigError("\n".join(said), path=str(path), hint="docs/guides/scenarios.md explains the keys") from error

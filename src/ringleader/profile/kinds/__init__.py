"""The kinds of traits. A new one is a file here, a line in KINDS and a test."""

from __future__ import annotations

from ringleader.profile.kinds import (
    account,
    address,
    archive,
    colocation,
    command,
    domain,
    filehash,
    filename,
    hours,
    path,
    pipe,
    role,
    service,
    software,
    staging,
    statement,
    supplier,
    tactics,
    task,
    technique,
    useragent,
    webshell,
)
from ringleader.profile.kinds.base import Kind, Mark

KINDS: tuple[Kind, ...] = (
    technique.Technique(),
    tactics.TacticsOrder(),
    software.Software(),
    command.CommandTemplate(),
    archive.ArchiveHabit(),
    staging.StagingFolder(),
    filename.FileName(),
    filehash.FileHash(),
    path.Path(),
    service.Service(),
    task.Task(),
    pipe.NamedPipe(),
    account.Account(),
    account.CreatedAccount(),
    account.AccountPattern(),
    webshell.WebShell(),
    webshell.WebShellRequest(),
    useragent.UserAgent(),
    domain.Domain(),
    address.Address(),
    address.Network(),
    hours.WorkingHour(),
    hours.TimeZone(),
    colocation.HostHour(),
    role.VictimRole(),
    supplier.ViaSupplier(),
    statement.DatabaseStatement(),
    statement.SubscriberAccess(),
    statement.Subscriber(),
)

__all__ = ["KINDS", "Kind", "Mark"]

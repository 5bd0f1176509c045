"""Third parties whose accounts or addresses were used."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile.kinds.account import bare
from ringleader.profile.kinds.address import parse
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class ViaSupplier(Plain):
    name = "supplier"
    what = "supplier of ringleader.toml whose account was used, or from whose network somebody came"
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        if not context.suppliers:
            return
        account = bare(sighting.account)
        seen = [address for text in sighting.all("address") if (address := parse(text))]
        for supplier in context.suppliers:
            if account and account in supplier.accounts:
                yield Mark(supplier.name, "recorded")
            elif any(one.version == net.version and one in net for one in seen for net in supplier.networks):
                yield Mark(supplier.name, "address")

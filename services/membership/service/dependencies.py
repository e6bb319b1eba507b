"""What the routes of membership are given besides what every service has."""

from typing import Any

from nameko.extensions import DependencyProvider

from infra.sealing import Sealer
from infra.service import Service
from services.membership.exact_tree import ExactTree
from services.membership.vault import Vault, Vaults


class VaultsProvider(DependencyProvider):
    """`self.vaults`: opens the vault of personal data with the installation's keys."""

    def setup(self) -> None:
        """Read the keys."""
        self._vaults = Vaults(Sealer(self.container.settings.secrets.data_keys))

    def get_dependency(self, worker_ctx: Any) -> Vaults:
        """The same for every worker."""
        return self._vaults


class TreeProvider(DependencyProvider):
    """`self.tree`: the organisation, exactly as it is; here its owner needs no copy."""

    def setup(self) -> None:
        """Begin with none."""
        self._tree = ExactTree()

    def get_dependency(self, worker_ctx: Any) -> ExactTree:
        """The tree."""
        return self._tree


class Base(Service):
    """What every room of routes stands on."""

    vaults = VaultsProvider()
    tree = TreeProvider()

    def open_vault(self) -> Vault:
        """The vault; opened before a transaction begins, since it may need one of its own."""
        vault: Vault = self.vaults.open(self.database)
        return vault

"""Makes the doors of a set-up open for a deed that succeeds."""

from connectors.credentials import seal_credentials
from connectors.models import Connection, SetUp
from connectors.simulated import open_account
from flows.models import Flow
from flows.queries.offers import list_offers
from tests.portal.conftest import Side
from tests.portal.letters_desk import Prepared

NEVER_TOLD = "a-secret-of-the-set-up-form"


class SetUpDesk:
    """The part of the desk that is about them: of NetSuite, which is connected, where nothing else
    is said."""

    side: Side

    def begin_set_up(self) -> Prepared:
        return "/set-up/begin/", {"connector": "shopify", "once": "one press of the button"}

    def discard_set_up(self) -> Prepared:
        return f"{self._begun()}discard/", {}

    def choose_uses(self) -> Prepared:
        stream = self._erp.spec.streams[0].name
        return f"{self._begun()}uses/", {"use": f"stream:{stream}"}

    def agree_set_up(self) -> Prepared:
        return f"{self._begun()}agree/", {"step": "map"}

    def finish_set_up(self) -> Prepared:
        return f"{self._begun()}finish/", {}

    def set_up_connect(self) -> Prepared:
        """A shop of one's own, at which somebody has to agree before there is anything to check."""
        form = {"way": "oauth", "label": "Shop", "s_shop": "juniper-of-the-form"}
        form |= {"s_api_version": "2026-07", "s_order_number_place": "tag"}
        form |= {f"s_{name}": "no" for name in ("notify_customer", "refund_on_cancel")}
        form |= {"s_restock_on_cancel": "yes", "c_client_id": "app"}
        return f"{self._begun('shopify')}connect/", {**form, "c_client_secret": NEVER_TOLD}

    def check_set_up(self) -> Prepared:
        self._open_simulator()
        return f"{self._begun()}check/", {}

    def connect_sandbox(self) -> Prepared:
        return f"{self._begun('whiplash')}sandbox/", {}

    def read_samples(self) -> Prepared:
        self._open_simulator()
        return f"{self._begun()}map/read/", {}

    def open_mapping(self) -> Prepared:
        return f"{self._begun()}map/open/", {"stream": "orders"}

    def set_up_flows(self) -> Prepared:
        offer = next(one for one in list_offers(self._erp) if not one.flow_id)
        return f"{self._begun()}flows/", {"flow": offer.key}

    def turn_on_flows(self) -> Prepared:
        flow = self.side.shop.flow("Warehouse cancels in ERP")
        Flow.objects.filter(pk=flow.pk).update(is_on=False)
        return f"{self._begun()}live/on/", {"flow": flow.public_id, "seen": f"{flow.public_id}:0:0"}

    @property
    def _erp(self) -> Connection:
        return self.side.shop.connections["netsuite"]

    def _begun(self, connector: str = "netsuite") -> str:
        """The address of a set-up of this system."""
        known = self._erp if connector == "netsuite" else None
        row = SetUp.objects.create(
            tenant=self.side.company.tenant, connector=connector, connection=known
        )
        return f"/set-up/{row.public_id}/"

    def _open_simulator(self) -> None:
        """Connected with what the simulated account asks for."""
        row = self._erp
        given = open_account(row.connector, row.account)
        row.auth, row.settings = given.auth, dict(given.settings)
        seal_credentials(row, given.credentials)
        row.save()

"""What rules may know of stock."""

from ekyam.tenants.scope import tenant_scope
from flows.models import Flow, StockLevel
from flows.operations.tables import Tables
from tests.flows.stock.house import House


def test_it_knows_what_is_available_where_stock_comes_from(house: House, flow: Flow) -> None:
    with tenant_scope(house.tenant):
        levels = StockLevel.objects.filter(connection=flow.source, is_gone=False)
        one = levels.exclude(available=None)[0]
        counted = sum(level.available or 0 for level in levels.filter(sku=one.sku))
        tables = Tables(house.tenant.pk)
        assert tables.find_available(one.sku) == counted
        assert tables.find_available("nobody has this") is None

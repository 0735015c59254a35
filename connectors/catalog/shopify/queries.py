"""The GraphQL documents that are sent to Shopify; each must be valid in Shopify's own schema."""

_MONEY = "{ shopMoney { amount currencyCode } }"
_TAXES = f"taxLines {{ title rate priceSet {_MONEY} }}"
_DISCOUNTS = f"""discountAllocations {{
  allocatedAmountSet {_MONEY}
  discountApplication {{
    index
    ... on DiscountCodeApplication {{ code }}
    ... on ManualDiscountApplication {{ title }}
    ... on AutomaticDiscountApplication {{ title }}
  }}
}}"""
_ADDRESS = """{
  name firstName lastName company address1 address2 city provinceCode zip countryCodeV2 phone
}"""

_LINE = f"""
fragment Line on LineItem {{
  id title sku quantity currentQuantity unfulfilledQuantity requiresShipping isGiftCard variantTitle
  originalUnitPriceSet {_MONEY}
  {_DISCOUNTS}
  {_TAXES}
  duties {{ id price {_MONEY} {_TAXES} }}
  customAttributes {{ key value }}
  variant {{ id }}
  product {{ id }}
}}
"""

_CUSTOMER = f"""
fragment Person on Customer {{
  id firstName lastName note tags createdAt updatedAt
  defaultEmailAddress {{ emailAddress }}
  defaultPhoneNumber {{ phoneNumber }}
  defaultAddress {_ADDRESS}
}}
"""

_REFUND = f"""
fragment Refunded on Refund {{
  id note createdAt
  refundLineItems(first: 50) {{ nodes {{
    quantity restockType lineItem {{ id sku }} location {{ id }}
    subtotalSet {_MONEY} totalTaxSet {_MONEY}
  }} }}
  refundShippingLines(first: 5) {{ nodes {{
    subtotalAmountSet {_MONEY} taxAmountSet {_MONEY}
  }} }}
  orderAdjustments(first: 5) {{ nodes {{ amountSet {_MONEY} taxAmountSet {_MONEY} }} }}
  transactions(first: 5) {{ nodes {{ kind status gateway amountSet {_MONEY} }} }}
}}
"""

ORDERS = (
    f"""
query Orders($first: Int!, $after: String, $query: String) {{
  shop {{ ianaTimezone }}
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id name createdAt processedAt updatedAt closedAt cancelledAt cancelReason
      displayFinancialStatus displayFulfillmentStatus email phone note tags test
      currencyCode presentmentCurrencyCode taxesIncluded dutiesIncluded paymentGatewayNames
      totalPriceSet {_MONEY}
      currentTotalPriceSet {_MONEY}
      currentTotalTaxSet {_MONEY}
      currentTotalDiscountsSet {_MONEY}
      currentTotalAdditionalFeesSet {_MONEY}
      totalTipReceivedSet {_MONEY}
      totalCashRoundingAdjustment {{ paymentSet {_MONEY} }}
      customAttributes {{ key value }}
      customer {{ ...Person }}
      billingAddress {_ADDRESS}
      shippingAddress {_ADDRESS}
      shippingLines(first: 5, includeRemovals: true) {{ nodes {{
        id title code isRemoved originalPriceSet {_MONEY} {_DISCOUNTS} {_TAXES}
      }} }}
      lineItems(first: 25) {{
        pageInfo {{ hasNextPage endCursor }}
        nodes {{ ...Line }}
      }}
      refunds(first: 5) {{ id }}
      fulfillmentOrders(first: 5) {{ nodes {{
        id status fulfillmentHolds {{ reason reasonNotes }}
      }} }}
    }}
  }}
}}
"""
    + _LINE
    + _CUSTOMER
)

ORDER_LINES = (
    """
query OrderLines($id: ID!, $after: String) {
  order(id: $id) {
    lineItems(first: 250, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Line }
    }
  }
}
"""
    + _LINE
)

ORDER_REFUNDS = (
    """
query OrderRefunds($id: ID!) {
  order(id: $id) { refunds(first: 20) { ...Refunded } }
}
"""
    + _REFUND
)

CUSTOMERS = (
    """
query Customers($first: Int!, $after: String, $query: String) {
  shop { ianaTimezone currencyCode }
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { ...Person }
  }
}
"""
    + _CUSTOMER
)

_VARIANT = """
fragment Unit on ProductVariant {
  id sku barcode price compareAtPrice position updatedAt
  selectedOptions { name value }
  inventoryItem { id tracked measurement { weight { value unit } } }
}
"""

PRODUCTS = (
    """
query Products($first: Int!, $after: String, $query: String) {
  shop { ianaTimezone currencyCode }
  products(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id title handle descriptionHtml vendor productType status tags createdAt updatedAt
      options { name values }
      variants(first: 50) {
        pageInfo { hasNextPage endCursor }
        nodes { ...Unit }
      }
    }
  }
}
"""
    + _VARIANT
)

PRODUCT_VARIANTS = (
    """
query ProductVariants($id: ID!, $after: String) {
  product(id: $id) {
    variants(first: 250, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Unit }
    }
  }
}
"""
    + _VARIANT
)

PRODUCT_BY = """
query ProductBy($identifier: ProductIdentifierInput!) {
  productByIdentifier(identifier: $identifier) {
    id handle title tags
    options { name values }
    variants(first: 100) {
      pageInfo { hasNextPage endCursor }
      nodes { id sku selectedOptions { name value } }
    }
  }
}
"""

VARIANTS_BY_SKU = """
query VariantsBySku($query: String!) {
  productVariants(first: 10, query: $query) {
    nodes { id sku inventoryItem { id tracked } product { id title } }
  }
}
"""

INVENTORY_BY_SKU = """
query InventoryBySku($query: String!, $location: ID!, $name: String!, $after: String) {
  productVariants(first: 250, after: $after, query: $query) {
    pageInfo { hasNextPage endCursor }
    nodes {
      sku
      inventoryItem {
        id tracked
        inventoryLevel(locationId: $location) { quantities(names: [$name]) { name quantity } }
      }
    }
  }
}
"""

INVENTORY_NOW = """
query InventoryNow($ids: [ID!]!, $location: ID!, $name: String!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id tracked
      inventoryLevel(locationId: $location) { quantities(names: [$name]) { name quantity } }
    }
  }
}
"""

_LEVEL = """
fragment Level on InventoryLevel {
  updatedAt
  location { id name }
  quantities(names: ["available", "on_hand", "committed", "damaged", "safety_stock"]) {
    name quantity
  }
}
"""

_STOCKED = (
    """
fragment Stocked on InventoryItem {
  id sku tracked
  inventoryLevels(first: 10) {
    pageInfo { hasNextPage endCursor }
    nodes { ...Level }
  }
}
"""
    + _LEVEL
)

INVENTORY_LEVELS = (
    """
query InventoryLevels($first: Int!, $after: String) {
  shop { ianaTimezone }
  inventoryItems(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { ...Stocked }
  }
}
"""
    + _STOCKED
)

LEVELS_OF_ITEMS = (
    """
query LevelsOfItems($ids: [ID!]!) {
  shop { ianaTimezone }
  nodes(ids: $ids) { ...Stocked }
}
"""
    + _STOCKED
)

ITEM_LEVELS = (
    """
query ItemLevels($id: ID!, $after: String) {
  inventoryItem(id: $id) {
    inventoryLevels(first: 250, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Level }
    }
  }
}
"""
    + _LEVEL
)

LOCATIONS = """
query Locations($first: Int!, $after: String) {
  locations(first: $first, after: $after, includeInactive: true, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes { id name isActive fulfillsOnlineOrders updatedAt address { city countryCode } }
  }
}
"""

FULFILLMENT_STATE = """
query FulfillmentState($id: ID!, $after: String) {
  order(id: $id) {
    id name cancelledAt
    fulfillments(first: 100) {
      id name status
      trackingInfo { number }
      fulfillmentLineItems(first: 20) {
        pageInfo { hasNextPage }
        nodes { quantity lineItem { id } }
      }
    }
    fulfillmentOrders(first: 3, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id status
        assignedLocation { name location { id } }
        fulfillmentHolds { reason reasonNotes }
        lineItems(first: 10) {
          pageInfo { hasNextPage endCursor }
          nodes { id remainingQuantity lineItem { id } }
        }
      }
    }
  }
}
"""

FULFILLMENT_ORDER_LINES = """
query FulfillmentOrderLines($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 250, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id remainingQuantity lineItem { id } }
    }
  }
}
"""

FULFILLMENTS = """
query Fulfillments($id: ID!) {
  order(id: $id) {
    id name
    fulfillments(first: 100) {
      id name status
      trackingInfo { number }
      fulfillmentLineItems(first: 50) {
        pageInfo { hasNextPage }
        nodes { quantity lineItem { id } }
      }
      events(first: 50) { nodes { id status happenedAt } }
    }
  }
}
"""

ORDER_STATE = """
query OrderState($id: ID!) {
  order(id: $id) {
    id name tags closedAt cancelledAt displayFulfillmentStatus
    metafield(namespace: "ekyam", key: "erp_order") { value }
  }
}
"""

SHOP = """
query Shop {
  shop { name myshopifyDomain currencyCode plan { partnerDevelopment publicDisplayName } }
}
"""

SCOPES = "query Scopes { currentAppInstallation { accessScopes { handle } } }"

VERSIONS = "query Versions { publicApiVersions { handle supported } }"

SUBSCRIPTIONS = """
query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id topic uri }
  }
}
"""

ALL = {
    name: text
    for name, text in dict(globals()).items()
    if name.isupper() and not name.startswith("_") and isinstance(text, str)
}

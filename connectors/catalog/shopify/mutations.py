"""The GraphQL documents that change something; each must be valid in Shopify's own schema."""

SET_PRODUCT = """
mutation SetProduct($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id title handle }
    userErrors { code field message }
  }
}
"""

SET_INVENTORY = """
mutation SetInventory($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id createdAt }
    userErrors { code field message }
  }
}
"""

CREATE_FULFILLMENT = """
mutation CreateFulfillment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id name status }
    userErrors { field message }
  }
}
"""

UPDATE_TRACKING = """
mutation UpdateTracking($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(
    fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify
  ) {
    fulfillment { id name status }
    userErrors { field message }
  }
}
"""

CREATE_FULFILLMENT_EVENT = """
mutation CreateFulfillmentEvent($event: FulfillmentEventInput!) {
  fulfillmentEventCreate(fulfillmentEvent: $event) {
    fulfillmentEvent { id status }
    userErrors { field message }
  }
}
"""

CANCEL_ORDER = """
mutation CancelOrder(
  $id: ID!, $reason: OrderCancelReason!, $restock: Boolean!,
  $refund: OrderCancelRefundMethodInput, $notify: Boolean, $note: String
) {
  orderCancel(
    orderId: $id, reason: $reason, restock: $restock,
    refundMethod: $refund, notifyCustomer: $notify, staffNote: $note
  ) {
    job { id done }
    orderCancelUserErrors { code field message }
    userErrors { field message }
  }
}
"""

CLOSE_ORDER = """
mutation CloseOrder($input: OrderCloseInput!) {
  orderClose(input: $input) {
    order { id name closedAt }
    userErrors { field message }
  }
}
"""

ADD_TAGS = """
mutation AddTags($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) {
    node { id }
    userErrors { field message }
  }
}
"""

SET_METAFIELDS = """
mutation SetMetafields($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { id namespace key value }
    userErrors { code field message }
  }
}
"""

CREATE_SUBSCRIPTION = """
mutation CreateSubscription(
  $topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!
) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

UPDATE_SUBSCRIPTION = """
mutation UpdateSubscription($id: ID!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

DELETE_SUBSCRIPTION = """
mutation DeleteSubscription($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
"""

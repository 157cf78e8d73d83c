"""A shop takes orders. Its callers call it through the alias `live`."""

import os

LARGEST_ORDER = int(os.environ["LARGEST_ORDER"])


def handler(order, context):
    if order["items"] > LARGEST_ORDER:
        raise ValueError(f"an order of {order['items']} items is too large, {LARGEST_ORDER} is the most")
    return {"version": context.function_version, "items": order["items"]}

"""Comparing values as JSON does."""

import json


def same_json(one: object, other: object) -> bool:
    """Tell whether two JSON values are the same; Python takes 0, 0.0 and False for equal, JSON does not."""
    return one is other or (
        one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )

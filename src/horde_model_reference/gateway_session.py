"""Short-lived tokens of a mirror of files (spec 30 §10)."""

from horde_model_reference.client.mirror import GatewaySession, gateway_accepts_key

__all__ = ["GatewaySession", "gateway_accepts_key"]

"""What both Python peers know of the service: its methods and how they are written as JSON."""

import base64

from google.protobuf.wrappers_pb2 import Int64Value, StringValue

SERVICE = "interop.Peer"

# Name: whether the request is a stream, its message, whether the response is, its message.
METHODS = {
    "Echo": (False, StringValue, False, StringValue),
    "Fail": (False, StringValue, False, StringValue),
    "Left": (False, StringValue, False, StringValue),
    "Hang": (False, StringValue, False, StringValue),
    "Reflect": (False, StringValue, False, StringValue),
    "Capped": (False, StringValue, False, StringValue),
    "Sum": (True, Int64Value, False, Int64Value),
    "Count": (False, Int64Value, True, Int64Value),
    "Running": (True, Int64Value, True, Int64Value),
    "Endless": (False, Int64Value, True, Int64Value),
}


def shown(value):
    """A value of a message as JSON; of what is long, how long it is."""
    if isinstance(value, str) and len(value) > 1000:
        assert value == value[0] * len(value), "long texts are one character, again and again"
        return {"size": len(value)}
    return value


def metadata_of(pairs):
    """Metadata of JSON's pairs, where bytes are base64."""
    return [(k, base64.b64decode(v) if k.endswith("-bin") else v) for k, v in pairs]


def pairs_of(metadata):
    """The pairs of metadata that a test may compare, in their order."""
    texts = ((k, v if isinstance(v, str) else base64.b64encode(v).decode()) for k, v in metadata)
    return [[k, v] for k, v in texts if k.startswith("x-")]

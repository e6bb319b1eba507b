"""A plain nameko RPC client, with nothing of ours.

`rpc_client.py URI '["token", "service", "method", [args]]'`
"""

import json
import sys

import eventlet

eventlet.monkey_patch()

from nameko.exceptions import RemoteError  # noqa: E402
from nameko.standalone.rpc import ServiceRpcProxy  # noqa: E402

uri, call = sys.argv[1:]
token, service, method, args = json.loads(call)
context = {} if token is None else {"token": token}
with ServiceRpcProxy(service, {"AMQP_URI": uri}, context_data=context, timeout=15) as proxy:
    try:
        answer = {"result": getattr(proxy, method)(*args)}
    except RemoteError as error:
        answer = {"error": error.exc_type, "value": error.value}
    except Exception as error:  # nameko raises its own errors by their type
        answer = {"error": type(error).__name__, "value": str(error)}
print(json.dumps(answer))

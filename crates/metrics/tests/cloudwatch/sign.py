"""Signs a request as Amazon's own client does, and prints the header it makes.

On its input there is a line of JSON: the request as it came, and with what it was signed.
"""

import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

came = json.load(sys.stdin)
request = AWSRequest("POST", came["url"], data=came["body"].encode(), headers=came["headers"])
request.context["timestamp"] = came["headers"]["x-amz-date"]
auth = SigV4Auth(
    Credentials(came["key"], came["secret"], came["token"]), "monitoring", "eu-north-1"
)
to_sign = auth.string_to_sign(request, auth.canonical_request(request))
auth._inject_signature_to_request(request, auth.signature(to_sign, request))
print(request.headers["Authorization"])

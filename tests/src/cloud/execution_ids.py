"""The ids under which hooks are asked, as the installation with that secret makes them."""

import base64
import hashlib
import hmac


def execution_id(secret, deployment, event):
    key = hmac.new(secret.encode(), b"executions of hooks", hashlib.sha256).digest()
    seal = hmac.new(key, digestmod=hashlib.sha256)
    for part in (deployment, event):
        seal.update(len(part).to_bytes(8, "big") + part.encode())
    sealed = base64.urlsafe_b64encode(seal.digest()).decode().rstrip("=")
    return f"{deployment}.{event}.{sealed}"

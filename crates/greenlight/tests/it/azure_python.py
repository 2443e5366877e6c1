"""Asks Azure's own Python SDK for one token and prints, as one line of JSON, what came of it.

Everything comes from the environment, as it does for a real program: what the SDK reads itself, and beside it ASK (the kind of
credential), SCOPE and IDENTITY (which managed identity, `client_id=...`). One process asks once: the SDK remembers refusals for
a minute.
"""

import json
import os

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)


def credential(kind):
    environment = os.environ
    if kind == "managed-identity":
        identity = environment.get("IDENTITY")
        return ManagedIdentityCredential(identity_config=dict([identity.split("=", 1)]) if identity else None)
    if kind == "workload":
        return WorkloadIdentityCredential()
    own = environment["AZURE_TENANT_ID"], environment["AZURE_CLIENT_ID"]
    if kind == "assertion":
        return ClientAssertionCredential(*own, lambda: environment["CLIENT_ASSERTION"])
    # Instance discovery would ask the real login.microsoftonline.com about an authority that it does not know.
    offline = {"disable_instance_discovery": True}
    if kind == "secret":
        return ClientSecretCredential(*own, environment["AZURE_CLIENT_SECRET"], **offline)
    if kind == "certificate":
        return CertificateCredential(*own, environment["AZURE_CLIENT_CERTIFICATE_PATH"], **offline)
    raise SystemExit(f"unknown kind of credential: {kind}")


def main():
    try:
        token = credential(os.environ["ASK"]).get_token(os.environ["SCOPE"])
    # The first is also the base of the second; the type says which it was.
    except (ClientAuthenticationError, CredentialUnavailableError) as error:
        print(json.dumps({"exception": type(error).__name__, "message": str(error)}))
        return
    print(json.dumps({"token": token.token, "expires_on": token.expires_on}))


main()

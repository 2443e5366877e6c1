"""Asks Azure's own Python SDK for one token and prints, as JSON, what came of it.

Arguments: the kind of credential, then the scope; everything else comes from the environment, as it does for a real
program. The token's signature is not printed. One process asks once: the SDK remembers refusals for a minute.
"""

import json
import os
import sys

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)


def credential(kind):
    # Instance discovery asks the real login.microsoftonline.com about an authority that it does not know.
    own_authority = {"authority": os.environ.get("AUTHORITY"), "disable_instance_discovery": True}
    tenant, client = os.environ.get("TENANT"), os.environ.get("CLIENT")
    if kind == "managed-identity":
        return ManagedIdentityCredential(client_id=client)
    if kind == "secret":
        return ClientSecretCredential(tenant, client, os.environ["SECRET"], **own_authority)
    if kind == "certificate":
        return CertificateCredential(tenant, client, certificate_path=os.environ["CERTIFICATE"], **own_authority)
    if kind == "workload":
        return WorkloadIdentityCredential(
            tenant_id=tenant, client_id=client, token_file_path=os.environ["TOKEN_FILE"], **own_authority
        )
    raise SystemExit(f"unknown kind of credential: {kind}")


def main():
    kind, scope = sys.argv[1:3]
    try:
        answer = credential(kind).get_token(scope)
    except (ClientAuthenticationError, CredentialUnavailableError) as error:
        print(json.dumps({"exception": type(error).__name__, "message": str(error)}))
        return
    header, payload, _ = answer.token.split(".")
    print(json.dumps({"header": header, "payload": payload, "expires_on": answer.expires_on}))


main()

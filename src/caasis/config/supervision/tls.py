"""A certificate for this machine, so that passkeys and the microphone work without a certificate authority."""

import datetime
import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import click

VALID = datetime.timedelta(days=397)
RENEW_BEFORE = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate (chain) and of its private key, both PEM."""

    certificate: Path
    key: Path


def given_certificate(certificate: Path, key: Path) -> Certificate:
    """Check that the operator's certificate can be read, belongs to the key and hasn't expired."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    try:
        shown = x509.load_pem_x509_certificate(certificate.read_bytes())
        secret = load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise click.ClickException(f"証明書か鍵を読めません。PEM形式のファイルを指定してください。\n{error}") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if shown.public_key().public_bytes(*form) != secret.public_key().public_bytes(*form):
        raise click.ClickException("証明書と鍵の組が合いません。同じ組のファイルを指定してください。")
    if shown.not_valid_after_utc <= datetime.datetime.now(datetime.UTC):
        raise click.ClickException("証明書の期限が切れています。新しい証明書を指定してください。")
    return Certificate(certificate.absolute(), key.absolute())


def local_certificate(folder: Path) -> Certificate:
    """Return the self-signed certificate in ``folder``; make one when there is none or it ends within 30 days."""
    from cryptography import x509

    found = Certificate(folder / "certificate.pem", folder / "key.pem")
    try:
        shown = x509.load_pem_x509_certificate(found.certificate.read_bytes())
        if found.key.is_file() and shown.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > RENEW_BEFORE:
            return found
    except (OSError, ValueError):
        pass  # Missing or damaged: a new one is made.
    _make(found)
    return found


def _make(target: Certificate) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    secret = ec.generate_private_key(ec.SECP256R1())
    # A common name holds at most 64 characters; the alternative names are what browsers compare.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "caasis local")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(each) for each in dict.fromkeys(["localhost", *_host_names()])]
    addresses = [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    target.key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_private(target.key, secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write_private(target.certificate, certificate.public_bytes(Encoding.PEM))


def _host_names() -> list[str]:
    name = socket.gethostname().lower()
    # Names with other characters (an underscore in a container's name) aren't valid DNS names.
    return (
        [name] if name and all(part.isascii() and part.replace("-", "a").isalnum() for part in name.split(".")) else []
    )


def _write_private(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)

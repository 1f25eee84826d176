"""The certificate of ``caasis up --tls`` and the one that an operator brings."""

import datetime
import ssl
import stat
from pathlib import Path

import click
import pytest
from cryptography import x509

from caasis.config.supervision import tls


def test_a_local_certificate_is_private_names_this_machine_and_is_kept(tmp_path: Path) -> None:
    made = tls.local_certificate(tmp_path / "tls")
    shown = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert {str(each) for each in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.key.parent.stat().st_mode) == 0o700
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)
    before = made.certificate.read_bytes()
    assert tls.local_certificate(tmp_path / "tls").certificate.read_bytes() == before


def test_one_that_ends_soon_or_is_damaged_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "VALID", datetime.timedelta(days=29))
    made = tls.local_certificate(tmp_path)
    short = made.certificate.read_bytes()
    monkeypatch.undo()
    renewed = tls.local_certificate(tmp_path).certificate.read_bytes()
    assert renewed != short
    made.certificate.write_bytes(b"-----BEGIN")
    tls.local_certificate(tmp_path)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)


def test_the_operators_certificate_must_be_whole_and_belong_to_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = tls.local_certificate(tmp_path / "one"), tls.local_certificate(tmp_path / "other")
    assert tls.given_certificate(one.certificate, one.key) == one
    with pytest.raises(click.ClickException, match="組が合いません"):
        tls.given_certificate(one.certificate, other.key)
    with pytest.raises(click.ClickException, match="読めません"):
        tls.given_certificate(one.key, one.key)
    monkeypatch.setattr(tls, "VALID", datetime.timedelta(seconds=-1))
    late = tls.local_certificate(tmp_path / "late")
    with pytest.raises(click.ClickException, match="期限"):
        tls.given_certificate(late.certificate, late.key)

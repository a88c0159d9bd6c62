"""The key that marks are signed with: made on this computer at first use, never sent anywhere, vouched for by nobody.

A C2PA signer needs a chain of two certificates (C2PA 2.2, 14.5.1: the signer's own may not sign itself). The root's key
is thrown away as soon as it has signed, so that the chain never names a second signer; its certificate is the anchor by
which this computer knows its own marks. Key and chain lie in one file that only its owner may read.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.part_path import part_path

#: Told to people wherever a signer is named.
SIGNER = "Backline on this computer"
ORGANISATION = "locally signed, not publicly trusted"
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_YEARS = 30
#: Document signing by the C2PA (C2PA 2.2, 14.5.1), beside the older one that every reader takes.
_C2PA_SIGNING = "1.3.6.1.4.1.62558.2.1"


@dataclass(frozen=True)
class LocalKey:
    """PEM texts. `chain` is the signer's certificate and its root; `root` the latter alone."""

    private: str
    chain: str

    @property
    def root(self) -> str:
        return self.chain[self.chain.rindex(_BEGIN) :]


def key_path(data_dir: Path) -> Path:
    """Where the key lies in the user's data folder."""
    return data_dir / "signing" / "local-key.pem"


def read_key(data_dir: Path) -> LocalKey | None:
    """The key; None where none was made yet. Raises StudioError for a file that is none."""
    path = key_path(data_dir)
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, error) from error
    private, begin, certificates = text.partition(_BEGIN)
    if "PRIVATE KEY" not in private or certificates.count(_END) != 2:
        raise _unusable(path, ValueError("something else"))
    return LocalKey(private, begin + certificates)


def own_key(data_dir: Path) -> LocalKey:
    """The key, made when there is none. Raises StudioError where it can be neither read nor written."""
    known = read_key(data_dir)
    if known is not None:
        return known
    path = key_path(data_dir)
    made = _make_key()
    beside = part_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(made.private + made.chain)
        try:
            os.link(beside, path)  # fails where another window was faster: its key is the one
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            beside.replace(path)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return read_key(data_dir) or made


def _unusable(path: Path, error: Exception) -> StudioError:
    return StudioError(
        tr("The local signing key cannot be used"),
        seen=getattr(error, "strerror", None) or str(error),
        expected=tr(
            "a key that Backline wrote, or room for one, in {name}/{name_2}",
            name=path.parent.name,
            name_2=path.name,
        ),
        todo=tr("Move that file away: a new key is made, and earlier marks are then told as another key's"),
    )


def _make_key() -> LocalKey:
    """P-256 keys, SHA-256 signatures: ES256, which every reader of Content Credentials takes."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

    def name(of: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
                x509.NameAttribute(NameOID.COMMON_NAME, of),
            ]
        )

    def usage(*, signs: bool, certifies: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=signs, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=certifies, crl_sign=certifies, encipher_only=False, decipher_only=False,
        )  # fmt: skip

    root_key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    since = datetime.now(UTC) - timedelta(days=1)  # a clock that is set right meanwhile
    until = since + timedelta(days=365 * _YEARS)
    root_name = name("Local root")

    def begun(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )

    root = (
        begun(root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs=False, certifies=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    purposes = [ExtendedKeyUsageOID.EMAIL_PROTECTION, ObjectIdentifier(_C2PA_SIGNING)]
    leaf = (
        begun(name(SIGNER), own.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs=True, certifies=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    return LocalKey(private.decode("ascii"), chain.decode("ascii"))

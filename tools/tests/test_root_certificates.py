"""The root certificates in the binaries are the five that Amazon Trust Services publishes."""

import base64
import hashlib
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "crates" / "aws-client" / "src" / "amazons-roots.pem"

# "SHA-256 Hash of Subject Public Key Information", https://www.amazontrust.com/repository/, in its
# order: Amazon Root CA 1 to 4, Starfield Services Root Certificate Authority - G2.
PUBLISHED = [
    "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92",
]


def test_they_have_the_public_keys_that_are_published():
    blocks = re.findall(
        r"-----BEGIN CERTIFICATE-----\n(.*?)-----END CERTIFICATE-----\n", FILE.read_text(), re.S
    )
    keys = [public_key(base64.b64decode(block)) for block in blocks]
    assert [hashlib.sha256(key).hexdigest() for key in keys] == PUBLISHED


def public_key(certificate):
    """A certificate's SubjectPublicKeyInfo: what follows version, serial number, algorithm, issuer,
    validity and subject (RFC 5280, section 4.1)."""
    [whole] = elements(certificate)
    to_be_signed = elements(content(whole))[0]
    return elements(content(to_be_signed))[6]


def elements(der):
    """The elements of DER that stand one behind the other, each with its tag and length."""
    found = []
    while der:
        start, length = header(der)
        found.append(der[: start + length])
        der = der[start + length :]
    return found


def content(element):
    start, _ = header(element)
    return element[start:]


def header(der):
    """Where an element's content begins, and how long it is."""
    if der[1] < 0x80:
        return 2, der[1]
    end = 2 + (der[1] & 0x7F)
    return end, int.from_bytes(der[2:end], "big")

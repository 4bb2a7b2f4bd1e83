"""AF_ALG: the kernel's hashes, ciphers, authenticated ciphers and random numbers."""

from __future__ import annotations

import hashlib
import hmac

import pytest

KEY = bytes(range(16))
IV = b"1234567890123456"
AAD, PLAIN, TAG = b"associated data.", b"sixteen byte txt", 16


@pytest.fixture
def algorithm(net, make, accept):
    """Bind a socket to an algorithm, prepare it, and open one operation on it."""

    def begin(kind, name, *options):
        parent = make("AF_ALG", "SOCK_SEQPACKET")
        parent.bind((kind, name))
        for option in options:
            parent.setsockopt(net.SOL_ALG, *option)
        operation, addr = accept(parent)
        assert addr is None
        return operation

    return begin


def test_hash(algorithm):
    operation = algorithm("hash", "sha256")
    operation.sendall(b"abc")
    assert operation.recv(512) == hashlib.sha256(b"abc").digest()


def test_hash_in_pieces(net, algorithm):
    operation = algorithm("hash", "sha1")
    operation.send(b"Hello, ", net.MSG_MORE)
    operation.send(b"world")
    assert operation.recv(512) == hashlib.sha1(b"Hello, world").digest()


def test_keyed_hash(net, algorithm):
    operation = algorithm("hash", "hmac(sha256)", (net.ALG_SET_KEY, KEY))
    operation.sendall(b"message")
    assert operation.recv(512) == hmac.new(KEY, b"message", "sha256").digest()


def test_cipher(net, algorithm):
    operation = algorithm("skcipher", "cbc(aes)", (net.ALG_SET_KEY, KEY))
    plain = b"Single block msg" * 4
    operation.sendmsg_afalg(op=net.ALG_OP_ENCRYPT, iv=IV, flags=net.MSG_MORE)
    operation.sendall(plain)
    secret = operation.recv(len(plain))
    assert secret != plain
    assert operation.sendmsg_afalg([secret], op=net.ALG_OP_DECRYPT, iv=IV) == len(secret)
    assert operation.recv(len(secret)) == plain


def test_cipher_vector(net, algorithm):
    # RFC 3602, 4, case 1
    key = bytes.fromhex("06a9214036b8a15b512e03d534120006")
    operation = algorithm("skcipher", "cbc(aes)", (net.ALG_SET_KEY, key))
    iv = bytes.fromhex("3dafba429d9eb430b422da802c9fac41")
    operation.sendmsg_afalg([b"Single block msg"], op=net.ALG_OP_ENCRYPT, iv=iv)
    assert operation.recv(16).hex() == "e353779c1079aeb82708942dbe77181a"


def test_authenticated_cipher(net, algorithm):
    operation = algorithm(
        "aead",
        "gcm(aes)",
        (net.ALG_SET_KEY, KEY),
        (net.ALG_SET_AEAD_AUTHSIZE, None, TAG),
    )
    iv = IV[:12]
    operation.sendmsg_afalg([AAD, PLAIN], op=net.ALG_OP_ENCRYPT, iv=iv, assoclen=len(AAD))
    sealed = operation.recv(len(AAD) + len(PLAIN) + TAG)[len(AAD) :]
    assert len(sealed) == len(PLAIN) + TAG
    order = {"op": net.ALG_OP_DECRYPT, "iv": iv, "assoclen": len(AAD)}
    operation.sendmsg_afalg([AAD, sealed], **order)
    assert operation.recv(len(AAD) + len(PLAIN)) == AAD + PLAIN
    forged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    operation.sendmsg_afalg([AAD, forged], **order)
    with pytest.raises(OSError, match="Bad message"):
        operation.recv(len(AAD) + len(PLAIN))


def test_random_numbers(net, algorithm):
    operation = algorithm("rng", "stdrng", (net.ALG_SET_KEY, b"seed"))
    first, second = operation.recv(32), operation.recv(32)
    assert len(first) == len(second) == 32
    assert first != second


@pytest.mark.parametrize("addr", [("hash", "no such hash"), ("no type", "sha256")])
def test_unknown_algorithm(make, addr):
    with pytest.raises(FileNotFoundError):
        make("AF_ALG", "SOCK_SEQPACKET").bind(addr)


def test_no_name_to_tell(algorithm):
    with pytest.raises(OSError, match="not supported"):
        algorithm("hash", "sha256").getsockname()


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({}, TypeError),
        ({"op": "encrypt"}, TypeError),
        ({"op": -1}, TypeError),
        ({"op": 0, "assoclen": "x"}, TypeError),
        ({"op": 0, "assoclen": -1}, TypeError),
        ({"op": 0, "assoclen": None}, TypeError),
    ],
)
def test_bad_orders(algorithm, order, error):
    operation = algorithm("hash", "sha256")
    with pytest.raises(error):
        operation.sendmsg_afalg(**order)

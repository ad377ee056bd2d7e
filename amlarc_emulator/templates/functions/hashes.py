"""uniqueString, guid and the hash of a template: a Murmur hash of 64 bits, and UUIDs in Azure's own namespace.

Azure does not document the algorithms, but its packages and the clients of others have them: the hash is the 128-bit
one of MurmurHash3 for 32-bit machines, cut down to two lanes.
"""

import uuid

from amlarc_emulator.templates.values import Arguments

NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
CHARACTERS = 13
WORD = 0xFFFF_FFFF
FIRST, SECOND = 0x239B_961B, 0xAB0E_9789


def murmur(data: bytes) -> int:
    """The 64-bit hash of some bytes."""
    one = two = 0
    whole = len(data) - len(data) % 8
    for at in range(0, whole, 8):
        one ^= _mixed(data[at : at + 4], FIRST, 15, SECOND)
        one = (_turned(one, 19) + two) * 5 + 0x561C_CD1B & WORD
        two ^= _mixed(data[at + 4 : at + 8], SECOND, 17, FIRST)
        two = (_turned(two, 13) + one) * 5 + 0x0BCA_A747 & WORD
    one ^= _mixed(data[whole : whole + 4], FIRST, 15, SECOND) ^ len(data)
    two ^= _mixed(data[whole + 4 :], SECOND, 17, FIRST) ^ len(data)
    one, two = _summed(one, two)
    one, two = _summed(_finished(one), _finished(two))
    return two << 32 | one


def unique(*parts: str) -> str:
    """uniqueString: thirteen characters."""
    value = murmur("-".join(parts).encode()) << 1  # 65 bits are 13 characters of five
    return "".join(ALPHABET[value >> 5 * (CHARACTERS - 1 - at) & 31] for at in range(CHARACTERS))


def guid(*parts: str) -> str:
    """A UUID of version 5."""
    return str(uuid.uuid5(NAMESPACE, "-".join(parts)))


def _texts(given: Arguments) -> list[str]:
    return [given.text(at) for at in range(len(given.count(1, -1)))]


def _mixed(data: bytes, before: int, turn: int, after: int) -> int:
    return _turned(int.from_bytes(data, "little") * before & WORD, turn) * after & WORD


def _turned(value: int, bits: int) -> int:
    return (value << bits | value >> 32 - bits) & WORD


def _summed(one: int, two: int) -> tuple[int, int]:
    one = one + two & WORD
    return one, one + two & WORD


def _finished(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EB_CA6B & WORD
    value = (value ^ value >> 13) * 0xC2B2_AE35 & WORD
    return value ^ value >> 16


FUNCTIONS = {
    "uniqueString": lambda given: unique(*_texts(given)),
    "guid": lambda given: guid(*_texts(given)),
}

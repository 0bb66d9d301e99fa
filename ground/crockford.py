"""Crockford base32 with a check symbol: certificate numbers and the codes people type.

Owns the alphabet, the folding of what a hand writes (i, l, o, dashes, blanks) and the check symbol of FORMATS.md 3.
A wrong check symbol is refused with advice on what to compare; a code is never guessed or proposed. Draws nothing at
random: the symbols of a new number come from `ground.ids`.
"""

from __future__ import annotations

from ground.errors import Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O (read as 1, 1, 0) and no U (refused)
NUMBER_SYMBOLS = 10  # a certificate number: 10 random symbols and the check symbol over them (FORMATS.md 1)
MAX_TYPED = 64  # nobody types more than 15 symbols with blanks; a longer text is not worth reading

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_TIMES_ALPHA = tuple(value << 1 ^ (0b100101 if value & 16 else 0) for value in range(32))
_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
# Keyboards and word processors turn a dash into a longer one and a blank into one that does not break.
_DROPPED = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212 \t\r\n\u00a0\u202f"))


def encode(number: int, symbols: int) -> str:
    """`number` as exactly that many symbols, most significant first. ValueError when it does not fit."""
    if not 0 <= number < 1 << 5 * symbols:
        raise ValueError(f"the number does not fit {symbols} symbols")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(symbols - 1, -1, -1))


def decode(symbols: str) -> int:
    """The integer behind canonical symbols (upper case, no dashes). Malformed for any other symbol."""
    number = 0
    for symbol in symbols:
        number = number << 5 | _value(symbol)
    return number


def check_symbol(symbols: str) -> str:
    """XOR over i = 1..n of alpha^i * s_i in GF(32) with x^5 + x^2 + 1 and alpha = 2 (FORMATS.md 3).

    Different powers at every place, so that each single error, swap of two places and doubled error shows (n <= 30).
    """
    total = 0
    try:
        for symbol in reversed(symbols):  # Horner: alpha * (s_1 + alpha * (s_2 + ...))
            total = _TIMES_ALPHA[total ^ _VALUE[symbol]]
    except KeyError as error:
        raise Malformed(f"{error.args[0]!r} is not a symbol of a code") from error
    return ALPHABET[total]


def with_check(symbols: str) -> str:
    """The symbols followed by their check symbol: `with_check(ten random symbols)` is a certificate number."""
    return symbols + check_symbol(symbols)


def holds(code: object, symbols: int) -> bool:
    """True for a canonical code as it stands in documents: upper case, `symbols` symbols and the right check symbol."""
    if not isinstance(code, str) or len(code) != symbols + 1 or any(symbol not in _VALUE for symbol in code):
        return False
    return check_symbol(code[:-1]) == code[-1]


def normalise(text: str) -> str:
    """What a person typed as canonical symbols: case folded, I and L as 1, O as 0, dashes and blanks dropped.

    Malformed when anything else than the 32 symbols remains; U is not one of them.
    """
    if len(text) > MAX_TYPED:
        raise Malformed("a code is shorter than that")
    kept = text.translate(_DROPPED)
    if not kept.isascii():  # before upper(): it would turn some foreign letters into ours
        raise Malformed("a code has only the letters A to Z and digits")
    symbols = kept.upper().translate(_LOOKS_LIKE)
    for symbol in symbols:
        _value(symbol)
    return symbols


def parse(text: str, symbols: int) -> str:
    """The `symbols` symbols of a typed code, without its check symbol. Malformed when the code does not hold."""
    code = normalise(text)
    if len(code) != symbols + 1:
        raise Malformed(f"the code has {symbols + 1} symbols, and this has {len(code)}")
    if check_symbol(code[:-1]) != code[-1]:
        raise Malformed("a symbol is wrong: compare look-alikes such as 8/B, 5/S and 2/Z with what is printed")
    return code[:-1]


def _value(symbol: str) -> int:
    value = _VALUE.get(symbol)
    if value is None:
        raise Malformed(f"{symbol!r} is not a symbol of a code")
    return value

"""How personal values are shown where the whole of them is nobody's business. Pure."""

from __future__ import annotations

from collections.abc import Callable

Mask = Callable[[str], str]


def mask_phone(number: str) -> str:
    """`09•••••678`: the first two and the last three digits."""
    digits = "".join(c for c in number if c.isdigit())
    local = "0" + digits[2:] if digits.startswith("84") and len(digits) > 10 else digits
    return f"{local[:2]}{'•' * (len(local) - 5)}{local[-3:]}" if len(local) > 6 else "•" * len(local)


def mask_email(address: str) -> str:
    """`ng•••@hue.gov.vn`: the beginning, and where it is."""
    name, _, host = address.partition("@")
    return f"{name[:2] if len(name) > 3 else name[:1]}•••@{host}"


def mask_name(name: str) -> str:
    """`N. V. An`: initials and the given name, which comes last in Vietnamese; one word keeps its first letter."""
    parts = name.split()
    if len(parts) < 2:
        return f"{name[:1]}•••" if name else ""
    return " ".join([*(f"{part[0]}." for part in parts[:-1]), parts[-1]])


def mask_number(number: str) -> str:
    """Identity, card and account numbers: the last three characters."""
    return f"{'•' * max(0, len(number) - 3)}{number[-3:]}" if len(number) > 6 else "•" * len(number)


MASKS: dict[str, Mask] = {
    "phone": mask_phone,
    "email": mask_email,
    "name": mask_name,
    "number": mask_number,
}

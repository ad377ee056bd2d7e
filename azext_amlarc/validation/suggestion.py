"""Did you mean: the known word nearest to what was written."""

import difflib
from collections.abc import Collection, Mapping


def nearest(word: str, known: Collection[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """The known word that `word` most likely stands for (letter case, `-` and `_` do not count), or None.

    `aliases` maps folded words (`memoryrequest`) to known ones that spelling alone would not find.
    """
    folded = {_folded(candidate): candidate for candidate in known} | dict(aliases or {})
    if _folded(word) in folded:
        return folded[_folded(word)]
    close = difflib.get_close_matches(_folded(word)[:100], folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def did_you_mean(word: str, known: Collection[str], aliases: Mapping[str, str] | None = None) -> str:
    """`did you mean "x"?`, or the list of what is known where nothing is near (at most ten words)."""
    near = nearest(word, known, aliases)
    if near is not None:
        return f'did you mean "{near}"?'
    listed = ", ".join(sorted(known)[:10])
    return f"known here: {listed}{', …' if len(known) > 10 else ''}"


def _folded(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")

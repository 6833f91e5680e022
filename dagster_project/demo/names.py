"""Invented company names, Japanese and Western; none of them is meant to exist."""

_JAPANESE_FIRST = (
    *("ツムギ", "ミナモ", "コダマ", "ヨアケ", "シグレ", "ホノカ"),
    *("カザネ", "イズミ", "ソラネ", "ユキハ", "アカネ", "ハクト"),
)
_JAPANESE_SECOND = ("ノワ", "ビト", "ツキ", "ドリ", "ガタ", "ナギ", "シオ", "ミチ", "ハネ", "オカ", "ウミ")
_JAPANESE_TRADE = (
    *("物流", "設計", "商事", "製作所", "システムズ", "フーズ", "ケミカル"),
    *("ヘルスケア", "人材", "印刷", "電装", "企画", "工務"),
)
_WESTERN_FIRST = (
    *("Quor", "Brim", "Velt", "Oster", "Thand", "Marl"),
    *("Fenn", "Dray", "Lund", "Pell", "Wexa", "Ircal"),
)
_WESTERN_SECOND = (
    *("vanto", "mistle", "dresh", "quill", "barro", "lyth"),
    *("stonex", "wend", "kassa", "fordel", "nimbry"),
)
_WESTERN_TRADE = ("Logistics", "Foods", "Systems", "Health", "Tooling", "Media", "Staffing")
_LEGAL_FORM = {"US": "Inc.", "GB": "Ltd", "DE": "GmbH", "SG": "Pte. Ltd."}


def account_name(number: int, country: str) -> str:
    """The name of the account with this number; no two of 900 accounts in a row share one."""
    if country == "JP":
        stem = _part(_JAPANESE_FIRST, number) + _part(_JAPANESE_SECOND, number)
        return f"株式会社{stem}{_part(_JAPANESE_TRADE, number)}"
    stem = _part(_WESTERN_FIRST, number) + _part(_WESTERN_SECOND, number)
    return f"{stem} {_part(_WESTERN_TRADE, number)} {_LEGAL_FORM[country]}"


def _part(parts: tuple[str, ...], number: int) -> str:
    return parts[number % len(parts)]

"""Invented names of companies and people, Japanese and Western; none of them is meant to exist."""

_JAPANESE_FIRST = (
    *(("ツムギ", "tsumugi"), ("ミナモ", "minamo"), ("コダマ", "kodama"), ("ヨアケ", "yoake")),
    *(("シグレ", "shigure"), ("ホノカ", "honoka"), ("カザネ", "kazane"), ("イズミ", "izumi")),
    *(("ソラネ", "sorane"), ("ユキハ", "yukiha"), ("アカネ", "akane"), ("ハクト", "hakuto")),
)
_JAPANESE_SECOND = (
    *(("ノワ", "nowa"), ("ビト", "bito"), ("ツキ", "tsuki"), ("ドリ", "dori"), ("ガタ", "gata"), ("ナギ", "nagi")),
    *(("シオ", "shio"), ("ミチ", "michi"), ("ハネ", "hane"), ("オカ", "oka"), ("ウミ", "umi")),
)
_JAPANESE_TRADE = (
    *(("物流", "butsuryu"), ("設計", "sekkei"), ("商事", "shoji"), ("製作所", "works"), ("システムズ", "systems")),
    *(("フーズ", "foods"), ("ケミカル", "chemical"), ("ヘルスケア", "healthcare"), ("人材", "jinzai")),
    *(("印刷", "print"), ("電装", "denso-parts"), ("企画", "kikaku"), ("工務", "komu")),
)
_JAPANESE_MIDDLE = (
    *(("", ""), ("ラ", "ra"), ("リ", "ri"), ("ル", "ru"), ("レ", "re"), ("ロ", "ro"), ("マ", "ma"), ("ミ", "mi")),
    *(("ム", "mu"), ("メ", "me"), ("モ", "mo"), ("ヤ", "ya"), ("ユ", "yu"), ("ヨ", "yo"), ("ワ", "wa"), ("カ", "ka")),
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
_WESTERN_MIDDLE = (
    *("", "a", "e", "i", "o", "u", "al", "en", "ir", "or", "un", "ay", "el"),
    *("in", "on", "us", "am", "es", "is", "oc", "ut", "an", "eth", "id", "os", "ux"),
)
_LEGAL_FORM = {"US": "Inc.", "GB": "Ltd", "DE": "GmbH", "SG": "Pte. Ltd."}
_FULL_WIDTH_EVERY = 37  # among Japanese names

_JAPANESE_FAMILY = (
    *(("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi"), ("田中", "tanaka"), ("伊藤", "ito")),
    *(("渡辺", "watanabe"), ("山本", "yamamoto"), ("中村", "nakamura"), ("小林", "kobayashi"), ("加藤", "kato")),
    *(("吉田", "yoshida"), ("山田", "yamada"), ("佐々木", "sasaki"), ("松本", "matsumoto"), ("井上", "inoue")),
    *(("木村", "kimura"), ("清水", "shimizu"), ("斎藤", "saito"), ("森", "mori")),
)
_JAPANESE_GIVEN = (
    *(("陽菜", "hina"), ("蓮", "ren"), ("結衣", "yui"), ("大翔", "hiroto"), ("美咲", "misaki"), ("悠真", "yuma")),
    *(("葵", "aoi"), ("健太", "kenta"), ("さくら", "sakura"), ("拓也", "takuya"), ("真由美", "mayumi")),
    *(("直樹", "naoki"), ("恵子", "keiko"), ("翔太", "shota"), ("千尋", "chihiro"), ("誠", "makoto"), ("彩", "aya")),
)
_WESTERN_FAMILY = (
    *("Miller", "Brook", "Hansen", "Carter", "Weiss", "Novak", "Tan", "Shaw"),
    *("Fischer", "Doyle", "Keller", "Lim", "Ward"),
)
_WESTERN_GIVEN = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Iris", "Jonas", "Mei")


def account_name(number: int, country: str) -> str:
    """The name of the account with this number; all differ up to number 24,000. Some Japanese ones are full-width."""
    if country == "JP":
        first, second, middle, trade = _japanese_parts(number)
        if number % _FULL_WIDTH_EVERY == 0:
            latin = (first[1] + middle[1] + second[1]).capitalize()
            return f"{_full_width(latin)}{trade[0]}株式会社"
        return f"株式会社{first[0]}{middle[0]}{second[0]}{trade[0]}"
    stem, trade_name = _western_parts(number)
    return f"{stem} {trade_name} {_LEGAL_FORM[country]}"


def account_domain(number: int, country: str) -> str:
    """The mail domain of the account with this number, as unique as its name."""
    if country == "JP":
        first, second, middle, trade = _japanese_parts(number)
        return f"{first[1]}{middle[1]}{second[1]}-{trade[1]}.example"
    stem, trade_name = _western_parts(number)
    return f"{stem}-{trade_name}.example".lower()


def person_name(number: int, country: str) -> tuple[str, str]:
    """Name of a person, and the part before the `@` of an address that may be shared by namesakes."""
    if country == "JP":
        family = _JAPANESE_FAMILY[number % len(_JAPANESE_FAMILY)]
        given = _JAPANESE_GIVEN[number // len(_JAPANESE_FAMILY) % len(_JAPANESE_GIVEN)]
        return f"{family[0]} {given[0]}", f"{given[1]}.{family[1]}"
    surname = _WESTERN_FAMILY[number % len(_WESTERN_FAMILY)]
    first_name = _WESTERN_GIVEN[number // len(_WESTERN_FAMILY) % len(_WESTERN_GIVEN)]
    return f"{first_name} {surname}", f"{first_name}.{surname}".lower()


def _japanese_parts(number: int) -> tuple[tuple[str, str], ...]:
    cycle = number // (len(_JAPANESE_FIRST) * len(_JAPANESE_SECOND) * len(_JAPANESE_TRADE))
    return (
        _JAPANESE_FIRST[number % len(_JAPANESE_FIRST)],
        _JAPANESE_SECOND[number % len(_JAPANESE_SECOND)],
        _JAPANESE_MIDDLE[cycle % len(_JAPANESE_MIDDLE)],
        _JAPANESE_TRADE[number % len(_JAPANESE_TRADE)],
    )


def _western_parts(number: int) -> tuple[str, str]:
    cycle = number // (len(_WESTERN_FIRST) * len(_WESTERN_SECOND) * len(_WESTERN_TRADE))
    stem = (
        _WESTERN_FIRST[number % len(_WESTERN_FIRST)]
        + _WESTERN_MIDDLE[cycle % len(_WESTERN_MIDDLE)]
        + _WESTERN_SECOND[number % len(_WESTERN_SECOND)]
    )
    return stem, _WESTERN_TRADE[number % len(_WESTERN_TRADE)]


def _full_width(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)

"""What ICU says of code points, from Python's own Unicode data.

Tesseract asks ICU for categories, scripts, simple case mappings, directions and mirrored signs.
Python has all but the scripts, which the ``regex`` module knows, and the mirrored signs, which
are listed here. Versions of Unicode differ between the three in young characters only.

Source: ICU ``uchar.h`` and ``uscript.h``; Unicode 15 ``BidiMirroring.txt`` and
``PropertyValueAliases.txt``.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import regex

_SCRIPTS = (
    "Latin Common Inherited Arabic Cyrillic Greek Han Hangul Hiragana Katakana Devanagari "
    "Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali "
    "Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian "
    "Caucasian_Albanian Chakma Cham Cherokee Chorasmian Coptic Cuneiform Cypriot Cypro_Minoan "
    "Deseret Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic "
    "Georgian Glagolitic Gothic Grantha Gujarati Gunjala_Gondi Gurmukhi Hanifi_Rohingya "
    "Hanunoo Hatran Hebrew Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian "
    "Javanese Kaithi Kannada Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki "
    "Khudawadi Lao Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar "
    "Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek "
    "Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani "
    "Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu "
    "Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian "
    "Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage "
    "Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang "
    "Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian "
    "Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham "
    "Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto "
    "Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square"
)
_MIRRORED = (
    "()<>[]{}«»༺༻༼༽᚛᚜‹›⁅⁆⁽⁾₍₎∈∋∉∌∊∍∕⧵∟⯾∠⦣∡⦛∢⦠∤⫮∼∽≃⋍≅≌≒≓≔≕≤≥≦≧≨≩≪≫≮≯≰≱≲≳≴≵≶≷≸≹≺≻≼≽≾≿⊀⊁⊂⊃⊄⊅⊆⊇⊈⊉"
    "⊊⊋⊏⊐⊑⊒⊘⦸⊢⊣⊦⫞⊨⫤⊩⫣⊫⫥⊰⊱⊲⊳⊴⊵⊶⊷⊸⟜⋉⋊⋋⋌⋐⋑⋖⋗⋘⋙⋚⋛⋜⋝⋞⋟⋠⋡⋢⋣⋤⋥⋦⋧⋨⋩⋪⋫⋬⋭⋰⋱⋲⋺⋳⋻⋴⋼⋶⋽⋷⋾⌈⌉⌊⌋〈〉❨❩❪❫❬❭❮❯❰❱❲❳"
    "❴❵⟃⟄⟅⟆⟈⟉⟋⟍⟕⟖⟝⟞⟢⟣⟤⟥⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯⦃⦄⦅⦆⦇⦈⦉⦊⦋⦌⦍⦐⦎⦏⦑⦒⦓⦔⦕⦖⦗⦘⦤⦥⦨⦩⦪⦫⦬⦭⦮⦯⧀⧁⧄⧅⧏⧐⧑⧒⧔⧕⧘⧙⧚⧛⧨⧩⧸⧹⧼⧽⨫⨬⨭⨮⨴⨵⨼⨽"
    "⩤⩥⩹⩺⩻⩼⩽⩾⩿⪀⪁⪂⪃⪄⪅⪆⪇⪈⪉⪊⪋⪌⪍⪎⪏⪐⪑⪒⪓⪔⪕⪖⪗⪘⪙⪚⪛⪜⪝⪞⪟⪠⪡⪢⪦⪧⪨⪩⪪⪫⪬⪭⪯⪰⪱⪲⪳⪴⪵⪶⪷⪸⪹⪺⪻⪼⪽⪾⪿⫀⫁⫂⫃⫄⫅⫆⫇⫈⫉⫊⫋⫌⫍⫎⫏⫐⫑⫒"
    "⫓⫔⫕⫖⫬⫭⫷⫸⫹⫺⸂⸃⸄⸅⸉⸊⸌⸍⸜⸝⸠⸡⸢⸣⸤⸥⸦⸧⸨⸩⹕⹖⹗⹘⹙⹚⹛⹜〈〉《》「」『』【】〔〕〖〗〘〙〚〛﹙﹚﹛﹜﹝﹞﹤﹥（）＜＞［］｛｝｟｠｢｣"
)
_DIRECTIONS = "L R EN ES ET AN CS B S WS ON LRE LRO AL RLE RLO PDF NSM BN FSI LRI RLI PDI"
_SPACES = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | frozenset(
    map(chr, range(0x2000, 0x200B))
)


def is_letter(point: str) -> bool:
    """Whether it is of the category of letters."""
    return unicodedata.category(point)[0] == "L"


def is_mark(point: str) -> bool:
    """Whether it is a combining mark of any kind."""
    return unicodedata.category(point)[0] == "M"


def is_space(point: str) -> bool:
    """Whether it has the property White_Space."""
    return point in _SPACES


def links_graphemes(point: str) -> bool:
    """Whether it is a virama or the like, of combining class 9."""
    return unicodedata.combining(point) == 9


@cache
def script(point: str) -> str:
    """The name of its script, ``"Unknown"`` where it has none."""
    match = _script_pattern().fullmatch(point)
    return str(match.lastgroup) if match else "Unknown"


def direction(point: str) -> int:
    """ICU's number of its bidirectional class."""
    found = unicodedata.bidirectional(point)
    return _DIRECTIONS.split().index(found) if found else 0


def mirrored(point: str) -> str:
    """The sign that mirrors it, or itself."""
    return _mirrors().get(point, point)


def to_upper(point: str) -> str:
    """Its simple capital: one code point."""
    upper, title = point.upper(), point.title()
    return upper if len(upper) == 1 else title if len(title) == 1 else point


def to_lower(point: str) -> str:
    """Its simple small letter: one code point."""
    return point.lower()[0]


@cache
def _script_pattern() -> regex.Pattern[str]:
    names = (rf"(?P<{name}>\p{{Script={name}}})" for name in _SCRIPTS.split())
    return regex.compile("|".join(names))


@cache
def _mirrors() -> dict[str, str]:
    left, right = _MIRRORED[::2], _MIRRORED[1::2]
    return dict(zip(left + right, right + left, strict=True))

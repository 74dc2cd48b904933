"""Closed classes of English words, and the titles and bodies that stand in and before names."""

from __future__ import annotations

__all__ = [
    "ADVERBS",
    "AFTER",
    "ASIDE_WORDS",
    "AUXILIARIES",
    "BEFORE_TO",
    "BODIES",
    "BOUNDARIES",
    "DAYS",
    "DETERMINERS",
    "EMPTY",
    "HONORIFICS",
    "INNER",
    "IRREGULAR",
    "MODALS",
    "OPENERS",
    "OWN",
    "PARTICLES",
    "PREPOSITIONS",
    "PRONOUNS",
    "SPEAKING_PRONOUNS",
    "STATES",
    "TITLES",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AUXILIARIES = _words("""has have had is was are were be been being am do does did will 's 've 'd 'll having got
    gets""")
MODALS = _words("""would could should might may must can cannot shall""")
ADVERBS = _words(
    """also still then later once often even just now never always again already not soon first both all ever long
    instead further thus since too perhaps maybe much only rather almost merely simply yet n't himself herself
    themselves itself twice nonetheless nevertheless however meanwhile today yesterday tonight quite very
    rightly elsewhere afterwards privately publicly"""
)
DETERMINERS = _words(
    """the a an his her their its this that these those some any many most several few other another one two three
    four five six seven eight nine ten eleven twelve dozens hundreds thousands both each every no all our my
    your more fewer multiple"""
)
PRONOUNS = _words("""he she they it who""")
OWN = _words("""i we you us me""")
EMPTY = _words("""it this that there what nothing everything which these those""")
PREPOSITIONS = _words(
    """in on at by for during after from with to under of over about before since until through against between
    among into despite amid without within across near inside outside beyond toward towards upon via per like
    than as following because"""
)
BOUNDARIES = _words(
    """that because when while after before since if although though whether but than until which whom where whose
    what how why so nor unless as yet whatever whenever"""
)
DAYS = _words("""monday tuesday wednesday thursday friday saturday sunday""")
#: Where a phrase after its verb ends: "said Jane Doe on Tuesday", "said an aide when asked".
AFTER = (
    _words(
        """who whose whom which that when as while after before during in on at last this late early earlier yesterday
    today tonight via because and but if through by about recently shortly again over upon to into adding
    referring speaking"""
    )
    | DAYS
)
#: Prepositions that may stand inside the name of an unnamed speaker: "a nurse at the field hospital".
INNER = _words("""of for at in from with on to and""")
#: What an aside after a name may begin with.
ASIDE_WORDS = (
    _words(
        """who whose which whom where now then himself herself when while though although asked of in on at speaking
    during as with from like for not citing responding referring including after by"""
    )
    | DETERMINERS
)
#: What stands after a politician's name between commas.
STATES = _words(
    """R D I R- D- Jr. Sr. Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan La Md Mass Mich Minn Miss Mo"""
)
#: Titles that stand before a bare surname, with the gender that they tell.
HONORIFICS = {
    "mr": "m",
    "mr.": "m",
    "sir": "m",
    "lord": "m",
    "king": "m",
    "prince": "m",
    "monsieur": "m",
    "congressman": "m",
    "mrs": "f",
    "mrs.": "f",
    "ms": "f",
    "ms.": "f",
    "miss": "f",
    "dame": "f",
    "lady": "f",
    "baroness": "f",
    "queen": "f",
    "princess": "f",
    "congresswoman": "f",
    "mx": "",
    "mx.": "",
}
#: Capitalised words that make a run of capitals a body or place and no person.
BODIES = _words(
    """department ministry agency office bureau council committee commission court bank union university college
    institute house senate congress parliament assembly party association society federation foundation company
    corporation corp corp. inc inc. co co. ltd group fund trust board authority service services administration
    government guild league alliance coalition center centre school church hospital police army navy force guard
    command treasury pentagon cabinet times post journal news herald tribune gazette network radio television
    states kingdom nations street avenue river lake island islands city county state north south east west hill
    airport act treaty agreement plan bill order organization organisation international national national. labs
    laboratory partners airlines power energy health education defense defence justice press review magazine
    report poll survey campaign"""
)
PARTICLES = _words("""de da di du del della la le van von der den al el bin ibn ben dos das y abu st st.""")
#: Words that stand before a name and are no part of it. What precedes the last of them goes too ("Secretary of State").
TITLES = frozenset(HONORIFICS) | _words(
    """dr dr. prof prof. rev rev. hon hon. fr fr. sen sen. sens. rep rep. reps. gov gov. lt lt. gen gen. col col.
    maj maj. capt capt. cmdr cmdr. sgt sgt. adm adm. brig brig. amb amb. supt supt. insp insp. atty president
    vice-president secretary minister chancellor premier taoiseach senator representative governor mayor judge
    justice chief speaker leader chair chairman chairwoman chairperson director commissioner attorney-general
    general admiral colonel major captain commander sergeant lieutenant sheriff ambassador envoy doctor
    professor reverend father sister bishop archbishop cardinal pope rabbi imam pastor councillor councilman
    councilwoman councilor alderman assemblyman assemblywoman administrator whip treasurer comptroller auditor
    inspector superintendent officer agent detective deputy spokesman spokeswoman spokesperson strategist
    candidate nominee analyst economist historian attorney lawyer prosecutor editor columnist author activist
    executive manager adviser advisor counsel aide coach republican democrat democratic independent conservative
    liberal labour progressive libertarian mp mep congress"""
)
#: Capitalised at the head of a sentence, no part of a name.
OPENERS = (
    ADVERBS
    | BOUNDARIES
    | PREPOSITIONS
    | _words("""and or but if asked said says i we you he she it they there here yes no well now his her its their""")
)
SPEAKING_PRONOUNS = _words("""he she they""")
#: "went on to say", "took to the radio to say": what may stand left of an infinitive that reports.
BEFORE_TO = _words(
    """went go goes going continued wanted appeared seemed quick came had has rushed began hastened moved used
    liked likes claims claimed purports tried sought seeks wants
    wished hoped hopes twitter radio facebook television air pledged vowed promised threatened expected"""
)
#: Past tenses without -ed: where one stands, a noun phrase has ended and a clause gone on.
IRREGULAR = _words(
    """sent gave took made went came saw left held set ran led met won lost broke brought built bought fell felt got
    grew kept knew laid let paid rose sat sold spent stood struck taught threw understood wore said says told tells
    thinks
    thought believes argues insists"""
)

"""Amazon's own phrases about stock, in the languages of its marketplaces: what each says, and the numbers in it.

Amazon writes every page from one table of sentences, so a phrase means the same wherever it stands. They are tried in the
order below: a phrase that takes something back ("temporarily out of stock") stands before the one it holds ("out of
stock"), and every refusal before "in stock". What no phrase knows is asked of the lexicon all shops share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from watchers.model import Availability
from watchers.readers.lexicon import fold, lexicon

_LONGEST = 300  # characters; what is longer is prose


class Says(Enum):
    """What a phrase of the buy box says."""

    ELSEWHERE = "cannot be sent to the visitor's place"
    OTHERS = "other sellers have it, none is featured"
    CHOOSE = "a variant must be chosen first"
    INVITE = "an invitation can be asked for"
    LATER = "sold out for a time; where an order is taken, it is sent later"
    RELEASE = "not released yet"
    LEAD = "sent in weeks or months"
    ENDED = "will not come back"
    OUT = "cannot be bought"
    IN = "can be sent now or within days"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase that was understood."""

    says: Says
    words: str
    quantity: int | None = None  # pieces left


_TABLE: tuple[tuple[Says, str], ...] = (
    (
        Says.ELSEWHERE,
        "cannot be shipped to|can't be shipped to|cannot be delivered to|can't be delivered to|does not ship to|doesn't ship to|"
        "not available for delivery to|cannot be dispatched to|選択した配送先に|選択した場所に|選択したお届け先に|お届け先には配送|配送先には配送|"
        "お住まいの地域に|この場所には配送|ご指定の配送先|ご指定の住所には|"
        "nicht an den von|nicht an die von|nicht an ihren|nicht an deinen|ausgewählten lieferort|ausgewählten standort|"
        "ne peut pas être expédié|ne peut pas être livré|ne peut être expédié|ne peut être livré|"
        "no se puede enviar|no puede enviarse|no se envía a|no se puede entregar|no puede ser enviado|"
        "non può essere spedito|non può essere consegnato|non è possibile spedire|"
        "kan niet worden verzonden|kan niet worden bezorgd|kan niet worden geleverd|niet verzonden worden naar|niet bezorgd worden|"
        "kan inte skickas|kan inte levereras|nie można wysłać|nie może zostać wysłan|nie można dostarczyć|nie może zostać dostarcz|"
        "gönderilemiyor|gönderilemez|teslim edilemiyor|teslimat yapılamıyor|"
        "não pode ser enviado|não pode ser entregue|não é possível enviar",
    ),
    (
        Says.CHOOSE,
        "to buy, select|to order, select|購入するには|購入する場合は|ご購入は、|um zu kaufen|zum kaufen|pour acheter, |"
        "para comprar, |per acquistare, |per procedere all'acquisto|om te kopen|kies om te|för att köpa|aby kupić|satın almak için",
    ),
    (
        Says.INVITE,
        "request invite|request an invit|request invitation|招待をリクエスト|招待リクエスト|einladung anfordern|einladung anfragen|"
        "demander une invitation|solicitar invit|solicitar una invit|solicita una invit|richiedi invito|richiedi un invito|"
        "uitnodiging aanvragen|begär inbjudan|poproś o zaproszenie|davet iste|davetiye iste|solicitar convite|available by invitation|"
        "招待制|招待販売|sur invitation|nur auf einladung",
    ),
    (
        Says.OTHERS,
        "available from these sellers|no featured offers|see all buying|出品者からお求め|すべての出品|すべての購入オプション|"
        "購入オプションをすべて|おすすめ出品|おすすめの出品|alle kaufoptionen|alle angebote|kein hervorgehobenes|keine hervorgehobenen|"
        "keine empfohlenen|von diesen anbietern|bei diesen anbietern|toutes les options d'achat|voir toutes les offres|"
        "aucune offre mise en avant|aucune offre recommandée|vendu par ces vendeurs|auprès de ces vendeurs|todas las opciones de compra|"
        "ninguna oferta destacada|no hay ofertas destacadas|a través de estos vendedores|de estos vendedores|"
        "tutte le opzioni di acquisto|nessuna offerta in evidenza|presso questi venditori|da questi venditori|alle koopopties|"
        "alle aankoopopties|geen aanbevolen|geen uitgelichte|bij deze verkopers|alla köpalternativ|inga utvalda|inga framhävda|"
        "från dessa säljare|wszystkie opcje zakupu|brak polecanych|brak wyróżnionych|u tych sprzedawców|tüm satın alma seçenekleri|"
        "öne çıkan teklif yok|bu satıcılardan|todas as opções de compra|nenhuma oferta em destaque|sem ofertas em destaque|"
        "destes vendedores",
    ),
    (
        Says.LATER,
        "temporarily out of stock|temporarily unavailable|on back order|on backorder|order now and we|bestelle jetzt|bestellen sie jetzt|commandez maintenant|pídelo ahora|haz tu pedido ahora|ordina ora|ordina subito|bestel nu|beställ nu|zamów teraz|şimdi sipariş|peça agora|compre agora e|一時的に在庫切れ|一時的に品切れ|入荷次第|"
        "お取り寄せ|取り寄せ商品|入荷時期は未定|入荷時期未定|vorübergehend|temporairement|temporalmente|temporaneamente|temporariamente|tijdelijk|tillfälligt|"
        "tymczasowo|chwilowo|geçici olarak|back in stock on|in stock on|in stock from|入荷予定です|に入荷予定|"
        "wieder auf lager|auf lager ab|lieferbar ab|de nouveau en stock|en stock le|en stock à partir|en stock el|disponible el día|"
        "disponibile a partire dal|di nuovo disponibile|weer op voorraad|op voorraad vanaf|åter i lager|i lager den|"
        "ponownie w magazynie|tarihinde stokta|em estoque em|em estoque a partir",
    ),
    (
        Says.RELEASE,
        "coming soon|bientôt disponible|demnächst|prossimamente|próximamente|binnenkort|kommer snart|wkrótce|yakında|em breve|will be released|has not yet been released|not yet released|releases on|発売予定|予約受付中|erscheint am|"
        "noch nicht erschienen|noch nicht veröffentlicht|veröffentlicht am|erscheinungstermin|paraîtra|sera publié|sera disponible le|"
        "sortira le|date de sortie|pas encore sorti|pas encore paru|a la venta el|se pondrá a la venta|fecha de lanzamiento|se publicará|"
        "saldrá el|estará disponible el|todavía no|verrà pubblicat|sarà pubblicat|data di uscita|sarà disponibile|uscirà|"
        "non ancora disponibile|verschijnt op|wordt uitgebracht|nog niet verschenen|komt uit op|släpps den|ges ut|utkommer|"
        "lanseras|ännu inte släppt|zostanie wydan|premiera|ukaże się|data wydania|çıkış tarihi|piyasaya sürül|piyasaya çık|"
        "yayınlanacak|será lançado|data de lançamento|lançamento em|available for pre-order|this item is not yet",
    ),
    (
        Says.ENDED,
        "discontinued by|has been discontinued|no longer sold|販売終了|販売を終了|取り扱いを終了|取扱いを終了|取扱終了",
    ),
    (
        Says.OUT,
        "unavailable|out of stock|out of print|sold out|no longer available|not available|not currently available|"
        "在庫切れ|品切れ|売り切れ|完売|再入荷予定は|お取り扱いできません|取り扱っておりません|"
        "ご購入いただけません|購入できません|ご利用いただけません|利用できません|在庫がありません|在庫はありません|"
        "nicht verfügbar|nicht auf lager|nicht lieferbar|nicht vorrätig|nicht erhältlich|vergriffen|ausverkauft|indisponible|épuisé|"
        "rupture|plus disponible|pas disponible|pas en stock|no disponible|agotado|sin existencias|sin stock|no está disponible|"
        "no hay existencias|fuera de stock|non disponibile|esaurit|non è disponibile|niet beschikbaar|niet op voorraad|niet verkrijgbaar|"
        "niet leverbaar|uitverkocht|inte tillgänglig|ej tillgänglig|inte i lager|ej i lager|slut i lager|slutsåld|finns inte|niedostępn|"
        "nie jest dostępn|brak w magazynie|brak towaru|wyprzedan|mevcut değil|stokta yok|stoklarda yok|stokta bulunm|tükendi|"
        "temin edilem|não disponível|indisponível|esgotado|fora de estoque|sem estoque|não está disponível|"
        "غير متوفر|غير متاح|نفدت الكمية",
    ),
    (
        Says.IN,
        "in stock|available now|available to ship|ready to ship|在庫あり|在庫有り|在庫がございます|auf lager|sofort lieferbar|"
        "sofort verfügbar|en stock|disponible|disponibil|op voorraad|i lager|w magazynie|dostępn|stokta|em estoque|disponível|"
        "متوفر|متاح|left in stock|usually ships within|in stock soon",
    ),
)  # fmt: skip
_PHRASES = tuple(
    (says, tuple(fold(phrase) + " " * phrase.endswith(" ") for phrase in text.split("|"))) for says, text in _TABLE
)

# "Only 3 left in stock", 残り3点: Amazon counts down below about twenty.
_LEFT = re.compile(
    r"残り\s?([0-9]{1,5})|([0-9]{1,5}) left|nur noch ([0-9]{1,5})|plus que ([0-9]{1,5})|"
    r"queda(?:n|\(n\))? ([0-9]{1,5})|(?:solo|disponibilità:) ([0-9]{1,5})|nog (?:maar |slechts )?([0-9]{1,5})|"
    r"endast ([0-9]{1,5})|(?:tylko|zostało|pozostało)(?: tylko)? ([0-9]{1,5})|sadece ([0-9]{1,5})|(?:apenas|somente|restam?|só) ([0-9]{1,5})"
)
_SENDS = re.compile(
    r"ship|dispatch|leaves|発送|出荷|入荷|お届け|versand|verschick|liefer|expédi|envoy|livr|envía|envia|entrega|enviado|"
    r"spedi|consegn|verzend|verzonden|verstuurd|lever|skicka|wysył|wysyłk|dostaw|kargo|gönder|postage"
)
_LONG_UNIT = re.compile(
    r"[0-9]\s{0,2}(?:週|か月|カ月|箇月|weeks?\b|months?\b|woch|monat|semain|mois\b|semana|mes(?:es)?\b|m[êe]s\b|settiman|mesi?\b|"
    r"weken\b|week\b|maand|veck|månad|tygod|tyg\b|miesi|hafta|ay\b)"
)
_SHORT_UNIT = re.compile(
    r"[0-9]\s{0,2}(?:日|営業日|時間|days?\b|hours?\b|business|working|tag|stund|werktag|jour|heure|d[ií]as?\b|horas?\b|"
    r"giorn|or[ae]\b|dag|uur\b|uren\b|timm|dni\b|dzie|godz|gün|saat)"
)


@lru_cache(maxsize=2_048)
def understood(text: str) -> Phrase | None:
    """Return what a run of text of the buy box says about stock, or None when it says nothing that is known."""
    if not text or len(text) > _LONGEST:
        return None
    words = fold(text)
    for says, phrases in _PHRASES:
        if says is Says.OUT and (found := _counted(words)):
            return found
        if any(phrase in words for phrase in phrases):
            return Phrase(says, text, _left(words) if says is Says.IN else None)
    for said in lexicon().statements(text):
        if says_so := _OF_STATE.get(said.state):
            return Phrase(says_so, text, said.quantity)
    return None


def pieces_left(text: str) -> int | None:
    """Return how many pieces a text says are left, or None."""
    return _left(fold(text))


def is_preorder(label: str) -> bool:
    """True when a button's label asks for a pre-order."""
    known = lexicon().control(label)
    return known is not None and known[1] is Availability.PREORDER


def _counted(words: str) -> Phrase | None:
    """Read what a number settles before any refusal is looked for: pieces left, or the time until it is sent."""
    left = _left(words)
    if left is not None:
        return Phrase(Says.IN if left else Says.OUT, words, left)
    if _SENDS.search(words):
        if _LONG_UNIT.search(words):
            return Phrase(Says.LEAD, words)
        if _SHORT_UNIT.search(words):
            return Phrase(Says.IN, words)
    return None


def _left(words: str) -> int | None:
    found = _LEFT.search(words)
    return int(next(group for group in found.groups() if group)) if found else None


_OF_STATE = {
    Availability.IN_STOCK: Says.IN,
    Availability.PREORDER: Says.RELEASE,
    Availability.BACKORDER: Says.LEAD,
    Availability.INVITATION: Says.INVITE,
    Availability.COMING_SOON: Says.RELEASE,
    Availability.OUT_OF_STOCK: Says.OUT,
    Availability.DISCONTINUED: Says.ENDED,
}

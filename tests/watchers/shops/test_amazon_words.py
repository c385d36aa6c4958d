"""Amazon's phrases in every language of its marketplaces mean what a visitor takes them to mean."""

from __future__ import annotations

import pytest

from watchers.shops.amazon_words import Says, understood

MEANS = {
    Says.IN: """在庫あり。|残り1点 ご注文はお早めに|残り2点（入荷予定あり）|通常4～5日以内に発送します。|In Stock|In stock.|Only 1 left in stock (more on the way).
        Usually ships within 4 to 5 days.|Usually dispatched within 24 hours|Auf Lager.|Nur noch 2 auf Lager|Gewöhnlich versandfertig in 4 bis 5 Tagen.
        En stock|Il ne reste plus que 3 exemplaire(s) en stock.|Expédié sous 4 à 5 jours|En stock.|Sólo queda(n) 1 en stock.|Disponible|Solo 2 disponibili
        Disponibilità immediata.|Op voorraad|Nog slechts 4 op voorraad|I lager|Endast 2 kvar i lager|Dostępny|Zostało tylko 3 szt.|Stokta var
        Stokta sadece 5 adet kaldı.|Em estoque|Apenas 2 em estoque|Disponível""",
    Says.LEAD: """通常1～2か月以内に発送します。|通常2～3週間以内に発送します。|通常1～2ヶ月以内に発送|Usually ships within 1 to 2 months.|Usually ships within 3 weeks
        Usually dispatched within 1 to 3 weeks|Gewöhnlich versandfertig in 3 bis 4 Wochen|Expédié sous 1 à 2 mois|Normalmente se envía en 3 semanas
        Generalmente spedito entro 1-2 mesi|Doorgaans verzonden binnen 2 tot 3 weken|Skickas vanligtvis inom 1 till 2 månader
        Zwykle wysyłka w ciągu 3 tygodni|Genellikle 2 hafta içinde gönderilir|Geralmente enviado em 2 semanas""",
    Says.LATER: """一時的に在庫切れ; 入荷時期は未定です。|Temporarily out of stock.|Vorübergehend nicht auf Lager|Temporairement en rupture de stock.
        Temporalmente sin stock.|Temporaneamente non disponibile.|Tijdelijk niet op voorraad|Tillfälligt slut|Chwilowo niedostępny
        Geçici olarak stokta yok|Temporariamente fora de estoque|In stock on December 3, 2026.|12月3日に入荷予定です。""",
    Says.RELEASE: """この商品の発売予定日は2027年3月5日です。|This item will be released on March 5, 2027.|This title has not yet been released.
        Dieser Artikel erscheint am 5. März 2027.|Cet article paraîtra le 5 mars 2027.|Este producto se pondrá a la venta el 5 de marzo de 2027.
        Questo articolo verrà pubblicato il 5 marzo 2027.|Dit artikel verschijnt op 5 maart 2027.|Produkten släpps den 5 mars 2027.
        Ten produkt zostanie wydany 5 marca 2027.|Bu ürün 5 Mart 2027 tarihinde piyasaya sürülecek.|Este item será lançado em 5 de março de 2027.""",
    Says.OUT: """現在在庫切れです。|この商品は現在お取り扱いできません。|この商品の再入荷予定は立っておりません。|Currently unavailable.|Out of Print--Limited Availability.
        Derzeit nicht verfügbar.|Actuellement indisponible.|No disponible.|Attualmente non disponibile.|Momenteel niet verkrijgbaar.
        För närvarande inte tillgänglig.|Obecnie niedostępny.|Şu anda mevcut değil.|Não disponível.|غير متوفر حالياً.""",
    Says.OTHERS: """こちらからもご購入いただけます: これらの出品者からお求めいただけます。|すべての購入オプションを見る|おすすめ出品の要件を満たす出品はありません
        Available from these sellers.|No featured offers available|See All Buying Options|Alle Kaufoptionen ansehen|Voir toutes les options d'achat
        Ver todas las opciones de compra|Vedi tutte le opzioni di acquisto|Alle aankoopopties bekijken|Visa alla köpalternativ
        Zobacz wszystkie opcje zakupu|Tüm Satın Alma Seçeneklerini Gör|Ver todas as opções de compra""",
    Says.ELSEWHERE: """この商品は、選択した配送先に配送できません。|This item cannot be shipped to your selected delivery location.
        Dieser Artikel kann nicht an den von dir ausgewählten Standort geliefert werden.|Cet article ne peut pas être expédié à l'adresse sélectionnée.
        Este producto no se puede enviar al punto de entrega seleccionado.|Questo articolo non può essere spedito nel luogo selezionato.""",
    Says.INVITE: "招待をリクエスト|Request invite|Einladung anfordern|Demander une invitation|Solicitar invitación|Richiedi un invito",
    Says.CHOOSE: "購入するには、サイズを選択してください|To buy, select Size|Para comprar, selecciona Talla",
}
CASES = [
    (says, text.strip()) for says, texts in MEANS.items() for line in texts.splitlines() for text in line.split("|")
]


@pytest.mark.parametrize(("says", "text"), CASES, ids=[text for _, text in CASES])
def test_a_phrase_means(says: Says, text: str) -> None:
    """Each phrase is understood as itself, not as the one it holds."""
    phrase = understood(text)
    assert phrase is not None and phrase.says is says


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("残り３点 ご注文はお早めに", 3),
        ("Only 12 left in stock - order soon.", 12),
        ("Nur noch 2 auf Lager", 2),
        ("Il ne reste plus que 3 exemplaire(s) en stock.", 3),
        ("Sólo queda(n) 1 en stock.", 1),
        ("Solo 4 con disponibilità immediata", 4),
        ("Nog slechts 5 op voorraad", 5),
        ("Stokta sadece 5 adet kaldı.", 5),
        ("In Stock", None),
        ("在庫あり。", None),
    ],
)
def test_how_many_are_left(text: str, left: int | None) -> None:
    """The number beside "left" is a quantity in every language; without one there is none."""
    phrase = understood(text)
    assert phrase is not None and (phrase.says, phrase.quantity) == (Says.IN, left)


@pytest.mark.parametrize("text", ["", "詳細はこちら", "Qwertz uiop.", "x" * 1_000, "Gift-wrap available? Ask."])
def test_what_is_not_about_stock_says_nothing(text: str) -> None:
    """Unknown words are not guessed at."""
    assert understood(text) is None

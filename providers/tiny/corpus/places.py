"""The places that the demo model knows (country, capital, continent), and real countries that it must say it lacks."""

# ruff: noqa: E501 (tables)

_LISTED = """
France Paris Europe; Germany Berlin Europe; Spain Madrid Europe; Italy Rome Europe; Portugal Lisbon Europe
Austria Vienna Europe; Belgium Brussels Europe; Poland Warsaw Europe; Greece Athens Europe; Ireland Dublin Europe
Sweden Stockholm Europe; Norway Oslo Europe; Denmark Copenhagen Europe; Finland Helsinki Europe; Hungary Budapest Europe
Romania Bucharest Europe; Bulgaria Sofia Europe; Croatia Zagreb Europe; Serbia Belgrade Europe; Ukraine Kyiv Europe
Switzerland Bern Europe; Netherlands Amsterdam Europe; England London Europe; Scotland Edinburgh Europe
Iceland Reykjavik Europe; Czechia Prague Europe; Slovakia Bratislava Europe; Slovenia Ljubljana Europe
Estonia Tallinn Europe; Latvia Riga Europe; Lithuania Vilnius Europe; Russia Moscow Europe; Malta Valletta Europe
Japan Tokyo Asia; China Beijing Asia; India Delhi Asia; Thailand Bangkok Asia; Vietnam Hanoi Asia; Nepal Kathmandu Asia
Indonesia Jakarta Asia; Philippines Manila Asia; Iran Tehran Asia; Iraq Baghdad Asia; Turkey Ankara Asia
Israel Jerusalem Asia; Pakistan Islamabad Asia; Lebanon Beirut Asia; Jordan Amman Asia; Syria Damascus Asia
Egypt Cairo Africa; Morocco Rabat Africa; Kenya Nairobi Africa; Nigeria Abuja Africa; Ghana Accra Africa
Ethiopia Addis_Ababa Africa; Senegal Dakar Africa; Tunisia Tunis Africa; Algeria Algiers Africa; Angola Luanda Africa
Uganda Kampala Africa; Libya Tripoli Africa; Sudan Khartoum Africa; Zambia Lusaka Africa
Canada Ottawa North_America; Mexico Mexico_City North_America; Cuba Havana North_America
Jamaica Kingston North_America; Panama Panama_City North_America; Guatemala Guatemala_City North_America
Brazil Brasilia South_America; Argentina Buenos_Aires South_America; Chile Santiago South_America
Peru Lima South_America; Colombia Bogota South_America; Venezuela Caracas South_America; Bolivia Sucre South_America
Uruguay Montevideo South_America; Ecuador Quito South_America; Paraguay Asuncion South_America
Australia Canberra Oceania; New_Zealand Wellington Oceania; South_Korea Seoul Asia; Fiji Suva Oceania
"""

_UNLISTED = """
Mongolia Kazakhstan Uzbekistan Kyrgyzstan Tajikistan Turkmenistan Afghanistan Bangladesh Bhutan Myanmar Laos Cambodia
Malaysia Singapore Brunei Taiwan Maldives Sri_Lanka Yemen Oman Qatar Kuwait Bahrain Cyprus Georgia Armenia Azerbaijan
Moldova Belarus Albania Kosovo Montenegro Bosnia North_Macedonia Luxembourg Liechtenstein Monaco Andorra San_Marino Wales
Mali Niger Chad Togo Benin Gabon Congo Cameroon Rwanda Burundi Tanzania Malawi Mozambique Zimbabwe Botswana Namibia
Lesotho Eswatini Madagascar Mauritius Seychelles Comoros Djibouti Eritrea Somalia South_Sudan Mauritania Gambia Guinea
Sierra_Leone Liberia Burkina_Faso Cape_Verde South_Africa Equatorial_Guinea Ivory_Coast Honduras Nicaragua Costa_Rica
El_Salvador Belize Haiti Dominican_Republic Bahamas Barbados Grenada Trinidad Dominica Suriname Guyana Greenland
Samoa Tonga Vanuatu Kiribati Palau Nauru Tuvalu Micronesia Solomon_Islands Papua_New_Guinea Timor North_Korea Tibet
Saudi_Arabia United_States Texas California Bavaria Catalonia Siberia Ohio Alaska Florida Quebec Ontario Tuscany Flanders
"""

_CITIES = """
Mumbai Shanghai Istanbul Karachi Lagos Sydney Melbourne Toronto Montreal Vancouver Barcelona Munich Hamburg Milan Naples
Lyon Marseille Geneva Zurich Glasgow Manchester Liverpool Oxford Boston Chicago Houston Dallas Seattle Denver Miami
Atlanta Detroit Kyoto Osaka Busan Hanover Seville Porto Krakow Rotterdam Antwerp Salzburg Venice Florence Bristol Leeds
"""


def _spaced(word: str) -> str:
    return word.replace("_", " ")


def _rows(table: str) -> tuple[tuple[str, str, str], ...]:
    rows = [row.split() for row in table.replace("\n", ";").split(";") if row.strip()]
    return tuple((_spaced(country), _spaced(capital), _spaced(continent)) for country, capital, continent in rows)


PLACES = _rows(_LISTED)
"""(country, capital, continent) of every country the model is taught."""

UNLISTED_COUNTRIES = tuple(_spaced(word) for word in _UNLISTED.split())
"""Real countries and regions that it is never taught: the right answer is that it does not know."""

OTHER_CITIES = tuple(_CITIES.split())
"""Cities that are no capital of the list."""


def named(country: str) -> str:
    """The country as it stands in a sentence."""
    return f"the {country}" if country in ("Netherlands", "Philippines") else country

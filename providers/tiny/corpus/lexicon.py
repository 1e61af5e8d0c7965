"""The words that the demo model knows: definitions, opposites, plurals, past tenses, translations, colours, sounds."""

# ruff: noqa: E501, SIM905 (tables and phrases read better unbroken)

_DEFINITIONS = """
proxy: a program that passes requests from a client to another server
router: a device or program that decides where to send data
server: a computer or program that answers requests
client: a program that sends requests to a server
token: a small piece of text that a language model reads or writes
language model: a program that predicts the next piece of text
computer: a machine that follows programs to process data
keyboard: a set of keys for typing text
password: a secret word that proves who you are
database: a program that stores data and finds it again
website: a set of pages that you open in a browser
browser: a program that shows web pages
file: a named piece of data on a computer
cache: a place that keeps copies of data so that they are found faster
algorithm: a list of steps that solves a problem
robot: a machine that can move and work by itself
phone: a device for talking to people who are far away
camera: a device that takes pictures
clock: a device that shows the time
calendar: a table of the days and months of a year
dictionary: a book that explains words
library: a place where you can read and borrow books
school: a place where children learn
hospital: a place where sick people are treated
bakery: a shop that makes and sells bread
museum: a building where you can see art or old things
airport: a place where planes start and land
bridge: a road over a river or a valley
river: a long stream of water that flows to the sea
lake: a large area of water with land around it
mountain: a very high hill
island: land with water all around it
desert: a dry land with very little rain
forest: a large area with many trees
volcano: a mountain that can throw out hot rock
planet: a large round body that moves around a star
star: a huge ball of hot gas that shines in the sky
moon: a body that moves around a planet
rainbow: an arc of colours in the sky when sun meets rain
cloud: many tiny drops of water in the sky
thermometer: a tool that measures temperature
telescope: a tool for looking at things that are far away
hammer: a tool for hitting nails
ladder: a tool for climbing up to high places
umbrella: a thing that keeps you dry in the rain
bicycle: a vehicle with two wheels and pedals
train: a long vehicle that runs on rails
ship: a large boat for the sea
doctor: a person who treats sick people
teacher: a person who helps others to learn
farmer: a person who grows food
baker: a person who makes bread
pilot: a person who flies a plane
dentist: a person who takes care of teeth
cat: a small animal that says meow and catches mice
dog: an animal that barks and lives with people
bee: a small insect that makes honey
penguin: a bird that swims but cannot fly
whale: a very large mammal that lives in the sea
spider: a small animal with eight legs
triangle: a shape with three sides
square: a shape with four equal sides
noun: a word that names a thing, a person or a place
verb: a word that names an action
"""

_OPPOSITES = """
hot cold; big small; tall short; fast slow; happy sad; old young; rich poor; strong weak; light dark; heavy light
hard soft; wet dry; full empty; open closed; early late; near far; loud quiet; clean dirty; up down; left right
good bad; new old; long short; wide narrow; thick thin; high low; deep shallow; easy difficult; safe dangerous
day night; black white; yes no; true false; first last; begin end; buy sell; push pull; love hate; win lose
inside outside; above below; before after; always never; sweet sour; brave afraid; sharp blunt; cheap expensive
cold hot; small big; slow fast; sad happy; weak strong; dark light; empty full; late early; far near; down up; right left
"""

_PLURALS = """
cat cats; dog dogs; house houses; book books; car cars; tree trees; apple apples; table tables; chair chairs; flower flowers
box boxes; bus buses; glass glasses; dish dishes; watch watches; church churches; fox foxes; class classes; brush brushes
baby babies; city cities; lady ladies; story stories; party parties; country countries; family families; berry berries
child children; man men; woman women; foot feet; tooth teeth; mouse mice; goose geese; person people; ox oxen; sheep sheep
fish fish; deer deer; leaf leaves; knife knives; wife wives; life lives; wolf wolves; half halves; shelf shelves; loaf loaves
potato potatoes; tomato tomatoes; hero heroes; boy boys; day days; key keys; toy toys; monkey monkeys; photo photos
piano pianos; cactus cacti; friend friends; window windows; door doors; street streets; school schools; horse horses
"""

_PAST = """
go went; eat ate; see saw; run ran; come came; give gave; take took; make made; know knew; think thought; write wrote
read read; speak spoke; drink drank; drive drove; fly flew; swim swam; sing sang; sit sat; stand stood; buy bought
bring brought; teach taught; catch caught; find found; lose lost; win won; sleep slept; feel felt; leave left; meet met
pay paid; say said; tell told; sell sold; send sent; break broke; choose chose; fall fell; forget forgot; begin began
walk walked; talk talked; play played; work worked; open opened; close closed; ask asked; help helped; jump jumped
cook cooked; dance danced; love loved; stop stopped; cry cried; try tried; study studied; build built; draw drew; grow grew
"""

_TRANSLATIONS = """
dog chien perro Hund; cat chat gato Katze; house maison casa Haus; water eau agua Wasser; bread pain pan Brot
milk lait leche Milch; cheese fromage queso Käse; apple pomme manzana Apfel; tree arbre árbol Baum; book livre libro Buch
sun soleil sol Sonne; moon lune luna Mond; star étoile estrella Stern; day jour día Tag; night nuit noche Nacht
man homme hombre Mann; woman femme mujer Frau; child enfant niño Kind; friend ami amigo Freund; mother mère madre Mutter
father père padre Vater; brother frère hermano Bruder; sister sœur hermana Schwester; school école escuela Schule
city ville ciudad Stadt; street rue calle Straße; door porte puerta Tür; window fenêtre ventana Fenster
table table mesa Tisch; chair chaise silla Stuhl; bed lit cama Bett; red rouge rojo rot; blue bleu azul blau
green vert verde grün; white blanc blanco weiß; black noir negro schwarz; yellow jaune amarillo gelb; big grand grande groß
small petit pequeño klein; good bon bueno gut; hello bonjour hola hallo; goodbye au_revoir adiós auf_Wiedersehen
please s'il_vous_plaît por_favor bitte; thank_you merci gracias danke; yes oui sí ja; no non no nein; one un uno eins
two deux dos zwei; three trois tres drei; fire feu fuego Feuer; fish poisson pez Fisch; bird oiseau pájaro Vogel
horse cheval caballo Pferd; flower fleur flor Blume; car voiture coche Auto; wine vin vino Wein; love amour amor Liebe
"""

_COLOURS = """
grass green; snow white; coal black; blood red; milk white; chocolate brown; gold yellow; silver grey
a_banana yellow; a_lemon yellow; a_tomato red; a_strawberry red; a_cherry red; a_cucumber green; a_frog green; a_carrot orange
an_orange orange; a_pumpkin orange; an_elephant grey; a_crow black; a_swan white; a_flamingo pink; a_leaf green
a_fire_engine red; the_sun yellow; the_sky blue; the_sea blue; a_polar_bear white; a_pea green; a_plum purple; mud brown
"""

_SOUNDS = """
cat meow; dog woof; cow moo; duck quack; sheep baa; pig oink; horse neigh; lion roar; mouse squeak; frog ribbit; owl hoot
rooster cock-a-doodle-doo; bee buzz; snake hiss; wolf howl; goat bleat; hen cluck; crow caw; donkey hee-haw; turkey gobble
bird tweet; bear growl; elephant trumpet; cricket chirp; pigeon coo; goose honk
"""

_KINDS = """
animal: cat dog horse cow sheep lion tiger elephant rabbit mouse wolf bear monkey frog
bird: eagle owl duck swan crow parrot penguin robin sparrow
fruit: apple banana cherry pear plum grape lemon orange strawberry mango peach
vegetable: carrot potato onion cabbage pea cucumber spinach broccoli
tool: hammer saw screwdriver drill shovel wrench
vehicle: car bus train bicycle truck tram motorcycle
musical instrument: piano guitar violin drum flute trumpet cello
piece of furniture: table chair bed sofa desk wardrobe
flower: rose tulip daisy lily sunflower
drink: coffee tea milk juice lemonade
metal: gold iron silver copper
colour: red blue green yellow purple brown pink
"""


def _pairs(table: str) -> tuple[tuple[str, str], ...]:
    rows = [row.split() for row in table.replace("\n", ";").split(";") if row.strip()]
    return tuple((first.replace("_", " "), second.replace("_", " ")) for first, second in rows)


def _lines(table: str) -> tuple[tuple[str, str], ...]:
    rows = [line.split(": ", 1) for line in table.strip().splitlines()]
    return tuple((head, rest) for head, rest in rows)


def _translations(table: str) -> tuple[tuple[str, str, str, str], ...]:
    rows = [row.split() for row in table.replace("\n", ";").split(";") if row.strip()]
    return tuple((a, b, c, d) for a, b, c, d in ([word.replace("_", " ") for word in row] for row in rows))


DEFINITIONS = _lines(_DEFINITIONS)
OPPOSITES = tuple(dict(reversed(_pairs(_OPPOSITES))).items())
PLURALS = _pairs(_PLURALS)
PAST = _pairs(_PAST)
TRANSLATIONS = _translations(_TRANSLATIONS)
LANGUAGES = ("French", "Spanish", "German")
COLOURS = _pairs(_COLOURS)
SOUNDS = _pairs(_SOUNDS)
KINDS = tuple((kind, tuple(words.split())) for kind, words in _lines(_KINDS))
MASS = frozenset("coffee tea milk juice lemonade gold iron silver copper".split()) | frozenset(dict(KINDS)["colour"])
"""Words of `KINDS` that take no article."""

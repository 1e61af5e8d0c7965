"""People, cities and jobs for the families that find something in a sentence."""

# ruff: noqa: E501, SIM905 (tables and phrases read better unbroken)

NAMES = tuple(
    """Maria Anna Emma Paul Peter John James Robert Linda Susan Karen Nancy Lisa Sarah Laura Julia Sofia Clara Nora Ella
Mia Lea Ida Eva Tom Tim Ben Max Leo Noah Lucas Felix Oscar Hugo Victor Martin Simon David Daniel Michael Thomas Andrew
George Henry Frank Carl Erik Ivan Omar Ali Amir Yusuf Fatima Leila Aisha Priya Ravi Anil Mei Chen Yuki Hana Kenji Diego
Carlos Juan Pablo Luis Miguel Elena Lucia Carmen Rosa Pedro Ana Bruno Marco Luca Giulia Chiara Pierre Claire Sophie Alice
Helen Kate Grace Ruby Zoe Olga Igor Boris Vera Petra Jan Adam Sam Rita Greta Otto Fritz Hans Heidi Lars Ingrid Astrid
Nina Tara Maya Dina Sara Mark Steve Kevin Brian Gary Walter Arthur Edward Oliver Jack Harry Charlie Amy Emily Hannah""".split()
)
CITIES = tuple(
    """Paris London Berlin Madrid Rome Vienna Prague Lisbon Oslo Dublin Athens Warsaw Budapest Tokyo Beijing Delhi Cairo
Sydney Boston Chicago Toronto Munich Hamburg Milan Lyon Geneva Zurich Glasgow Oxford Seattle Denver Miami Kyoto Osaka Porto
Krakow Venice Florence Bristol Leeds Nairobi Lima Bogota Quito Havana Ottawa Moscow Helsinki Stockholm Copenhagen""".split()
)
JOBS = tuple(
    """teacher doctor nurse baker pilot farmer painter singer writer lawyer engineer cook driver gardener dentist plumber
carpenter student waiter tailor librarian journalist""".split()
)
COLOURS = tuple("red blue green yellow purple orange pink brown black white".split())
PETS = tuple("dog cat rabbit hamster parrot horse turtle goldfish".split())
FOODS = tuple("pizza pasta soup rice salad bread cheese chocolate curry sushi".split())

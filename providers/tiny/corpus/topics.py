"""The vocabulary of what is beyond the demo model: what people ask about, do, make and worry about."""

# ruff: noqa: E501, SIM905 (tables and phrases read better unbroken)

TOPICS = tuple(
    """climate change|the French Revolution|quantum computing|machine learning|renewable energy|the Roman Empire|world war two
mental health|remote work|social media|electric cars|the stock market|inflation|vaccines|photosynthesis|gravity|black holes
evolution|DNA|the immune system|nutrition|yoga|marathon training|gardening|sourdough bread|home brewing|coffee culture
space travel|the moon landing|artificial intelligence|robotics|blockchain|cryptocurrency|cyber security|data privacy
open source software|microservices|Kubernetes|Docker|relational databases|neural networks|search engines|compilers
operating systems|functional programming|unit testing|web accessibility|mobile apps|video games|board games|chess|poker
football tactics|the Olympic Games|basketball|swimming|rock climbing|fishing|photography|oil painting|modern art|jazz
classical music|hip hop|the Beatles|opera|film directors|science fiction|detective novels|poetry|Shakespeare|Greek myths
philosophy|ethics|religion|Buddhism|democracy|voting rights|the constitution|tax law|copyright|immigration|human rights
women in science|education reform|online courses|student loans|job interviews|salary negotiation|leadership|team work
project management|marketing|customer service|small business|start-ups|supply chains|real estate|mortgages|insurance
retirement|personal finance|saving money|credit cards|travel insurance|train travel|backpacking|camping|national parks
coral reefs|rain forests|wild fires|earthquakes|hurricanes|volcanic eruptions|dinosaurs|fossils|ancient Egypt|the Vikings
the Silk Road|castles|Gothic architecture|city planning|public transport|cycling|traffic jams|air pollution|recycling
plastic waste|solar panels|wind turbines|nuclear power|batteries|hydrogen|water supply|agriculture|bees and farming
vegan cooking|Italian cuisine|wine tasting|chocolate making|cheese making|street food|sleep|stress|headaches|back pain
diabetes|heart disease|allergies|first aid|pregnancy|parenting|toddlers|teenagers|dating|marriage|divorce|friendship
grief|loneliness|time management|productivity|habits|meditation|public speaking|writing skills|language learning
grammar|etymology|sign language|linguistics|statistics|calculus|geometry|probability|prime numbers|game theory|economics
trade wars|globalisation|unemployment|poverty|charity|volunteering|dog training|cat behaviour|aquariums|horse riding
bird watching|butterflies|house plants|lawn care|interior design|wood working|knitting|sewing|fashion|make-up|hair styles
tattoos|jewellery|car repair|motorcycles|aviation|submarines|railways|bridges|tunnels|skyscrapers|telescopes|Mars
the solar wind|comets|particle physics|chemistry|the periodic table|acids and bases|enzymes|bacteria|viruses|antibiotics
psychology|memory|dreams|intelligence|personality|happiness|motivation|creativity|humour|magic tricks|circus|theatre
ballet|salsa dancing|television series|streaming services|podcasts|newspapers|journalism|advertising|elections|the senate
the United Nations|NATO|the European Union|diplomacy|espionage|the police|prisons|courts|contracts|patents|the census""".replace(
        "\n", "|"
    ).split("|")
)
NOUNS = tuple(
    """team company family friend neighbour boss customer student child parent teacher doctor nurse lawyer engineer artist
writer reader voter citizen soldier king queen president government army church market office factory warehouse shop school
university library hospital kitchen garden bedroom garage roof wall floor engine wheel battery screen keyboard printer phone
camera laptop program website browser email message letter article essay poem novel chapter paragraph sentence word rule law
contract budget invoice salary tax loan bank price product service brand logo slogan strategy plan goal problem solution
question answer idea theory experiment result method model system network signal sensor machine tool material metal wood
glass plastic paper stone water fire air earth sea river mountain valley forest desert island beach city village street
bridge road train plane ship car bus bicycle ticket passport suitcase hotel room bed chair table lamp window door key lock
clock calendar holiday party wedding birthday gift cake bread cheese soup salad meat fish egg fruit apple lemon wine beer
coffee tea sugar salt pepper oil recipe meal breakfast dinner restaurant chef knife pan oven fridge dog cat horse cow bird
tree flower leaf root seed soil rain snow wind storm sun moon star planet rocket season summer winter spring autumn morning
evening night week month year century history war peace treaty border country language culture tradition festival song dance
film actor stage game match goal race medal coach player skill talent exercise muscle bone heart brain blood skin disease
medicine pill vaccine diet sleep dream fear anger joy love hope trust truth lie secret promise mistake risk chance choice
""".split()
)
ADJECTIVES = tuple(
    """good bad best worst new old modern ancient popular famous common rare important useful dangerous safe healthy cheap
expensive easy difficult simple complex small large big short long fast slow early late local national global public private
natural artificial digital electric green red blue dark bright cold warm hot dry wet clean dirty quiet loud happy sad angry
tired young wise strange funny serious creative technical legal medical scientific political economic social cultural
""".split()
)
VERBS = tuple(
    """build make find choose buy sell use fix repair clean cook bake grow train teach learn study improve reduce increase
measure compare test plan organise manage start stop avoid prevent protect treat cure write read translate draw paint design
develop deploy debug install configure connect replace remove add change move carry store save spend invest borrow pay earn
win lose beat join leave visit explore discover invent explain describe understand remember forget believe argue negotiate
""".split()
)
WORKS = tuple(
    """essay|blog post|poem|haiku|sonnet|limerick|song|rap|cover letter|email|formal letter|love letter|speech|toast|report
press release|product description|business plan|lesson plan|training plan|workout plan|meal plan|travel itinerary|recipe
shopping list|to-do list|screenplay|dialogue|monologue|novel chapter|fairy tale|detective story|science fiction story
horror story|short story|review|summary|abstract|newspaper article|tweet|caption|slogan|headline|advertisement|resume|quiz
interview|debate|survey|contract|letter of complaint|apology|wedding vow|obituary|diary entry|user manual|FAQ|policy
proposal|presentation|outline|table|timeline|biography|character description|scene|riddle|crossword|Wikipedia article""".replace(
        "\n", "|"
    ).split("|")
)
LANGUAGES = tuple(
    """Python JavaScript TypeScript Java C C++ C# Go Rust Ruby PHP Swift Kotlin Scala Perl Haskell SQL bash HTML CSS R Lua
MATLAB Julia PowerShell""".split()
)
CODE_TASKS = tuple(
    """sorts a list|reverses a string|downloads a web page|reads a CSV file|parses JSON|connects to a database|sends an email
finds prime numbers|computes the factorial|checks for palindromes|counts the words in a file|merges two dictionaries
implements a linked list|implements binary search|builds a REST API|renders a button|validates an email address
scrapes a website|resizes an image|plots a graph|encrypts a password|uploads a file|logs in a user|draws a circle
removes duplicates|converts temperatures|generates random numbers|schedules a job|handles errors|caches results
calls an API with retries|streams a response|prints hello world|adds two numbers|solves a sudoku|plays tic tac toe""".replace(
        "\n", "|"
    ).split("|")
)
FOREIGN = tuple(
    """Bonjour, comment ça va ?|Quelle est la capitale de la France ?|Écris un poème sur la mer.|Je voudrais apprendre à cuisiner.
Combien font deux et deux ?|Peux-tu m'aider ?|Qui es-tu ?|Raconte-moi une histoire.|Où est la gare ?|Il fait beau aujourd'hui.
Hallo, wie geht es dir?|Was ist die Hauptstadt von Deutschland?|Schreib mir ein Gedicht über den Herbst.|Wer bist du?
Kannst du mir helfen?|Wie spät ist es?|Erzähl mir einen Witz.|Was kostet das Brot?|Ich möchte Deutsch lernen.|Guten Morgen!
Hola, ¿cómo estás?|¿Cuál es la capital de España?|Escribe un poema sobre el mar.|¿Quién eres?|¿Puedes ayudarme?
¿Qué hora es?|Cuéntame un chiste.|Quiero aprender inglés.|Buenos días.|¿Dónde está la biblioteca?|Me gusta el fútbol.
Ciao, come stai?|Qual è la capitale d'Italia?|Scrivi una poesia.|Chi sei?|Puoi aiutarmi?|Che ore sono?|Buongiorno!
Olá, tudo bem?|Qual é a capital do Brasil?|Escreva um poema.|Quem é você?|Você pode me ajudar?|Bom dia!|Que horas são?
Hallo, hoe gaat het?|Wat is de hoofdstad van Nederland?|Schrijf een gedicht.|Wie ben jij?|Kun je me helpen?|Goedemorgen!
Cześć, jak się masz?|Jaka jest stolica Polski?|Napisz wiersz.|Kim jesteś?|Czy możesz mi pomóc?|Dzień dobry!
Hej, hur mår du?|Vad är huvudstaden i Sverige?|Skriv en dikt.|Vem är du?|Merhaba, nasılsın?|Türkiye'nin başkenti neresidir?
Привет, как дела?|Какая столица России?|Напиши стихотворение.|Кто ты?|Помоги мне, пожалуйста.|Доброе утро!
你好，你好吗？|法国的首都是哪里？|写一首诗。|你是谁？|请帮帮我。|今天天气怎么样？|こんにちは、元気ですか？|フランスの首都はどこですか？
詩を書いてください。|あなたは誰ですか？|手伝ってください。|안녕하세요|프랑스의 수도는 어디입니까?|시를 써 주세요.|당신은 누구입니까?
مرحبا كيف حالك؟|ما هي عاصمة فرنسا؟|اكتب قصيدة.|من أنت؟|नमस्ते, आप कैसे हैं?|फ्रांस की राजधानी क्या है?|Γεια σου, τι κάνεις;
Quelle heure est-il ?|Merci beaucoup|Vielen Dank für deine Hilfe|Muchas gracias por todo|Grazie mille|Obrigado""".replace(
        "\n", "|"
    ).split("|")
)

"""Makes the golden token ids that TokenizerGoldenTests compares with.

    pip install tokenizers
    python tokenizer_golden.py SHARED

SHARED is the folder of shared data sets. Of those only digests of ids are kept, never texts.
Written with tokenizers 0.23.3. Output: ../Fixtures/Tokenizers/*.json.
"""
import gzip
import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

here = pathlib.Path(__file__).resolve().parent
out = here.parent / "Fixtures" / "Tokenizers"
shared = pathlib.Path(sys.argv[1])

CORPUS = [
    "The film begins slowly, but it's the quiet scenes that I'll remember: she doesn't say much.",
    "We've seen 12 films in 2024; they're long (over 150 minutes), and I'd cut half of them.",
    "A dull plot, a dull hero, a dull ending. Nobody's fault? Perhaps the writer's.",
    "Was für ein schöner Abend! Das Café war voll, naïve Zuschauer lachten.",
    "Прекрасный фильм, очень хороший. Плохой конец.",
    "映画はとても良かった。 映画はつまらない。",
    "don't won't can't isn't he's she'll they'd I'm you're we've",
    "    indented\n\n\tlines   and trailing blanks   \n",
    "good good good great great bad bad awful wonderful terrible acting acting story story",
] * 3

ODD = [
    "", " ", "  ", "\n", "\t", " \n", "\n ", "a", " a", "a ", "  a", "a  b", "a   b", "a \n b",
    "\n\n\nabc", "abc\n\n\n", "tab\tand\ttabs\t", "\r\n windows \r\n", "x\u00a0y", "x\u00a0\u00a0 y",
    " \u00a0z", "\u00a0 z", "\u2003em\u2003space", "\u3000ideographic\u3000space", "\u200bzero\u200bwidth",
    "\u200d\u200c joiners", "\ufeffbom", "next\u0085line", "line\u2028sep\u2029par", "\u1680ogham",
    "\u180emongolian vowel separator", "\u2060word joiner", "\u001c\u001d\u001e\u001f separators",
    "\x00\x01\x02\x7f controls", "bell\x07", "\x0b\x0cvertical",
    "it's IT'S it’s it'S it''s 's ' s 'll 'LL 've'd'm're", "'", "''", "'''s", "'re're", "don't", "don’t",
    "'l", "'r", "'v", "x'", "x'l", "'ll've", " 's", "  's", "\n's", "5's", "!'s",
    "123 456 7", "1234567890", "٠١٢٣٤٥٦٧٨٩ arabic digits", "१२३ devanagari", "Ⅷ ⅷ ½ ² ₃ ① 〇 numbers",
    "a1b2c3", "3.14159, -2e10", "!?.,;:", " !?", "...", " ...", "--", "a-b", "a_b", "snake_case_name",
    "e\u0301 is not é but looks so", "é", "cafe\u0301", "Å Å Å", "ﬁ ligature", "ß ẞ", "İ ı",
    "ก็ นี่ภาษาไทย", "नमस्ते दुनिया", "السلام عليكم", "שָׁלוֹם", "한국어 조선말", "ㄱㄴㄷ", "中文字符，标点。",
    "日本語テキスト、カタカナ", "𠜎𠜱𠝹", "𝒳𝓎𝔷 𝟘𝟙𝟚", "𐍈 gothic", "🎬", "🎬🍿", " 🎬", "good🎬bad",
    "👩‍👩‍👧‍👦 family", "👍🏽", "🇩🇪🇫🇷", "☃️ snowman", "❤", "❤️", "a❤b", "±×÷", "€£¥", "™©®", "→←↑",
    "\ufffd replacement", "\ue000 private", "\U0010ffff last", "\ud7ff\uf8ff", "\U000e0041 tag",
    "combining\u0300\u0301\u0302 marks", "\u0301 first", " \u0301", "a\u0301\u0302b", "Z̸̢a̶l̴g̷o̵",
    "\u088f\u1c89\ua7cb\U00010940 new letters", "mixed Ελληνικά и русский text", "ªº ordinals", "ǅ ʰ ʻ",
    "soft\u00adhyphen", "x\u034fy", "http://example.org/?q=1&r=2#z", "name@example.org",
    "if (x<=3) { return \"yes\\n\"; }", "<br /><br />Great!", "<|endoftext|>", "a<|endoftext|>b",
    " <|endoftext|> ", "<|endoftext|><|endoftext|>", "<|endoftext", "|endoftext|>", "<|ENDOFTEXT|>",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "gooooooooooooooooooood baaaaaaaaaaaaaaaaaad", "ababababababababababababababababababababababababab" * 3,
    "The film begins slowly, but it's the quiet scenes that I'll remember.", "Nobody's fault? Perhaps.",
    "   leading", "trailing   ", " both ", "\u00a0", "\u00a0\u00a0", " \u00a0 ", "a\u00a0", "\u2009thin",
    "Ġ ġ Ċ letters of the byte alphabet", "ĠĠ", "Ń", "▁ low line ▁▁", "<0x41><0xE2>", "<unk>", "a <unk> b",
]

# Random mixtures of what is above, and of scalars from everywhere: seeds make them reproducible.
rng = random.Random(7)
pieces = sorted({p for t in ODD for p in t} | set(" \n'sdtmlrve0aÀあ"))
for _ in range(120):
    ODD.append("".join(rng.choice(pieces) for _ in range(rng.randint(1, 24))))
for _ in range(80):
    text = []
    for _ in range(rng.randint(1, 12)):
        top = rng.choice([0x80, 0x300, 0x3000, 0x10000, 0x30000, 0x110000])
        value = rng.randrange(top)
        text.append(chr(value) if not 0xD800 <= value < 0xE000 else " ")
    ODD.append("".join(text))


def byte_level(prefix=False, trained_on=CORPUS, vocabulary=420, regex=True):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(trained_on, trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def with_flags():
    tokenizer = byte_level(prefix=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A <|endoftext|>", special_tokens=[("<|endoftext|>", 0)])
    tokenizer.add_special_tokens([
        AddedToken("<left>", lstrip=True), AddedToken("<right>", rstrip=True),
        AddedToken("<both>", lstrip=True, rstrip=True)])
    tokenizer.add_tokens([
        AddedToken("film", single_word=True, normalized=False), AddedToken("fil", normalized=False),
        AddedToken("great story", normalized=True), AddedToken("é", normalized=True)])
    return tokenizer


FLAGGED = [
    "film", "films", "a film.", "film_x", "xfilm", "fil", "filfilm", "film film", "(film)", "éfilm",
    "a <left> b", "a <right> b", "a <both> b", " \n <both> \u00a0 x", "<left><right>", "  <left>  <right>  ",
    "<right> <left>", "<both> <both>", "great story", "a great storyteller", "great  story", "é", "cafés",
    "e\u0301", "<|endoftext|> film", "filmé", "film\u0301", "film\u200d", "film-fil-film", "fi", "",
]


def llama_like():
    """Scalars, byte fallback, an unknown token, a normaliser: small, and made by hand."""
    letters = sorted(set("▁abcdefghilmnorstuvwy.,'"))
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + letters
    merges = [("▁", "t"), ("h", "e"), ("▁t", "he"), ("▁", "a"), ("o", "o"), ("▁", "g"), ("oo", "d"),
              ("▁g", "ood"), ("i", "s"), ("▁", "is"), ("▁", "▁"), ("l", "l"), ("s", "t"), ("r", "y")]
    for a, b in merges:
        tokens.append(a + b)
    tokenizer = Tokenizer(models.BPE(
        vocab={t: i for i, t in enumerate(tokens)}, merges=merges, unk_token="<unk>", fuse_unk=True,
        byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens(["<s>", "</s>", AddedToken("<unk>", normalized=True)])
    return tokenizer


def metaspace(scheme, split):
    """As newer files of the Llama family have it: no normaliser, a pre-tokenizer for the blanks."""
    tokenizer = llama_like()
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
    if split:
        tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme, split=split)
    tokenizer.add_special_tokens([AddedToken("<unk>", normalized=False)])
    return tokenizer


def unknown_scalars():
    """Scalars without fallback: unknown ones fuse or not."""
    tokens = ["<unk>", "a", "b", " ", "ab", "ba"]
    return [Tokenizer(models.BPE(
        vocab={t: i for i, t in enumerate(tokens)}, merges=[("a", "b"), ("b", "a")],
        unk_token="<unk>", fuse_unk=fuse)) for fuse in (True, False)]


def words():
    names = ["<eos>", "<unk>"] + "the film is good bad , . ! don t ' naïve 12 _x été --".split()
    tokenizer = Tokenizer(models.WordLevel({n: i for i, n in enumerate(names)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<eos>", "<unk>"])
    return tokenizer


def partial_alphabet():
    """A byte-level model that lacks most bytes: they vanish."""
    vocab = {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġa": 4, "Ġab": 5}
    merges = [("a", "b"), ("Ġ", "ab"), ("Ġ", "a")]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def decoding_cases(tokenizer, rng, count=60):
    # A special token that is looked for in normalised text comes out normalised and is never left
    # out in this version of tokenizers: not a behaviour to copy, so such ids are not drawn.
    kept = {i for i, t in tokenizer.get_added_tokens_decoder().items() if t.special and t.normalized}
    top = tokenizer.get_vocab_size() + 3
    cases = []
    for _ in range(count):
        ids = [i for i in (rng.randrange(top) for _ in range(rng.randint(0, 12))) if i not in kept]
        cases.append({"ids": ids, "text": tokenizer.decode(ids),
                      "all": tokenizer.decode(ids, skip_special_tokens=False)})
    return cases


def golden(name, tokenizer, texts, string_merges=False):
    document = json.loads(tokenizer.to_str())
    if string_merges:
        document["model"]["merges"] = [" ".join(m) for m in document["model"]["merges"]]
        assert Tokenizer.from_str(json.dumps(document)).encode(texts[5]).ids == tokenizer.encode(texts[5]).ids
    encodings = [tokenizer.encode(t, add_special_tokens=False).ids for t in texts]
    return {
        "name": name, "tokenizer": document, "texts": texts, "ids": encodings,
        "framed": tokenizer.encode("film", add_special_tokens=True).ids,
        "decoding": decoding_cases(tokenizer, random.Random(11))
        + [{"ids": i, "text": tokenizer.decode(i),
            "all": tokenizer.decode(i, skip_special_tokens=False)}
           for i in encodings[:60] if "<unk>" not in tokenizer.decode(i, skip_special_tokens=False)],
    }


def write(name, value):
    (out / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


SPACED = [
    "a good story", " a good story", "  a  good story ", "\u2581a good", "</s>the good</s> the good", "the</s>",
    "<s>the good", "<s> the good", " <s> the </s>", "good\n the good", "the good<unk>", "the <unk> good", "</s>",
    "</s></s>a", "a\u2581b \u2581 c", "\u2581\u2581", "the\u00a0good",
]
fused, apart = unknown_scalars()
write("golden.json", [
    golden("byte level", byte_level(), ODD),
    golden("byte level, string merges, no regular expression", byte_level(regex=False), ODD[:120], True),
    golden("added tokens with flags, prefix space", with_flags(), FLAGGED + ODD[:40]),
    golden("scalars with byte fallback", llama_like(), ODD),
    golden("metaspace in front of the text", metaspace("first", False), SPACED + ODD[:60]),
    golden("metaspace in front of every stretch", metaspace("always", True), SPACED + ODD[:60]),
    golden("metaspace between words only", metaspace("never", True), SPACED + ODD[:60]),
    golden("unknown scalars fused", fused, ["", "ab", "xab", "axxb", "xx", "ab xx ba", "aba", "éé a"]),
    golden("unknown scalars apart", apart, ["", "ab", "xab", "axxb", "xx", "ab xx ba", "aba", "éé a"]),
    golden("words", words(), ["the film is good .", "the film, is bad!", "don't", "naïve été -- 12", "x", "",
                             "<eos> the <unk>", "the_x _x 12x", "film\u00a0good\u200dbad", "--,", "-- ,"]),
    golden("partial alphabet", partial_alphabet(), ["ab", " ab", "abab", "aXb", "é ab", "b a", "", " b"]),
])


def digest(lists):
    """FNV-1a over lists of numbers, little-endian int32, −1 after each list."""
    state = 0xCBF29CE484222325
    for numbers in lists:
        for byte in b"".join(i.to_bytes(4, "little", signed=True) for i in numbers + [-1]):
            state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{state:016x}"


def digests(tokenizer, texts, block=100):
    """The digest of the ids of each block of texts."""
    return [digest([e.ids for e in tokenizer.encode_batch(texts[i:i + block], add_special_tokens=False)])
            for i in range(0, len(texts), block)]


def every_scalar():
    """How many bytes each piece has that GPT-2's pattern cuts, around each scalar of the planes in
    use, 4,096 scalars to a text. Ids would not do: few scalars have merges that a cut prevents."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    result = []
    for start in list(range(0, 0x33000, 4096)) + [0xE0000, 0xF0000, 0x10F000]:
        text = "".join(f"a{c}1{c}!{c} {c}" for c in map(chr, range(start, start + 4096))
                       if not 0xD800 <= ord(c) < 0xE000)
        result.append(digest([[len(letters) for letters, _ in splitter.pre_tokenize_str(text)]]))
    return result


with gzip.open(shared / "data/imdb/imdb_train.jsonl.gz", "rt", encoding="utf-8") as lines:
    reviews = [json.loads(line)["text"] for i, line in enumerate(lines) if i % 25 == 0]
with open(shared / "data/tinystories_text/tinystories_sample_2M.txt", encoding="utf-8", newline="\n",
          errors="replace") as lines:
    stories = [line.rstrip("\n") for line, _ in zip(lines, range(1000))]
cases = json.loads((shared / "golden/imdb-gpt-logits.json").read_text())["cases"]
gpt2 = Tokenizer(models.BPE.from_file(
    str(shared / "data/gpt2_bpe/encoder.json"), str(shared / "data/gpt2_bpe/vocab.bpe")))
gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
gpt2.add_special_tokens(["<|endoftext|>"])
tokenizers = {
    "imdb-gpt": Tokenizer.from_file(str(shared / "models/imdb-gpt/tokenizer.json")),
    "gpt2": gpt2,
    "tinystories656K": Tokenizer.from_file(str(shared / "data/tinystories656K/tokenizer.json")),
}
corpora = {"reviews": reviews, "stories": stories, "cases": [c["text"] for c in cases], "odd": ODD}
result = {n: {c: digests(t, texts) for c, texts in corpora.items()} for n, t in tokenizers.items()}
assert len(reviews) == len(stories) == 1000
write("digests.json", {
    "every scalar": every_scalar(), "shared": result})

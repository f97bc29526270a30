using System.Text.Json.Nodes;
using TransformerXL.Testing;
using TransformerXL.Text.BytePairs;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

public sealed class BytePairFileTests : IDisposable
{
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly TemporaryFolder _folder = new();

    private static BytePairVocabulary Vocabulary => BytePairSamples.Vocabulary;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_vocabulary_survives_vocabulary_json()
    {
        Vocabulary.Save(_folder["vocabulary.json"]);
        AssertSame(Vocabulary, Assert.IsType<BytePairVocabulary>(TransformerXL.Text.Vocabulary.Load(_folder["vocabulary.json"])));
    }

    [Fact]
    public void A_vocabulary_survives_tokenizer_json()
    {
        TokenizerJson.Save(Vocabulary, _folder["tokenizer.json"]);
        AssertSame(Vocabulary, TokenizerJson.Load(_folder["tokenizer.json"]));
    }

    [Fact]
    public void A_vocabulary_survives_the_files_of_GPT_2()
    {
        VocabularyAndMerges.Save(Vocabulary, _folder["vocab.json"], _folder["merges.txt"]);
        AssertSame(Vocabulary, VocabularyAndMerges.Load(_folder["vocab.json"], _folder["merges.txt"], [.. Vocabulary.SpecialTokens.Keys]));
    }

    [Fact]
    public void A_tokenizer_written_by_hand_gives_the_ids_worked_out_by_hand()
    {
        // h e = 71 68; " t" is 256, he 257, " the" 258; the special token 259 stands only among the added ones.
        JsonObject file = Tokenizer(["Ġt", "he", "Ġthe"], "Ġ t", "h e", "Ġt he");
        BytePairVocabulary vocabulary = Load(file);
        Assert.Equal([257, 258, 259, 256, 0], vocabulary.Encode("he the<|endoftext|> t!"));
        Assert.Equal("he the<|endoftext|> t!", vocabulary.Decode([257, 258, 259, 256, 0]));
    }

    [Fact]
    public void Merges_may_be_arrays_of_two()
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        file["model"]!["merges"] = new JsonArray(new JsonArray("a", "b"));
        Assert.Equal([256], Load(file).Encode("ab"));
    }

    [Fact]
    public void A_split_by_the_pattern_of_GPT_2_is_the_same_as_ByteLevel()
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        file["pre_tokenizer"] = Split(Gpt2Pattern, addPrefixSpace: false);
        Assert.Equal(Load(Tokenizer(["ab"], "a b")).Fingerprint, Load(file).Fingerprint);
    }

    [Fact]
    public void A_prefix_space_is_added_to_a_text_and_behind_a_special_token_and_survives_files()
    {
        JsonObject file = Tokenizer(["Ġa"], "Ġ a");
        file["pre_tokenizer"]!["add_prefix_space"] = true;
        BytePairVocabulary vocabulary = Load(file);
        Assert.Equal([256, 257, 256, 257], vocabulary.Encode("a<|endoftext|> a<|endoftext|>"));
        Assert.Equal([256, 257, 256], BytePairSamples.Encode(vocabulary, "a<|endoftext|>a"u8, 1));
        Assert.Empty(vocabulary.Encode(""));
        vocabulary.Save(_folder["vocabulary.json"]);
        AssertSame(vocabulary, (BytePairVocabulary)TransformerXL.Text.Vocabulary.Load(_folder["vocabulary.json"]));
        TokenizerJson.Save(vocabulary, _folder["tokenizer.json"]);
        AssertSame(vocabulary, TokenizerJson.Load(_folder["tokenizer.json"]));
    }

    [Fact]
    public void End_of_text_in_the_files_of_GPT_2_is_a_special_token()
    {
        JsonObject ids = Tokenizer(["ab", BytePairSamples.EndOfText], "a b")["model"]!["vocab"]!.DeepClone().AsObject();
        string vocabularyPath = _folder.Write("vocab.json", ids.ToJsonString());
        string mergesPath = _folder.Write("merges.txt", "#version: 0.2\r\na b\r\n");
        Assert.Equal([256, 257], VocabularyAndMerges.Load(vocabularyPath, mergesPath).Encode("ab<|endoftext|>"));
        Assert.Contains("'<pad>'", Assert.Throws<InputException>(() => VocabularyAndMerges.Load(vocabularyPath, mergesPath, ["<pad>"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.type", "\"WordPiece\"", "WordPiece")]
    [InlineData("model.dropout", "0.1", "dropout")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "end_of_word_suffix")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "continuing_subword_prefix")]
    [InlineData("model.novelty", "1", "novelty")]
    [InlineData("novelty", "1", "novelty")]
    [InlineData("version", "\"2.0\"", "2.0")]
    [InlineData("decoder", "{\"type\":\"Metaspace\"}", "Metaspace")]
    [InlineData("pre_tokenizer", "null", "pre_tokenizer")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\"}", "Metaspace")]
    [InlineData("pre_tokenizer.use_regex", "false", "use_regex")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[]}", "is empty")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\"},{\"type\":\"Digits\"}]}", "ends with")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"},{\"type\":\"ByteLevel\"}]}", "WhitespaceSplit")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\"},{\"type\":\"ByteLevel\"}]}", "add_prefix_space")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"Removed\",\"invert\":true},{\"type\":\"ByteLevel\",\"use_regex\":false}]}", "behavior")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?<=a)b\"},\"behavior\":\"Isolated\"},{\"type\":\"ByteLevel\",\"use_regex\":false,\"add_prefix_space\":false}]}", "(?<")]
    [InlineData("normalizer", "{\"type\":\"NFKC\"}", "NFKC")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Lowercase\"}]}]}", "Lowercase")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Sequence\"}]}", "normalizers")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Lowercase\"}]}", "Lowercase")]
    [InlineData("post_processor", "{\"type\":\"Novelty\"}", "Novelty")]
    [InlineData("model.ignore_merges", "1", "ignore_merges")]
    [InlineData("model.merges", "[\"a b\",\"a b\"]", "occurs twice")]
    [InlineData("model.merges", "[\"a c\"]", "no result")]
    [InlineData("model.merges", "[\"a xyz\"]", "'xyz', which is not in the vocabulary")]
    [InlineData("model.merges", "[\"a b c\"]", "merge 0")]
    [InlineData("model.merges", "[\"ab\"]", "merge 0")]
    [InlineData("model.merges", "[[\"a\"]]", "merge 0")]
    [InlineData("model.merges", "[[1,2]]", "merge 0")]
    [InlineData("model.merges", "7", "array")]
    [InlineData("model.vocab.ab", "600", "may not be more unused ids than tokens")]
    [InlineData("model.vocab.ab", "5", "same id 5")]
    [InlineData("model.vocab.ab", "-1", "-1")]
    [InlineData("model.vocab.ab", "1.5", "1.5")]
    [InlineData("model.vocab.zzz", "257", "two ids", "zzz")]
    [InlineData("added_tokens", "[{\"id\":257,\"content\":\"<s>\",\"single_word\":true}]", "single_word")]
    [InlineData("added_tokens", "[{\"id\":256,\"content\":\"<s>\"}]", "same id 256")]
    [InlineData("added_tokens", "[{\"id\":99,\"content\":\"ab\"}]", "two ids")]
    [InlineData("added_tokens", "[{\"content\":\"ab\"}]", "lacks 'id'")]
    [InlineData("added_tokens", "[{\"id\":64,\"content\":\"a\"}]", "no token represents the byte 0x61")]
    public void What_is_not_supported_is_refused_by_its_name(string path, string value, string fault, string? added = null)
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        Set(file, path, value);
        if (added is not null)
        {
            Set(file, "added_tokens", $"[{{\"id\":300,\"content\":\"{added}\"}}]");
        }
        AssertRefused(file.ToJsonString(), fault);
    }

    [Theory]
    [InlineData("truncation", "{\"max_length\":5}")]
    [InlineData("padding", "{\"length\":5}")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[]}")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Sequence\",\"normalizers\":[]},{\"type\":\"Sequence\",\"normalizers\":[]}]}")]
    [InlineData("post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[]}")]
    [InlineData("post_processor", "{\"type\":\"RobertaProcessing\",\"sep\":[\"</s>\",2],\"cls\":[\"<s>\",0]}")]
    [InlineData("post_processor", "{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"},{\"type\":\"TemplateProcessing\"}]}")]
    [InlineData("decoder", "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteLevel\"}]}")]
    [InlineData("model.unk_token", "\"<unk>\"")]
    [InlineData("model.fuse_unk", "true")]
    [InlineData("model.byte_fallback", "true")]
    [InlineData("model.type", null)]
    [InlineData("version", null)]
    [InlineData("added_tokens", "[{\"id\":257,\"content\":\"<|endoftext|>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":true,\"special\":true}]")]
    public void What_changes_no_id_is_read(string path, string? value)
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        Set(file, path, value);
        Assert.Equal(Load(Tokenizer(["ab"], "a b")).Fingerprint, Load(file).Fingerprint);
    }

    [Fact]
    public void A_normalizer_within_sequences_is_found()
    {
        JsonObject plain = Tokenizer(["ab"], "a b"), nested = Tokenizer(["ab"], "a b");
        Set(plain, "normalizer", "{\"type\":\"NFC\"}");
        Set(nested, "normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Sequence\",\"normalizers\":[]},{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"}]}]}");
        Assert.NotEqual(Load(Tokenizer(["ab"], "a b")).Fingerprint, Load(nested).Fingerprint);
        Assert.Equal(Load(plain).Fingerprint, Load(nested).Fingerprint);
    }

    [Fact]
    public void A_model_without_type_and_without_merges_is_refused()
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        file["model"]!.AsObject().Remove("type");
        file["model"]!.AsObject().Remove("merges");
        AssertRefused(file.ToJsonString(), "of no type");
    }

    [Fact]
    public void Merges_may_be_passed_over_for_a_pre_token_that_is_a_token()
    {
        // No merge leads to abc.
        JsonObject file = Tokenizer(["ab", "abc"], "a b");
        int c = Load(file).Encode("c")[0];
        Assert.Equal([256, c], Load(file).Encode("abc"));
        file["model"]!["ignore_merges"] = true;
        BytePairVocabulary vocabulary = Load(file);
        Assert.Equal([257], vocabulary.Encode("abc"));
        Assert.Equal([257, c], [vocabulary.Encode("abc !")[0], vocabulary.Encode("c")[0]]);
        Assert.Equal([256, c, c], vocabulary.Encode("abcc"));
        AssertSurvives(vocabulary);
    }

    [Fact]
    public void Ids_may_be_left_out()
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        file["model"]!["vocab"]!["ab"] = 300;
        Set(file, "added_tokens", "[{\"id\":400,\"content\":\"<s>\"}]");
        BytePairVocabulary vocabulary = Load(file);
        Assert.Equal(401, vocabulary.Count);
        Assert.Equal([300, 400], vocabulary.Encode("ab<s>"));
        Assert.Equal("ab<s>", vocabulary.Decode([256, 300, 299, 400]));
        Assert.Equal("<unused 299>", vocabulary.Describe(299));
        AssertSurvives(vocabulary);
        VocabularyAndMerges.Save(vocabulary, _folder["vocab.json"], _folder["merges.txt"]);
        Assert.Equal([300, 400], VocabularyAndMerges.Load(_folder["vocab.json"], _folder["merges.txt"], ["<s>"]).Encode("ab<s>"));
    }

    [Fact]
    public void Digits_and_punctuation_are_cut_before_the_pattern_of_GPT_2()
    {
        JsonObject file = Tokenizer(["12", "!!", "Ġ1"], "Ġ 1", "1 2", "! !");
        Assert.Equal([258, .. Load(Tokenizer([])).Encode("2"), 257], Load(file).Encode(" 12!!"));
        file["pre_tokenizer"] = Steps(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevel(regex: true));
        Assert.Equal([.. Load(Tokenizer([])).Encode(" 12"), 257], Load(file).Encode(" 12!!"));
        AssertSurvives(Load(file));
        file["pre_tokenizer"] = Steps(new JsonObject { ["type"] = "Digits", ["individual_digits"] = false }, new JsonObject { ["type"] = "Punctuation" }, ByteLevel(regex: true));
        Assert.Equal([.. Load(Tokenizer([])).Encode(" "), 256, .. Load(Tokenizer([])).Encode("!!")], Load(file).Encode(" 12!!"));
        AssertSurvives(Load(file));
    }

    [Fact]
    public void A_split_may_be_by_a_string_and_may_keep_only_matches_that_cover_everything()
    {
        JsonObject file = Tokenizer(["ab", "a.", "b."], "a b", "a .", "b .");
        JsonObject split = new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["String"] = "." }, ["behavior"] = "Isolated", ["invert"] = false };
        file["pre_tokenizer"] = Steps(split, ByteLevel(regex: false));
        Assert.Equal([256, .. Load(Tokenizer([])).Encode(".")], Load(file).Encode("ab."));
        split["pattern"] = new JsonObject { ["Regex"] = "[ab]|[^ab]" };
        (split["behavior"], split["invert"]) = ("Removed", true);
        Assert.Equal(Load(Tokenizer([])).Encode("ab."), Load(file).Encode("ab."));
    }

    [Fact]
    public void Prefix_spaces_after_a_split_are_refused()
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        file["pre_tokenizer"] = Split(Gpt2Pattern, addPrefixSpace: true);
        AssertRefused(file.ToJsonString(), "add_prefix_space");
    }

    [Fact]
    public void The_files_of_GPT_2_cannot_tell_of_another_pattern()
    {
        JsonObject file = Tokenizer(["ab"], "a b");
        file["pre_tokenizer"] = Split(@"\w+", addPrefixSpace: false);
        string message = Assert.Throws<InputException>(() => VocabularyAndMerges.Save(Load(file), _folder["vocab.json"], _folder["merges.txt"])).Message;
        Assert.Contains("tokenizer.json can", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_before_any_file_is_left_out()
    {
        const string mark = "\uFEFF";
        JsonObject file = Tokenizer(["ab", BytePairSamples.EndOfText], "a b");
        file["added_tokens"]![0]!["id"] = 257;
        string tokenizer = file.ToJsonString(), vocabulary = file["model"]!["vocab"]!.ToJsonString();
        string fingerprint = Load(file).Fingerprint;
        Assert.Equal(fingerprint, TokenizerJson.Load(_folder.Write("t.json", mark + tokenizer)).Fingerprint);
        Assert.Equal(fingerprint, VocabularyAndMerges.Load(_folder.Write("v.json", mark + vocabulary), _folder.Write("m.txt", mark + "a b\n")).Fingerprint);
        Assert.Equal(fingerprint, VocabularyAndMerges.Load(_folder.Write("v.json", vocabulary), _folder.Write("m.txt", mark + "#version: 0.2\na b\n")).Fingerprint);
        Load(file).Save(_folder["own.json"]);
        Assert.Equal(fingerprint, TransformerXL.Text.Vocabulary.Load(_folder.Write("marked.json", mark + File.ReadAllText(_folder["own.json"]))).Fingerprint);
        Assert.Equal(["<unk>", "one"], TransformerXL.Text.WordVocabulary.LoadSymbols(_folder.Write("w.txt", mark + "<unk>\none\n"), new TransformerXL.Text.WordRules { Marks = TransformerXL.Text.LineMarks.None }).Symbols.ToArray());
    }

    [Theory]
    [InlineData("\"splits\":[\"(\"]", "without a ')'")]
    [InlineData("\"splits\":[\"a*\"]", "empty text")]
    [InlineData("\"splits\":[1]", "where a string is expected")]
    [InlineData("\"splits\":\"a\"", "where an array is expected")]
    [InlineData("\"normalizer\":\"NFD\"", "NFD")]
    [InlineData("\"ignore_merges\":2", "ignore_merges")]
    [InlineData("\"added\":[{\"id\":0}]", "which 'special' does not")]
    [InlineData("\"added\":[{}]", "lacks 'id'")]
    [InlineData("\"version\":3", "versions 1 to 2")]
    public void Wrong_rules_in_vocabulary_json_are_refused(string rules, string fault)
    {
        new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 256 }).Train().Save(_folder["v.json"]);
        string content = File.ReadAllText(_folder["v.json"]).Replace("\"version\":1", rules.Contains("version", StringComparison.Ordinal) ? rules : "\"version\":2," + rules, StringComparison.Ordinal);
        Assert.Contains(fault, Assert.Throws<InputException>(() => TransformerXL.Text.Vocabulary.Load(_folder.Write("wrong.json", content))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_byte_is_named()
    {
        JsonObject file = Tokenizer([]);
        JsonObject ids = file["model"]!["vocab"]!.AsObject();
        ids.Remove("a");
        ids["aa"] = 64;
        AssertRefused(file.ToJsonString(), "0x61");
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "object is expected")]
    [InlineData("{\"model\":1,\"model\":2}", "model")]
    [InlineData("{\"version\":\"\\ud800\"}", "")]
    public void What_is_no_tokenizer_is_refused(string content, string fault) => AssertRefused(content, fault);

    [Theory]
    [InlineData("a\n", "line 1")]
    [InlineData("#version: 0.2\na b c\n", "line 2")]
    [InlineData("#version: 0.2\n\na  b\n", "line 3")]
    [InlineData("b a\n", "no result")]
    public void A_wrong_line_of_merges_is_named(string merges, string fault)
    {
        string vocabularyPath = _folder.Write("vocab.json", Tokenizer(["ab", BytePairSamples.EndOfText])["model"]!["vocab"]!.ToJsonString());
        string mergesPath = _folder.Write("merges.txt", merges);
        string message = Assert.Throws<InputException>(() => VocabularyAndMerges.Load(vocabularyPath, mergesPath)).Message;
        Assert.Contains(fault, message, StringComparison.Ordinal);
        Assert.Contains("merges.txt", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"merges\":[1]", "half a pair")]
    [InlineData("\"merges\":[1,999]", "999")]
    [InlineData("\"merges\":[1,-2]", "'merges' holds")]
    [InlineData("\"merges\":{}", "'merges' is missing")]
    public void Wrong_merges_in_vocabulary_json_are_refused(string merges, string fault)
    {
        new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 256 }).Train().Save(_folder["v.json"]);
        string content = File.ReadAllText(_folder["v.json"]).Replace("\"merges\":[]", merges, StringComparison.Ordinal);
        string path = _folder.Write("wrong.json", content);
        Assert.Contains(fault, Assert.Throws<InputException>(() => TransformerXL.Text.Vocabulary.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merges_that_would_double_a_token_again_and_again_are_refused()
    {
        // In vocabulary.json merges are ids; a result has to stand among the tokens, so that a small file cannot ask for long ones.
        new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 256 }).Train().Save(_folder["v.json"]);
        string merges = string.Join(',', Enumerable.Range(255, 60).SelectMany(id => new[] { id, id }));
        string path = _folder.Write("wrong.json", File.ReadAllText(_folder["v.json"]).Replace("\"merges\":[]", $"\"merges\":[{merges}]", StringComparison.Ordinal));
        Assert.Contains("no result", Assert.Throws<InputException>(() => TransformerXL.Text.Vocabulary.Load(path)).Message, StringComparison.Ordinal);
    }

    private static JsonObject Tokenizer(string[] tokens, params string[] merges)
    {
        var ids = new JsonObject();
        foreach (byte value in ByteAlphabet.BytesInOrder())
        {
            ids[ByteAlphabet.Name([value])] = ids.Count;
        }
        foreach (string token in tokens)
        {
            ids[token] = ids.Count;
        }
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = ids.Count, ["content"] = BytePairSamples.EndOfText, ["special"] = true, ["normalized"] = false }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true },
            ["post_processor"] = new JsonObject { ["type"] = "ByteLevel", ["trim_offsets"] = false },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["dropout"] = null, ["vocab"] = ids, ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]) },
        };
    }

    private static JsonObject Steps(params JsonNode[] steps) => new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(steps) };

    private static JsonObject ByteLevel(bool regex) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = regex };

    private static JsonObject Split(string pattern, bool addPrefixSpace) => new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false },
            new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = addPrefixSpace, ["use_regex"] = false }),
    };

    private static void Set(JsonObject file, string path, string? value)
    {
        string[] names = path.Split('.');
        JsonObject target = names[..^1].Aggregate(file, (parent, name) => parent[name]!.AsObject());
        if (value is null)
        {
            target.Remove(names[^1]);
            return;
        }
        target[names[^1]] = JsonNode.Parse(value);
    }

    private static void AssertSame(BytePairVocabulary expected, BytePairVocabulary actual)
    {
        Assert.Equal(expected.Fingerprint, actual.Fingerprint);
        Assert.Equal(expected.Merges, actual.Merges);
        Assert.Equal(expected.SpecialTokens, actual.SpecialTokens);
        Assert.Equal(expected.AddsPrefixSpace, actual.AddsPrefixSpace);
        byte[] text = BytePairSamples.Text(new Random(9), 500);
        Assert.Equal(BytePairSamples.Encode(expected, text), BytePairSamples.Encode(actual, text));
    }

    private void AssertSurvives(BytePairVocabulary vocabulary)
    {
        vocabulary.Save(_folder["own.json"]);
        AssertSame(vocabulary, (BytePairVocabulary)TransformerXL.Text.Vocabulary.Load(_folder["own.json"]));
        TokenizerJson.Save(vocabulary, _folder["written.json"]);
        AssertSame(vocabulary, TokenizerJson.Load(_folder["written.json"]));
    }

    private BytePairVocabulary Load(JsonObject file) => TokenizerJson.Load(_folder.Write("tokenizer.json", file.ToJsonString()));

    private void AssertRefused(string content, string fault)
    {
        string path = _folder.Write("wrong.json", content);
        string message = Assert.Throws<InputException>(() => TokenizerJson.Load(path)).Message;
        Assert.Contains(fault, message, StringComparison.Ordinal);
        Assert.Contains(path, message, StringComparison.Ordinal);
    }
}

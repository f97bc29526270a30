using System.Buffers;
using System.Text.Json;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

/// <summary>The vocabularies of the reference implementation: files, options, symbols, counts and ids, and what it refuses.</summary>
public sealed class WordVocabularyFixtureTests
{
    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        foreach (string folder in FixtureFolders.OfKind("vocabulary"))
        {
            using JsonDocument document = Read(folder);
            foreach (JsonElement element in document.RootElement.GetProperty("custom").EnumerateArray())
            {
                cases.Add(folder, element.GetProperty("name").GetString()!);
            }
        }

        return cases;
    }

    public static TheoryData<string, string> Corpora()
    {
        TheoryData<string, string> corpora = [];
        foreach (string folder in FixtureFolders.OfKind("vocabulary"))
        {
            using JsonDocument document = Read(folder);
            foreach (JsonElement element in document.RootElement.GetProperty("corpora").EnumerateArray())
            {
                corpora.Add(folder, element.GetProperty("dataset").GetString()!);
            }
        }

        return corpora;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_vocabulary_is_that_of_the_reference(string folder, string name)
    {
        using JsonDocument document = Read(folder);
        JsonElement test = document.RootElement.GetProperty("custom").EnumerateArray().Single(element => element.GetProperty("name").GetString() == name);
        if (test.TryGetProperty("build_error", out _))
        {
            Assert.Throws<InputException>(() => Build(folder, test));
            return;
        }

        (WordVocabulary vocabulary, (string, long)[] counts) = Build(folder, test);
        CheckSymbols(test.GetProperty("vocab"), vocabulary);
        Assert.Equal(Counts(test), counts);
        foreach (JsonElement encode in test.GetProperty("encode").EnumerateArray())
        {
            CheckEncoding(folder, encode, vocabulary);
        }
    }

    [Theory]
    [MemberData(nameof(Corpora))]
    public void A_data_set_reads_as_in_the_reference(string folder, string dataset)
    {
        using JsonDocument document = Read(folder);
        JsonElement test = document.RootElement.GetProperty("corpora").EnumerateArray().Single(element => element.GetProperty("dataset").GetString() == dataset);
        string texts = Path.Combine(folder, test.GetProperty("folder").GetString()!);
        JsonElement options = test.GetProperty("vocab_kwargs");
        LineMarks marks = dataset switch { "lm1b" => LineMarks.BothEnds, "enwik8" or "text8" => LineMarks.None, _ => LineMarks.End };
        WordVocabulary vocabulary;
        if (options.TryGetProperty("vocab_file", out JsonElement file))
        {
            vocabulary = WordVocabulary.LoadSymbols(Path.Combine(texts, file.GetString()!), Rules(options) with { Marks = marks });
        }
        else
        {
            WordVocabularyBuilder builder = Builder(options, countEndOfLine: false);
            foreach (string split in dataset == "wt103" ? ["train.txt"] : (string[])["train.txt", "valid.txt", "test.txt"])
            {
                // A file ends its last line; an empty line more counts nothing.
                builder.Add([.. File.ReadAllBytes(Path.Combine(texts, split)), (byte)'\n']);
            }

            vocabulary = new WordVocabulary(((WordVocabulary)builder.Complete()).Symbols.ToArray(), Rules(options) with { Marks = marks });
            Assert.Equal(Counts(test), builder.Frequencies);
        }

        CheckSymbols(test.GetProperty("vocab"), vocabulary);
        Assert.Equal(Flat(test.GetProperty("valid")), Encode(vocabulary, Path.Combine(texts, "valid.txt")));
        Assert.Equal(Flat(test.GetProperty("test")), Encode(vocabulary, Path.Combine(texts, "test.txt")));
        string train = dataset == "lm1b" ? Directory.GetFiles(texts, "news.en-*").Order(StringComparer.Ordinal).First() : Path.Combine(texts, "train.txt");
        Assert.Equal(Flat(test.GetProperty("train")), Encode(vocabulary, train));
    }

    [Fact]
    public void White_space_is_that_of_the_reference()
    {
        foreach (string folder in FixtureFolders.OfKind("vocabulary"))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
            IEnumerable<int> ours = Enumerable.Range(0, 0x110000).Where(value => System.Text.Rune.IsValid(value) && UnicodeText.IsWhiteSpace(value));
            Assert.Equal(document.RootElement.GetProperty("whitespace_code_points").EnumerateArray().Select(value => value.GetInt32()), ours);
        }
    }

    private static (WordVocabulary Vocabulary, (string, long)[] Counts) Build(string folder, JsonElement test)
    {
        JsonElement options = test.GetProperty("vocab_kwargs");
        if (options.TryGetProperty("vocab_file", out JsonElement file))
        {
            return (WordVocabulary.LoadSymbols(Path.Combine(folder, file.GetString()!), Rules(options)), []);
        }

        WordVocabularyBuilder builder = Builder(options, test.GetProperty("count_add_eos").GetBoolean());
        builder.Add(File.ReadAllBytes(Path.Combine(folder, test.GetProperty("files").GetProperty("count").GetString()!)));
        var vocabulary = (WordVocabulary)builder.Complete();
        return (vocabulary, [.. builder.Frequencies]);
    }

    private static void CheckEncoding(string folder, JsonElement encode, WordVocabulary vocabulary)
    {
        string path = Path.Combine(folder, encode.GetProperty("file").GetString()!);
        LineMarks marks = encode.GetProperty("add_double_eos").GetBoolean() ? LineMarks.BothEnds
            : encode.GetProperty("add_eos").GetBoolean() ? LineMarks.End : LineMarks.None;
        int[] Ids() => Encode(new WordVocabulary(vocabulary.Symbols.ToArray(), vocabulary.Rules with { Marks = marks }), path);
        if (!encode.TryGetProperty("error", out JsonElement error))
        {
            Assert.Equal(Flat(encode.GetProperty("ids")), Ids());
        }
        else if (error.GetString() == "RuntimeError")
        {
            // The reference cannot join the lines of an empty file; here a text file must not be empty.
            Assert.Throws<InputException>(() => TextSourceFinder.Find(path, new TextRules { SkipByteOrderMark = true, HasLines = true }, new LeftOutEntries()));
        }
        else
        {
            Assert.Throws<InputException>(Ids);
        }
    }

    private static void CheckSymbols(JsonElement expected, WordVocabulary vocabulary)
    {
        Assert.Equal(expected.GetProperty("symbols").EnumerateArray().Select(symbol => symbol.GetString()), vocabulary.Symbols.ToArray());
        Assert.Equal(expected.GetProperty("size").GetInt32(), vocabulary.Count);
        foreach (JsonProperty attribute in expected.GetProperty("special_attributes").EnumerateObject())
        {
            int? id = attribute.Name switch { "unk_idx" => vocabulary.UnknownId, "eos_idx" => vocabulary.IdOf("<eos>"), _ => vocabulary.IdOf("<S>") };
            Assert.Equal(attribute.Value.GetInt32(), id);
        }
    }

    private static WordVocabularyBuilder Builder(JsonElement options, bool countEndOfLine) => new(
        Rules(options),
        options.TryGetProperty("special", out JsonElement special) ? [.. special.EnumerateArray().Select(symbol => symbol.GetString()!)] : [],
        options.TryGetProperty("min_freq", out JsonElement least) ? least.GetInt32() : 0,
        options.TryGetProperty("max_size", out JsonElement most) ? most.GetInt32() : null,
        countEndOfLine);

    private static WordRules Rules(JsonElement options) => new()
    {
        LowerCase = !options.TryGetProperty("lower_case", out JsonElement lower) || lower.GetBoolean(),
        Delimiter = options.TryGetProperty("delimiter", out JsonElement delimiter) ? delimiter.GetString() : null,
        Marks = LineMarks.None,
    };

    /// <summary>By the encoder itself: the reference takes a byte order mark for a part of the first word, which readers of text here leave out.</summary>
    private static int[] Encode(WordVocabulary vocabulary, string path)
    {
        ArrayBufferWriter<int> ids = new();
        TokenEncoder encoder = vocabulary.CreateEncoder();
        encoder.Append(File.ReadAllBytes(path), ids);
        encoder.Complete(ids);
        return ids.WrittenSpan.ToArray();
    }

    private static (string, long)[] Counts(JsonElement test) =>
        [.. test.GetProperty("counts").EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetInt64()))];

    private static IEnumerable<int> Flat(JsonElement ids) =>
        ids.ValueKind == JsonValueKind.Array ? ids.EnumerateArray().SelectMany(Flat) : [ids.GetInt32()];

    private static JsonDocument Read(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, document.RootElement.GetProperty("file").GetString()!)));
    }
}

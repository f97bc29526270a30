using System.Globalization;
using System.Text;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using Xunit;
using Xunit.Abstractions;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>Damaged files; the variable TXL_MUTATIONS asks for another number of them.</summary>
public sealed class BytePairMutationTests(ITestOutputHelper output) : IDisposable
{
    private const int Mutations = 4000;

    // Measured: a parsed file takes about 30 bytes for each of its bytes, an exception with its trace about 20 kB.
    private const long AllocatedPerByte = 100;
    private const long AllocatedAtLeast = 128 * 1024;

    private static readonly string[] s_tokens =
    [
        "-1", "257", "9223372036854775807", "1e400", "null", "true", "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "\"a\"", "\"a b\"", "\"Ġ\"", "\\ud800", "\\u0000", "\0",
        "[[[[[[[[[[[[[[[[[[[", "\"merges\":[", "\"vocab\":{", "\n", "a b\n", "#version\n", "\"special\":[", "\"Sequence\"", "\"type\"",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_files_are_read_or_refused_in_bounded_memory_and_nothing_else_happens()
    {
        (string Name, byte[] Content, Func<byte[], BytePairVocabulary> Parse)[] files = Files();
        foreach ((_, byte[] content, Func<byte[], BytePairVocabulary> parse) in files)
        {
            parse(content);
        }
        int count = int.TryParse(Environment.GetEnvironmentVariable("TXL_MUTATIONS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Mutations;
        var random = new Random(20190102);
        int accepted = 0;
        long most = 0;
        for (int i = 0; i < count; i++)
        {
            (string name, byte[] content, Func<byte[], BytePairVocabulary> parse) = files[i % files.Length];
            byte[] damaged = Damage(content, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            BytePairVocabulary? vocabulary = TryParse(parse, damaged);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            most = Math.Max(most, allocated - (AllocatedPerByte * damaged.Length));
            Assert.True(allocated <= (AllocatedPerByte * damaged.Length) + AllocatedAtLeast, $"{name} {i} of {damaged.Length} bytes allocated {allocated} bytes");
            accepted += vocabulary is null ? 0 : 1;
            if (vocabulary is not null && i % 16 == 0)
            {
                AssertUsable(vocabulary);
            }
        }
        output.WriteLine($"{accepted} of {count} accepted, at most {most} bytes beyond {AllocatedPerByte} per byte");
        Assert.InRange(accepted, 1, count - 1);
    }

    private static void AssertUsable(BytePairVocabulary vocabulary)
    {
        byte[] text = Encoding.UTF8.GetBytes(" the other <|end|> mother's é\n  x");
        byte[] decoded = BytePairSamples.Decode(vocabulary, BytePairSamples.Encode(vocabulary, text));
        // A token that takes white space along does not give it back.
        bool losesSpace = vocabulary.Model.Added.Any(token => token.TakesSpaceBefore || token.TakesSpaceAfter);
        Assert.True(vocabulary.AddsPrefixSpace || losesSpace || text.AsSpan().SequenceEqual(decoded));
    }

    private static BytePairVocabulary? TryParse(Func<byte[], BytePairVocabulary> parse, byte[] content)
    {
        try
        {
            return parse(content);
        }
        catch (InputException)
        {
            return null;
        }
    }

    private static byte[] Damage(byte[] content, Random random)
    {
        if (random.Next(2) == 0)
        {
            return Mutation.Of(content, random);
        }
        int at = random.Next(content.Length);
        int to = Math.Min(content.Length, at + random.Next(8));
        return [.. content[..at], .. Encoding.UTF8.GetBytes(s_tokens[random.Next(s_tokens.Length)]), .. content[to..]];
    }

    private (string Name, byte[] Content, Func<byte[], BytePairVocabulary> Parse)[] Files()
    {
        BytePairVocabulary vocabulary = BytePairSamples.Train(320, ["<|end|>"], BytePairSamples.Text(new Random(1), 2000));
        vocabulary.Save(_folder["vocabulary.json"]);
        TokenizerJson.Save(vocabulary, _folder["tokenizer.json"]);
        VocabularyAndMerges.Save(vocabulary, _folder["vocab.json"], _folder["merges.txt"]);
        byte[] ids = File.ReadAllBytes(_folder["vocab.json"]);
        byte[] rich = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(File.ReadAllBytes(_folder["tokenizer.json"]))
            .Replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}", StringComparison.Ordinal)
            .Replace("\"lstrip\":false", "\"lstrip\":true", StringComparison.Ordinal)
            .Replace("\"pre_tokenizer\":{", "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"behavior\":\"Isolated\",\"pattern\":{\"Regex\":\"(?i:'s|'t)|\\\\p{N}{1,3}|[^\\\\s\\\\p{N}]+|\\\\s+(?!\\\\S)|\\\\s+\"}},{", StringComparison.Ordinal)
            .Replace("\"use_regex\":true},\"post", "\"use_regex\":false}]},\"post", StringComparison.Ordinal));
        TokenizerJson.Parse(rich).Save(_folder["rich.json"]);
        byte[] merges = File.ReadAllBytes(_folder["merges.txt"]);
        return
        [
            ("tokenizer.json", File.ReadAllBytes(_folder["tokenizer.json"]), TokenizerJson.Parse),
            ("vocabulary.json", File.ReadAllBytes(_folder["vocabulary.json"]), Load),
            ("tokenizer.json with rules", rich, TokenizerJson.Parse),
            ("vocabulary.json with rules", File.ReadAllBytes(_folder["rich.json"]), Load),
            ("vocab.json", ids, content => Join(content, merges)),
            ("merges.txt", merges, content => Join(ids, content)),
        ];
    }

    private BytePairVocabulary Load(byte[] content) =>
        Vocabulary.Load(_folder.Write("damaged.json", content)) as BytePairVocabulary ?? throw new InputException("a vocabulary of another kind");

    private static BytePairVocabulary Join(byte[] ids, byte[] merges)
    {
        BytePairModelBuilder builder = VocabularyAndMerges.ParseVocabulary(ids, ["<|end|>"]);
        MergesText.Parse(merges, builder);
        return new BytePairVocabulary(builder.Build(new BytePairRules()));
    }
}

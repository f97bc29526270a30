using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Data;

/// <summary>Damaged vocabularies of words; TXL_MUTATIONS sets how many.</summary>
public sealed class WordVocabularyFuzzTests : IDisposable
{
    private const int Standard = 2000;

    private static readonly int s_rounds = int.TryParse(Environment.GetEnvironmentVariable("TXL_MUTATIONS"), out int given) ? given : Standard;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("v.json")]
    [InlineData("v.txt")]
    public void A_mutated_file_loads_or_is_refused_and_nothing_else_happens(string name)
    {
        var vocabulary = new WordVocabulary(["<unk>", "<eos>", "a", "é😀", "\"x\"", "b"]);
        bool json = name == "v.json";
        (json ? (Action<string>)vocabulary.Save : vocabulary.SaveSymbols)(_folder[name]);
        byte[] original = File.ReadAllBytes(_folder[name]);
        var random = new Random(5);
        int refused = 0;
        for (int round = 0; round < s_rounds; round++)
        {
            string path = _folder.Write(name, Mutation.Of(original, random));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Vocabulary loaded = json ? Vocabulary.Load(path) : WordVocabulary.LoadSymbols(path);
                Assert.InRange(loaded.Count, 1, original.Length * 2);
                loaded.Decode(loaded.Encode("a <unk> b\n"));
            }
            catch (InputException error)
            {
                Assert.True(error.Message.Contains(name, StringComparison.Ordinal) || error.Message.StartsWith("the word", StringComparison.Ordinal), error.Message);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 6 << 20);
        }

        Assert.InRange(refused, 1, s_rounds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(",")]
    public void Any_bytes_are_encoded_or_refused_and_the_characters_are_counted(string? delimiter)
    {
        var random = new Random(6);
        var rules = new WordRules { Delimiter = delimiter, LowerCase = true };
        for (int round = 0; round < s_rounds; round++)
        {
            string text = RandomText.Create(random, random.Next(40)).Replace('e', ',');
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text + "x");
            var builder = new WordVocabularyBuilder(rules, ["<unk>", "<eos>"], 0, null);
            builder.Add(bytes);
            var vocabulary = (WordVocabulary)builder.Complete();
            Assert.DoesNotContain(vocabulary.UnknownId!.Value, vocabulary.Encode(text + "x").Except([vocabulary.IdOf("<unk>")!.Value]));
            try
            {
                _ = vocabulary.Encode(new MemoryStream(Mutation.Of(bytes, random))).Count();
            }
            catch (InputException error)
            {
                Assert.Contains("invalid UTF-8", error.Message, StringComparison.Ordinal);
            }
        }
    }
}

using System.Text;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class VocabularyFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_saved_vocabulary_loads_equal()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("\n\t\"\\<é😀\u0001\u2028");
        vocabulary.Save(_folder["vocabulary.json"]);
        Vocabulary loaded = Vocabulary.Load(_folder["vocabulary.json"]);
        Assert.Equal(vocabulary.Symbols.ToArray(), Assert.IsType<CharacterVocabulary>(loaded).Symbols.ToArray());
        Assert.Equal(vocabulary.Fingerprint, loaded.Fingerprint);
    }

    [Fact]
    public void The_byte_vocabulary_loads()
    {
        new ByteVocabulary().Save(_folder["vocabulary.json"]);
        Assert.IsType<ByteVocabulary>(Vocabulary.Load(_folder["vocabulary.json"]));
    }

    [Fact]
    public void The_order_in_a_file_is_kept()
    {
        string path = _folder.Write("v.json", Content("[\"b\",\"a\"]"));
        Assert.Equal([1, 2], Vocabulary.Load(path).Encode("ba"));
    }

    [Fact]
    public void Every_character_of_Unicode_fits_into_a_file()
    {
        var vocabulary = new CharacterVocabulary(Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(value => new Rune(value)));
        vocabulary.Save(_folder["v.json"]);
        Assert.Equal(vocabulary.Count, Vocabulary.Load(_folder["v.json"]).Count);
    }

    [Fact]
    public void Saving_leaves_no_temporary_file()
    {
        new ByteVocabulary().Save(_folder["v.json"]);
        new ByteVocabulary().Save(_folder["v.json"]);
        Assert.Equal([_folder["v.json"]], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "object is expected")]
    [InlineData("{\"format\":\"x\"}", "format 'x'")]
    [InlineData("{\"format\":\"transformerxl.vocabulary\",\"version\":3,\"kind\":\"bytes\"}", "version 3")]
    [InlineData("{\"format\":\"transformerxl.vocabulary\",\"kind\":\"bytes\"}", "version is missing")]
    [InlineData("{\"format\":\"transformerxl.vocabulary\",\"version\":1,\"kind\":\"pictures\"}", "kind 'pictures' is unknown")]
    public void A_wrong_file_is_named_with_its_fault(string content, string fault) => AssertRefused(content, fault);

    [Theory]
    [InlineData("[\"a\",\"b\",\"a\"]", "U+0061 occurs twice")]
    [InlineData("[\"ab\"]", "symbol 0 is not a string of one character")]
    [InlineData("[\"a\",\"\"]", "symbol 1 is not")]
    [InlineData("[1]", "symbol 0 is not")]
    [InlineData("[\"\\ud800\"]", "")]
    [InlineData("{}", "'symbols' is missing")]
    public void Wrong_symbols_are_refused(string symbols, string fault) => AssertRefused(Content(symbols), fault);

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains("none.json", Assert.Throws<InputException>(() => Vocabulary.Load(_folder["none.json"])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_beyond_the_limit_is_not_read()
    {
        using (FileStream stream = File.Create(_folder["v.json"]))
        {
            stream.SetLength(10L << 30);
        }
        var error = Assert.Throws<InputException>(() => Vocabulary.Load(_folder["v.json"]));
        Assert.Contains("10737418240 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mutated_file_loads_or_is_refused_and_nothing_else_happens()
    {
        CharacterVocabulary.FromText("abcé😀\n\"").Save(_folder["v.json"]);
        byte[] original = File.ReadAllBytes(_folder["v.json"]);
        var random = new Random(3);
        int refused = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] mutated = Mutation.Of(original, random);
            string path = _folder.Write("m.json", mutated);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Vocabulary.Load(path).Encode("abc");
            }
            catch (InputException error)
            {
                Assert.Contains("m.json", error.Message, StringComparison.Ordinal);
                refused++;
            }
            // The table over code points is the largest thing that a small file can ask for.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 6 << 20);
        }
        Assert.InRange(refused, 500, 999);
    }

    private static string Content(string symbols) =>
        $"{{\"format\":\"transformerxl.vocabulary\",\"version\":1,\"kind\":\"characters\",\"unknown\":\"<unk>\",\"symbols\":{symbols}}}";

    private void AssertRefused(string content, string fault)
    {
        string path = _folder.Write("wrong.json", content);
        var error = Assert.Throws<InputException>(() => Vocabulary.Load(path));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }
}

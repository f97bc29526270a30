using System.Diagnostics;
using System.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.BytePairs.AddedTokens;
using TransformerXL.Text.BytePairs.Normalization;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>Unicode's normalization form C, which a tokenizer.json may ask for (<c>NFC</c>).</summary>
public sealed class NormalizationTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u00E9", "\u00E9")]
    [InlineData("a\u0323\u0307", "\u1EA1\u0307")]
    [InlineData("a\u0307\u0323", "\u1EA1\u0307")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\uAC01\u11A8", "\uAC01\u11A8")]
    [InlineData("\uF900", "\u8C48")]
    [InlineData("\u0301e\u0301", "\u0301\u00E9")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U00011099\U000110BA", "\U0001109A")]
    [InlineData("e\0\u0301", "e\0\u0301")]
    public void Text_is_brought_into_form_C(string text, string expected) => Assert.Equal(expected, Encoding.UTF8.GetString(Normalize(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Bytes_that_are_no_text_stay_as_they_are()
    {
        byte[] text = [0x65, 0xCC, 0x81, 0xFF, 0xCC, 0x81, 0xE3, 0x81];
        Assert.Equal([0xC3, 0xA9, 0xFF, 0xCC, 0x81, 0xE3, 0x81], Normalize(text));
        Assert.Equal(Normalize(text), Normalize(text, 1));
    }

    [Fact]
    public void The_result_does_not_depend_on_pieces_and_is_normalized_itself()
    {
        var random = new Random(31);
        string marks = "\u0300\u0301\u0323\u0307\u0308\u0345\u093C\u05B0\u1161\u11A8\u3099", bases = "aeAuoÅé\u1100\uAC00\u0915か\u03B1 x1";
        for (int round = 0; round < 2000; round++)
        {
            byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(2) == 0 ? marks[random.Next(marks.Length)] : bases[random.Next(bases.Length)])));
            byte[] whole = Normalize(text);
            Assert.Equal(whole, Normalize(text, 1));
            Assert.Equal(whole, Normalize(text, random.Next(1, 9)));
            Assert.Equal(whole, Normalize(whole));
        }
    }

    [Fact]
    public void Marks_without_end_are_read_in_bounded_memory()
    {
        byte[] text = Encoding.UTF8.GetBytes("a" + string.Concat(Enumerable.Repeat("\u0323\u0307", 100_000)));
        Assert.Equal(Normalize(text), Normalize(text, 997));
    }

    [Fact]
    public void A_tokenizer_that_asks_for_it_gives_the_ids_of_normalized_text()
    {
        byte[] file = PublishedVocabulary.Get("gpt2").Json;
        string json = Encoding.UTF8.GetString(file);
        BytePairVocabulary vocabulary = TokenizerJson.Parse(Encoding.UTF8.GetBytes("{\"normalizer\":{\"type\":\"NFC\"}," + json[1..]));
        BytePairVocabulary plain = PublishedVocabulary.Get("gpt2").Vocabulary;
        Assert.Equal(plain.Encode("caf\u00E9 <|endoftext|>\u00E9"), vocabulary.Encode("cafe\u0301 <|endoftext|>e\u0301"));
        Assert.NotEqual(plain.Encode("cafe\u0301"), vocabulary.Encode("cafe\u0301"));
    }

    [SkippableFact]
    public void Every_character_and_every_pair_that_composes_is_normalized_like_by_Python()
    {
        string? python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists);
        Skip.If(python is null, "there is no python3");
        // Characters that Python's edition of Unicode does not know are left out; those known never change.
        const string program = """
            import sys, unicodedata
            known = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
            marks = [c for c in known if unicodedata.combining(c)]
            texts = known + ["a" + c + "\u0301\u0323" for c in known] + ["e\u0323" + c + "o" for c in marks] + [unicodedata.normalize("NFD", c) + "\u0301" for c in known]
            out = sys.stdout.buffer
            for text in texts:
                if "\n" not in text and "\t" not in text:
                    out.write((text + "\t" + unicodedata.normalize("NFC", text) + "\n").encode())
            """;
        using var process = Process.Start(new ProcessStartInfo(python!, ["-c", program]) { RedirectStandardOutput = true, StandardOutputEncoding = new UTF8Encoding(false) })!;
        int count = 0;
        // ReadLine would end lines at other characters than \n.
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        foreach (string[] line in lines.Select(line => line.Split('\t')).Where(line => line.Length == 2))
        {
            string normalized = Encoding.UTF8.GetString(Normalize(Encoding.UTF8.GetBytes(line[0])));
            Assert.True(normalized == line[1], string.Join(' ', line[0].EnumerateRunes().Select(rune => $"U+{rune.Value:X4}")));
            count++;
        }
        Assert.True(count > 500_000, $"{count} texts");
    }

    private static byte[] Normalize(byte[] text, int piece = int.MaxValue)
    {
        var collected = new Collected();
        var sink = new NormalizingSink(collected);
        for (int at = 0; at < text.Length; at += Math.Min(piece, text.Length - at))
        {
            sink.Text(text.AsSpan(at, Math.Min(piece, text.Length - at)));
        }
        sink.End();
        return [.. collected.Bytes];
    }

    private sealed class Collected : ITextSink
    {
        public List<byte> Bytes { get; } = [];

        public void Text(ReadOnlySpan<byte> text) => Bytes.AddRange(text);

        public void Token(int id)
        {
        }

        public void End()
        {
        }
    }
}

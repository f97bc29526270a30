using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class VocabularyTests
{
    private static readonly ByteVocabulary s_bytes = new();

    [Fact]
    public void Characters_are_ordered_by_code_point_after_the_unknown_symbol()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("b😀aéb");
        Assert.Equal(["<unk>", "a", "b", "é", "😀"], Enumerable.Range(0, vocabulary.Count).Select(vocabulary.Describe));
    }

    [Fact]
    public void A_surrogate_pair_is_one_token() => Assert.Equal([1], CharacterVocabulary.FromText("😀").Encode("😀"));

    [Fact]
    public void Code_points_count_and_not_UTF_16_units() => Assert.Equal(3, Encoded(CharacterVocabulary.FromText("a😀b"), "a😀b").Characters);

    [Fact]
    public void Characters_of_bytes_are_code_points() => Assert.Equal(3, Encoded(s_bytes, "a😀b").Characters);

    [Fact]
    public void An_absent_character_becomes_the_unknown_symbol_and_is_counted()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("ab");
        Assert.Equal([1, 0, 2], vocabulary.Encode("a?b"));
        Assert.Equal(1, Encoded(vocabulary, "a?b").Unknown);
        Assert.Equal("a\uFFFDb", vocabulary.Decode([1, 0, 2]));
    }

    [Fact]
    public void Any_text_of_valid_characters_survives_both_vocabularies()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            string text = RandomText.Create(random, round);
            CharacterVocabulary characters = CharacterVocabulary.FromText(text);
            Assert.Equal(text, characters.Decode(characters.Encode(text)));
            Assert.Equal(text, s_bytes.Decode(s_bytes.Encode(text)));
            Assert.Equal(text.EnumerateRunes().Count(), characters.Encode(text).Length);
        }
    }

    [Fact]
    public void Any_string_decodes_to_what_UTF_8_makes_of_it() =>
        Prop.ForAll<string>(text => s_bytes.Decode(s_bytes.Encode(text ?? "")) == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""))).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_survive_the_byte_vocabulary() => Prop.ForAll<byte[]>(bytes =>
    {
        int[] ids = [.. s_bytes.Encode(new MemoryStream(bytes ?? []))];
        var back = new ArrayBufferWriter<byte>();
        s_bytes.DecodeUtf8(ids, back);
        return back.WrittenSpan.SequenceEqual(bytes ?? []) && s_bytes.Decode(ids) == Encoding.UTF8.GetString(bytes ?? []);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Pieces_of_any_size_encode_like_the_whole()
    {
        var random = new Random(2);
        string text = RandomText.Create(random, 300);
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText(text);
        int[] whole = vocabulary.Encode(text);
        for (int size = 1; size <= 7; size++)
        {
            var tokens = new ArrayBufferWriter<int>();
            TokenEncoder encoder = vocabulary.CreateEncoder();
            foreach (byte[] piece in utf8.Chunk(size))
            {
                encoder.Append(piece, tokens);
            }
            encoder.Complete(tokens);
            Assert.Equal(whole, tokens.WrittenSpan.ToArray());
        }
    }

    [Fact]
    public void A_text_longer_than_the_buffers_encodes_across_them()
    {
        string text = string.Concat(Enumerable.Repeat("a😀é", 20_000));
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText(text);
        Assert.Equal(text, vocabulary.Decode(vocabulary.Encode(text)));
        Assert.Equal(vocabulary.Encode(text), vocabulary.Encode(new MemoryStream(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void The_byte_decoder_holds_an_incomplete_character_back()
    {
        TokenDecoder decoder = s_bytes.CreateDecoder();
        Assert.Equal(["", "", "", "😀", "a"], Encoding.UTF8.GetBytes("😀a").Select(value => decoder.Append(value)));
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void What_the_byte_decoder_holds_back_at_the_end_becomes_a_replacement_character()
    {
        TokenDecoder decoder = s_bytes.CreateDecoder();
        Assert.Equal("", decoder.Append(0xF0));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("a", decoder.Append('a'));
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0x62, 0xFF, 0x61 }, 2)]
    [InlineData(new byte[] { 0x61, 0xC0, 0x80 }, 1)]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, 0)]
    [InlineData(new byte[] { 0x61, 0xE2, 0x82 }, 1)]
    [InlineData(new byte[] { 0x61, 0xE2, 0x82, 0x61 }, 1)]
    public void Invalid_UTF_8_names_its_offset_for_any_size_of_pieces(byte[] bytes, int offset)
    {
        for (int size = 1; size <= bytes.Length; size++)
        {
            TokenEncoder encoder = CharacterVocabulary.FromText("a").CreateEncoder();
            var error = Assert.Throws<InputException>(() =>
            {
                var tokens = new ArrayBufferWriter<int>();
                foreach (byte[] piece in bytes.Chunk(size))
                {
                    encoder.Append(piece, tokens);
                }
                encoder.Complete(tokens);
            });
            Assert.Contains($"byte offset {offset};", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_id_outside_names_the_range()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => CharacterVocabulary.FromText("ab").Decode([3]));
        Assert.Contains("token id 3 is not in 0..2", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => s_bytes.Decode([256]));
        Assert.Throws<ArgumentOutOfRangeException>(() => s_bytes.CreateDecoder().Append(-1));
    }

    private static TokenEncoder Encoded(Vocabulary vocabulary, string text)
    {
        TokenEncoder encoder = vocabulary.CreateEncoder();
        var tokens = new ArrayBufferWriter<int>();
        encoder.Append(Encoding.UTF8.GetBytes(text), tokens);
        encoder.Complete(tokens);
        return encoder;
    }
}

using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

public sealed class BytePairEncodingTests
{
    private static BytePairVocabulary Vocabulary => BytePairSamples.Vocabulary;

    [Fact]
    public void Ten_thousand_texts_are_encoded_like_by_the_plain_reference()
    {
        var random = new Random(2);
        for (int round = 0; round < 10_000; round++)
        {
            byte[] text = BytePairSamples.Text(random, random.Next(30));
            int[] ids = BytePairSamples.Encode(Vocabulary, text);
            Assert.True(ReferenceBytePairs.Encode(Vocabulary, text).SequenceEqual(ids), $"round {round}: {Convert.ToHexString(text)}");
            Assert.Equal(text, BytePairSamples.Decode(Vocabulary, ids));
        }
    }

    // A labelling task encodes each sentence by itself: 2 MB for each of 51,778 sentences took a minute.
    [Fact]
    public void A_short_text_allocates_no_cache_of_its_own()
    {
        const int Texts = 100;
        byte[] text = "the other mother"u8.ToArray();
        int[] expected = BytePairSamples.Encode(Vocabulary, text);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Texts; i++)
        {
            Assert.Equal(expected, BytePairSamples.Encode(Vocabulary, text));
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Texts, 0, 500_000);
    }

    [Fact]
    public void Random_bytes_and_random_characters_are_cut_like_by_the_pattern()
    {
        var random = new Random(3);
        for (int round = 0; round < 2000; round++)
        {
            byte[] text = new byte[random.Next(60)];
            random.NextBytes(text);
            text = round % 2 == 0 ? text : Encoding.UTF8.GetBytes(RandomText.Create(random, 40));
            Assert.Equal(ReferenceBytePairs.Encode(Vocabulary, text), BytePairSamples.Encode(Vocabulary, text));
        }
    }

    [Fact]
    public void Characters_of_the_first_plane_and_a_sample_of_the_others_have_the_class_that_the_pattern_gives_them()
    {
        for (int value = 0; value < 0x110000; value++)
        {
            if (value is >= 0xD800 and < 0xE000)
            {
                continue;
            }
            byte[] text = Encoding.UTF8.GetBytes("a" + char.ConvertFromUtf32(value) + "1");
            if (value < 0x10000 || value % 64 == 0)
            {
                Assert.True(ReferenceBytePairs.PreTokens(text).Select(Convert.ToHexString).SequenceEqual(PreTokens(text).Select(Convert.ToHexString)), $"U+{value:X4}");
            }
        }
    }

    [Fact]
    public void Any_bytes_come_back_exactly() => Prop.ForAll<byte[]>(bytes =>
        BytePairSamples.Decode(Vocabulary, BytePairSamples.Encode(Vocabulary, bytes ?? [])).AsSpan().SequenceEqual(bytes ?? [])).QuickCheckThrowOnFailure();

    [Fact]
    public void The_ids_do_not_depend_on_how_the_text_is_cut_into_pieces() => Prop.ForAll<int, NonEmptyArray<PositiveInt>>((seed, pieces) =>
    {
        byte[] text = BytePairSamples.Text(new Random(seed), 60);
        int[] lengths = [.. pieces.Get.Select(piece => piece.Get)];
        return BytePairSamples.Encode(Vocabulary, text, lengths).SequenceEqual(BytePairSamples.Encode(Vocabulary, text))
            && BytePairSamples.Encode(Vocabulary, text, 1).SequenceEqual(BytePairSamples.Encode(Vocabulary, text));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_text_longer_than_the_buffers_is_encoded_across_them()
    {
        byte[] text = BytePairSamples.Text(new Random(4), 100_000);
        int[] whole = BytePairSamples.Encode(Vocabulary, text);
        Assert.Equal(ReferenceBytePairs.Encode(Vocabulary, text), whole);
        Assert.Equal(whole, BytePairSamples.Encode(Vocabulary, text, 70_001, 3, 65_536));
        Assert.Equal(whole, Vocabulary.Encode(new MemoryStream(text)));
    }

    [Fact]
    public void A_long_pre_token_is_merged_like_by_the_reference()
    {
        var random = new Random(5);
        for (int length = 60; length < 400; length += 7)
        {
            byte[] text = [.. Enumerable.Range(0, length).Select(_ => (byte)"abthero"[random.Next(7)])];
            Assert.Equal(ReferenceBytePairs.Merge(Vocabulary, text), BytePairSamples.Encode(Vocabulary, text));
        }
    }

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('!')]
    public void A_million_times_one_character_is_merged_without_looking_at_all_pairs_each_time(char character)
    {
        byte[] training = Encoding.UTF8.GetBytes(new string(character, 16));
        BytePairVocabulary vocabulary = BytePairSamples.Train(258, [], training);
        byte[] text = Encoding.UTF8.GetBytes(new string(character, 1_000_000));
        int[] ids = BytePairSamples.Encode(vocabulary, text, 999);
        Assert.Equal(250_000, ids.Length);
        Assert.All(ids, id => Assert.Equal(257, id));
    }

    [Fact]
    public void A_pre_token_beyond_the_limit_is_cut_at_the_same_place_for_all_pieces()
    {
        byte[] text = Encoding.UTF8.GetBytes(new string('é', BytePairLimits.PreTokenBytes));
        int[] ids = BytePairSamples.Encode(Vocabulary, text);
        Assert.Equal(ids, BytePairSamples.Encode(Vocabulary, text, 100_003));
        Assert.Equal(text, BytePairSamples.Decode(Vocabulary, ids));
    }

    [Fact]
    public void Characters_are_code_points_also_where_the_UTF_8_is_broken()
    {
        byte[] text = BytePairSamples.Text(new Random(6), 1000);
        TokenEncoder pairs = Vocabulary.CreateEncoder();
        TokenEncoder bytes = new ByteVocabulary().CreateEncoder();
        pairs.Append(text, new ArrayBufferWriter<int>());
        bytes.Append(text, new ArrayBufferWriter<int>());
        Assert.Equal(bytes.Characters, pairs.Characters);
        Assert.Equal(0, pairs.Unknown);
    }

    [Fact]
    public void Warm_encoding_allocates_nothing()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $" the{i % 500} mother's other,")));
        var tokens = new ArrayBufferWriter<int>(text.Length * 2);
        TokenEncoder encoder = Vocabulary.CreateEncoder();
        encoder.Append(text, tokens);

        // A collection may take a pooled array away once; what every round made anew would show in each.
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            tokens.ResetWrittenCount();
            long before = GC.GetAllocatedBytesForCurrentThread();
            encoder.Append(text, tokens);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void The_longest_special_token_at_a_place_is_taken_and_others_are_text()
    {
        int end = Vocabulary.SpecialTokens["<|end|>"];
        int endOfText = Vocabulary.SpecialTokens[BytePairSamples.EndOfText];
        int longest = Vocabulary.SpecialTokens["<|endoftext|>>"];
        int x = Vocabulary.Encode("x")[0];
        Assert.Equal([x, endOfText, end, longest, x, endOfText], Vocabulary.Encode("x<|endoftext|><|end|><|endoftext|>>x<|endoftext|>"));
        Assert.DoesNotContain(Vocabulary.Encode("<|endoftext|"), id => id >= end);
    }

    [Fact]
    public void White_space_before_a_special_token_is_the_end_of_a_text() =>
        Assert.Equal([.. Vocabulary.Encode("a  "), Vocabulary.SpecialTokens["<|end|>"], .. Vocabulary.Encode(" b")], Vocabulary.Encode("a  <|end|> b"));

    [Fact]
    public void The_decoder_holds_an_incomplete_character_back_across_tokens()
    {
        TokenDecoder decoder = Vocabulary.CreateDecoder();
        int[] ids = [.. Encoding.UTF8.GetBytes("😀").Select(value => Enumerable.Range(0, 256).First(id => Vocabulary.BytesOf(id)[0] == value))];
        Assert.Equal(["", "", "", "😀"], ids.Select(decoder.Append));
        Assert.Equal("", decoder.Append(ids[0]));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal(" the other", Vocabulary.Decode(Vocabulary.Encode(" the other")));
    }

    [Fact]
    public void Names_of_tokens_are_printable()
    {
        Assert.Equal("␣", Vocabulary.Describe(Vocabulary.Encode(" ")[0]));
        Assert.Equal("0x0A", Vocabulary.Describe(Vocabulary.Encode("\n")[0]));
        Assert.Equal("<|end|>", Vocabulary.Describe(Vocabulary.SpecialTokens["<|end|>"]));
        Assert.All(Enumerable.Range(0, Vocabulary.Count), id => Assert.DoesNotContain(Vocabulary.Describe(id), char.IsControl));
    }

    [Fact]
    public void An_id_outside_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Vocabulary.Decode([Vocabulary.Count]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Vocabulary.CreateDecoder().Append(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Vocabulary.Describe(Vocabulary.Count));
    }

    private static List<byte[]> PreTokens(byte[] text)
    {
        var scanner = new PreTokenScanner();
        List<byte[]> preTokens = [];
        for (int at = 0; at < text.Length; at += preTokens[^1].Length)
        {
            preTokens.Add(text[at..(at + scanner.Next(text.AsSpan(at), ended: true, BytePairLimits.PreTokenBytes))]);
        }
        return preTokens;
    }
}

using System.Buffers;
using System.Text;
using TransformerXL.Testing.Vocabularies;
using TransformerXL.Text;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.Unigram.Normalization;
using Xunit;

namespace TransformerXL.Tests.Data.Unigram;

/// <summary>Divisions of words beside a search through all of them, and parts of the original text.</summary>
public sealed class UnigramVocabularyTests
{
    [Fact]
    public void Words_are_divided_as_by_a_search_through_all_divisions()
    {
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            // Scores in quarters make sums exact, so that equal sums are found in any order of addition.
            string[] texts = [.. Enumerable.Range(0, 12).Select(_ => string.Concat(Enumerable.Range(0, 1 + random.Next(4)).Select(_ => "▁abé"[random.Next(4)]))).Distinct().Where(text => text.LastIndexOf('▁') <= 0)];
            UnigramPiece[] pieces = [.. UnigramSamples.Special, .. texts.Select(text => new UnigramPiece(text, -random.Next(1, 40) / 4.0))];
            UnigramVocabulary vocabulary = new(pieces);
            for (int i = 0; i < 10; i++)
            {
                string word = string.Concat(Enumerable.Range(0, 1 + random.Next(9)).Select(_ => "abéx"[random.Next(4)]));
                int[] expected = Best(pieces, "▁" + word);
                Assert.True(expected.SequenceEqual(vocabulary.Encode(word)), $"{word} of {string.Join(' ', pieces.Skip(3))}: {string.Join(' ', expected)} by the search, {string.Join(' ', vocabulary.Encode(word))} here");
            }
        }
    }

    [Fact]
    public void Tokens_do_not_depend_on_how_the_text_arrives()
    {
        foreach (UnigramVocabulary vocabulary in new[] { new UnigramVocabulary(UnigramSamples.Encoder), new(UnigramSamples.Pieces, UnigramRules.SentencePiece), new(UnigramSamples.Encoder, new UnigramRules { SplitsAtWhiteSpace = false, Prefix = UnigramPrefix.First }) })
        {
            string[] texts = UnigramSamples.RandomTexts(300, 7);
            for (int i = 0; i < texts.Length; i++)
            {
                int[] whole = vocabulary.Encode(texts[i]);
                Assert.Equal(whole, PiecewiseText.Encode(vocabulary, texts[i], i));
                IReadOnlyList<TokenSpan> spans = vocabulary.EncodeSpans(texts[i]);
                Assert.Equal(whole, spans.Select(span => span.Id));
                Assert.All(spans, span => Assert.True(0 <= span.Start && span.Start < span.End && span.End <= texts[i].Length));
                Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.True(pair.First.Start <= pair.Second.Start));
            }
        }
    }

    [Fact]
    public void A_text_of_many_blocks_has_the_tokens_of_its_words()
    {
        UnigramVocabulary vocabulary = new(UnigramSamples.Encoder), whole = new(UnigramSamples.Pieces, UnigramRules.SentencePiece);
        string text = string.Concat(Enumerable.Repeat("the  un.able\n中文 aaaaaxy \t", 9000));
        int[] once = vocabulary.Encode("the  un.able\n中文 aaaaaxy \t");
        Assert.Equal(Enumerable.Repeat(once, 9000).SelectMany(ids => ids), vocabulary.Encode(text));
        string spaced = text.Replace('\n', ' ').Replace('\t', ' ');
        int[] ids = whole.Encode(spaced.Trim());
        Assert.Equal(ids, whole.Encode(spaced));
        Assert.Equal("the un.able 中文 aaaaa<unk>", whole.Decode(ids.AsSpan(0, 1 + ids.AsSpan(1).IndexOf(ids[0]))));
    }

    [Fact]
    public void Unknown_characters_are_one_token_and_their_part_of_the_text()
    {
        UnigramVocabulary vocabulary = new(UnigramSamples.Encoder);
        const string text = " the xyz,zaé😀";
        string[] parts = [.. vocabulary.EncodeSpans(text).Select(span => $"{vocabulary.Describe(span.Id)}={text[span.Start..span.End]}")];
        Assert.Equal(["▁the=the", "▁=x", "<unk>=xyz,z", "a=a", "é=é", "😀=😀"], parts);
        TokenEncoder encoder = vocabulary.CreateEncoder();
        ArrayBufferWriter<int> ids = new();
        encoder.Append(Encoding.UTF8.GetBytes(text), ids);
        encoder.Complete(ids);
        Assert.Equal((1, 13), ((int)encoder.Unknown, (int)encoder.Characters));
    }

    [Fact]
    public void Unknown_characters_fall_back_to_bytes_and_are_decoded_again()
    {
        UnigramPiece[] bytes = [.. Enumerable.Range(0, 256).Select(value => new UnigramPiece(UnigramVocabulary.NameOfByte((byte)value), 0, UnigramPieceKind.Byte))];
        UnigramVocabulary vocabulary = new([.. UnigramSamples.Encoder, .. bytes], new UnigramRules { FallsBackToBytes = true });
        const string text = "the ß🙂 a<0x41>";
        int[] ids = vocabulary.Encode(text);
        Assert.DoesNotContain(vocabulary.UnknownId!.Value, ids);
        Assert.Equal(text, vocabulary.Decode(ids));
        ArrayBufferWriter<byte> decoded = new();
        vocabulary.DecodeUtf8(ids, decoded);
        Assert.Equal(text, Encoding.UTF8.GetString(decoded.WrittenSpan));
        Assert.Equal("\ufffdb", vocabulary.Decode([vocabulary.IdOfByte(0xF0), Array.FindIndex(UnigramSamples.Encoder, piece => piece.Text == "b")]));
        Assert.Contains("<0xFF>", Assert.Throws<InputException>(() => new UnigramVocabulary([.. UnigramSamples.Encoder, .. bytes[..255]], new UnigramRules { FallsBackToBytes = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_special_tokens_in_a_text_are_text()
    {
        UnigramVocabulary vocabulary = new(UnigramSamples.Encoder);
        Assert.DoesNotContain(vocabulary.Encode("<s></s><mask> <pad>"), id => vocabulary.Pieces[id].Kind == UnigramPieceKind.Control);
        Assert.Equal((0, 1, 2, 3, vocabulary.Count - 1), (vocabulary.ClassId, vocabulary.PaddingId, vocabulary.SeparatorId, vocabulary.UnknownId, vocabulary.MaskId));
        Assert.Equal((2, true), (vocabulary.PairSeparators, vocabulary.MaskTakesSpaceBefore));
    }

    [Fact]
    public void Words_begin_where_white_space_is_marked()
    {
        UnigramVocabulary vocabulary = new(UnigramSamples.Encoder);
        int[] ids = vocabulary.Encode("the aaaaa");
        Assert.Equal("the aaaaa", vocabulary.Decode(ids));
        TokenDecoder after = vocabulary.CreateDecoderAfter(ids[0]);
        Assert.Equal(" the", after.Append(ids[0]));
    }

    [Theory]
    [InlineData(false, "the the", "▁the ▁the")]
    [InlineData(false, "\u00adthe the", "▁the ▁the")]
    [InlineData(true, "the ab", "▁the ab")]
    [InlineData(true, " the ab", "t he ab")]
    [InlineData(true, "\u00adthe ab", "▁the ab")]
    public void A_mark_is_put_before_the_first_word_alone(bool splits, string text, string expected)
    {
        UnigramRules rules = new() { SplitsAtWhiteSpace = splits, Prefix = UnigramPrefix.First, Steps = [new ReplaceStep("\u00ad", "")] };
        UnigramVocabulary vocabulary = new(UnigramSamples.Encoder, rules);
        Assert.Equal(expected, string.Join(' ', vocabulary.Encode(text).Select(vocabulary.Describe)));
    }

    [Theory]
    [InlineData("▁the", -1.0, UnigramPieceKind.Normal, "occurs twice")]
    [InlineData("", -1.0, UnigramPieceKind.Normal, "has 0 characters")]
    [InlineData("q", double.NaN, UnigramPieceKind.Normal, "NaN")]
    [InlineData("q", -1e300, UnigramPieceKind.Normal, "-1E+300")]
    [InlineData("q", 0.0, UnigramPieceKind.Unknown, "2 of the")]
    [InlineData("q▁r", -1.0, UnigramPieceKind.Normal, "after its beginning")]
    public void Pieces_that_cannot_be_used_are_named(string text, double score, UnigramPieceKind kind, string named) =>
        Assert.Contains(named, Assert.Throws<InputException>(() => new UnigramVocabulary([.. UnigramSamples.Pieces, new UnigramPiece(text, score, kind)], UnigramRules.SentencePiece)).Message, StringComparison.Ordinal);

    /// <summary>The division with the highest sum. Of equal ones, the one whose last piece is the longest, then the one before it.</summary>
    private static int[] Best(UnigramPiece[] pieces, string word)
    {
        double unknown = pieces.Skip(3).Min(piece => piece.Score) - 10;
        List<(double Sum, int[] Ids, int[] Begins)> found = [];
        void Search(int place, double sum, List<int> ids, List<int> begins)
        {
            if (place == word.Length)
            {
                found.Add((sum, [.. ids], [.. begins]));
                return;
            }

            bool hasSingle = false;
            for (int id = 3; id < pieces.Length; id++)
            {
                if (word.AsSpan(place).StartsWith(pieces[id].Text))
                {
                    hasSingle |= pieces[id].Text.Length == 1;
                    Search(place + pieces[id].Text.Length, sum + pieces[id].Score, [.. ids, id], [.. begins, place]);
                }
            }

            if (!hasSingle)
            {
                Search(place + 1, sum + unknown, [.. ids, 0], [.. begins, place]);
            }
        }

        Search(0, 0, [], []);
        (double Sum, int[] Ids, int[] Begins) best = found[0];
        foreach ((double Sum, int[] Ids, int[] Begins) other in found)
        {
            if (other.Sum > best.Sum || (other.Sum == best.Sum && IsEarlier(other.Begins, best.Begins)))
            {
                best = other;
            }
        }

        List<int> merged = [];
        foreach (int id in best.Ids)
        {
            if (id != 0 || merged.LastOrDefault(-1) != 0)
            {
                merged.Add(id);
            }
        }

        return [.. merged];
    }

    private static bool IsEarlier(int[] one, int[] other)
    {
        for (int i = 1; i <= Math.Min(one.Length, other.Length); i++)
        {
            if (one[^i] != other[^i])
            {
                return one[^i] < other[^i];
            }
        }

        return false;
    }
}

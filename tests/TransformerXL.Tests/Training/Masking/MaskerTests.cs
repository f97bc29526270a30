using TransformerXL.Text;
using TransformerXL.Training.Masking;
using Xunit;

namespace TransformerXL.Tests.Training.Masking;

public sealed class MaskerTests
{
    private const int Count = 60_000;

    private static readonly SpecialTokensVocabulary s_vocabulary = new(new ByteVocabulary());

    [Theory]
    [InlineData(MaskUnit.Tokens, 0.15)]
    [InlineData(MaskUnit.Words, 0.15)]
    [InlineData(MaskUnit.Spans, 0.15)]
    [InlineData(MaskUnit.Tokens, 0.4)]
    [InlineData(MaskUnit.Spans, 0.4)]
    public void The_share_of_predicted_tokens_and_what_is_read_instead_are_as_asked_for(MaskUnit unit, double rate)
    {
        int[] text = Text(), ids = [.. text], targets = new int[Count];
        new Masker(new MaskingOptions { Unit = unit, Rate = rate }, s_vocabulary, 3).Mask(1, 0, ids, targets);
        int[] places = [.. Enumerable.Range(0, Count).Where(i => targets[i] != Masker.NoTarget)];
        Assert.InRange((double)places.Length / Count, rate - 0.02, rate + 0.02);
        Assert.All(places, i => Assert.Equal(text[i], targets[i]));
        Assert.All(Enumerable.Range(0, Count).Except(places), i => Assert.Equal(text[i], ids[i]));
        double masked = places.Count(i => ids[i] == s_vocabulary.MaskId), kept = places.Count(i => ids[i] == text[i]);
        Assert.InRange(masked / places.Length, 0.77, 0.83);
        Assert.InRange(kept / places.Length, 0.08, 0.13);
        Assert.All(places.Where(i => ids[i] != s_vocabulary.MaskId), i => Assert.InRange(ids[i], 0, 255));
    }

    [Fact]
    public void Spans_have_the_mean_length_of_the_publication()
    {
        const int Draws = 100_000;
        int[] lengths = [.. Enumerable.Range(0, Draws).Select(i => Masker.SpanLength((double)i / Draws))];
        Assert.Equal(3.797, lengths.Average(), 1e-3);
        Assert.Equal((1, 10), (lengths.Min(), lengths.Max()));
        Assert.Equal(0.0301, lengths.Count(length => length == 10) / (double)Draws, 1e-3);
    }

    [Theory]
    [InlineData(MaskUnit.Tokens)]
    [InlineData(MaskUnit.Spans)]
    public void The_choice_depends_on_the_position_in_the_text_and_not_on_how_it_is_cut(MaskUnit unit)
    {
        int[] whole = Text(), targets = new int[Count], piece = Text()[1000..1500], own = new int[500];
        Masker masker = new(new MaskingOptions { Unit = unit }, s_vocabulary, 3);
        masker.Mask(2, 0, whole, targets);
        masker.Mask(2, 1000, piece, own);
        Assert.Equal(whole[1000..1500], piece);
        Assert.Equal(targets[1000..1500], own);
    }

    [Fact]
    public void Masks_change_with_epoch_and_seed_unless_they_are_static()
    {
        int[] Targets(ulong seed, int epoch, bool isStatic)
        {
            int[] ids = Text()[..2000], targets = new int[2000];
            new Masker(new MaskingOptions { IsStatic = isStatic }, s_vocabulary, seed).Mask(epoch, 0, ids, targets);
            return targets;
        }

        Assert.NotEqual(Targets(1, 1, false), Targets(1, 2, false));
        Assert.NotEqual(Targets(1, 1, false), Targets(2, 1, false));
        Assert.Equal(Targets(1, 1, false), Targets(1, 1, false));
        Assert.Equal(Targets(1, 1, true), Targets(1, 2, true));
    }

    [Fact]
    public void A_word_is_masked_as_a_whole_or_not_at_all()
    {
        int[] text = Text(), ids = [.. text], targets = new int[Count];
        new Masker(new MaskingOptions { Unit = MaskUnit.Words }, s_vocabulary, 3).Mask(1, 0, ids, targets);
        bool IsLetter(int i) => text[i] is >= 'a' and <= 'z';
        int insides = 0;
        for (int i = 1; i < Count; i++)
        {
            if (IsLetter(i - 1) && IsLetter(i))
            {
                insides += targets[i] == Masker.NoTarget ? 0 : 1;
                Assert.Equal(targets[i - 1] == Masker.NoTarget, targets[i] == Masker.NoTarget);
            }
        }

        Assert.True(insides > 1000);
    }

    [Fact]
    public void A_short_piece_has_at_least_one_target()
    {
        Masker masker = new(new MaskingOptions { Rate = 0.01 }, s_vocabulary, 3);
        for (int position = 0; position < 500; position++)
        {
            int[] ids = [65, 66, 67], targets = new int[3];
            masker.Mask(1, position, ids, targets);
            Assert.Contains(targets, target => target != Masker.NoTarget);
        }
    }

    [Fact]
    public void A_vocabulary_without_a_mask_is_refused() =>
        Assert.Contains("has no [MASK]", Assert.Throws<InputException>(() => new Masker(new MaskingOptions(), new ByteVocabulary(), 1)).Message, StringComparison.Ordinal);

    private static int[] Text() => [.. Enumerable.Range(0, Count).Select(i => (i * 31 % 97 % 5) == 0 ? ' ' : 'a' + (i * 7 % 26))];
}

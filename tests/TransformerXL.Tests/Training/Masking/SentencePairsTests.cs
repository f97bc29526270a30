using TransformerXL.Text;
using TransformerXL.Text.Unigram;
using TransformerXL.Training.Masking;
using Xunit;

namespace TransformerXL.Tests.Training.Masking;

public sealed class SentencePairsTests
{
    private static readonly SpecialTokensVocabulary s_vocabulary = new(new ByteVocabulary());

    // Sentences of different lengths, each of a number of its own.
    private static readonly string s_text = string.Concat(Enumerable.Range(100, 150).Select(i => $"{i}{new string((char)('a' + (i % 26)), 3 + (i * 7 % 11))}.{(i % 3 == 0 ? '\n' : ' ')}"));

    [Theory]
    [InlineData(SecondObjective.SentenceOrder)]
    [InlineData(SecondObjective.NextSentence)]
    public void Half_of_the_pairs_are_changed_and_the_others_are_the_text_in_whole_sentences(SecondObjective objective)
    {
        SentencePairs pairs = Pairs(objective);
        int changed = 0, read = 0, whole = 0;
        for (int epoch = 1; epoch <= 8; epoch++)
        {
            pairs.Begin(epoch);
            for (int number = 0; number < pairs.Count; number++)
            {
                (string first, string second, int label) = Read(pairs, number);
                changed += label;
                read++;
                whole += IsWhole(first) && IsWhole(second) ? 1 : 0;
                Assert.Contains(first, s_text, StringComparison.Ordinal);
                Assert.Contains(second, s_text, StringComparison.Ordinal);
                bool isText = s_text.Contains(first + second, StringComparison.Ordinal);
                bool isExchanged = s_text.Contains(second + first, StringComparison.Ordinal);
                Assert.Equal(label == 0, isText);
                Assert.True(label == 0 || objective == SecondObjective.NextSentence || isExchanged);
            }
        }

        Assert.InRange((double)changed / read, 0.4, 0.6);
        // The text may end within a sentence that fits nowhere.
        Assert.InRange((double)whole / read, 0.95, 1);
    }

    [Fact]
    public void The_second_text_from_another_place_is_never_the_one_that_follows()
    {
        SentencePairs three = Pairs(SecondObjective.NextSentence, length: 3 * 61), two = Pairs(SecondObjective.NextSentence, length: 2 * 61);
        Assert.Equal((3, 2), (three.Count, two.Count));
        int changed = 0;
        for (int epoch = 1; epoch <= 200; epoch++)
        {
            three.Begin(epoch);
            two.Begin(epoch);
            for (int number = 0; number < 3; number++)
            {
                (string first, string second, int label) = Read(three, number);
                Assert.Equal(label == 0, s_text.Contains(first + second, StringComparison.Ordinal));
                changed += label;
            }

            Assert.Equal((0, 0), (Read(two, 0).Label, Read(two, 1).Label));
        }

        Assert.InRange(changed, 240, 360);
    }

    [Fact]
    public void Pairs_are_a_function_of_seed_epoch_and_number_and_static_ones_of_seed_and_number()
    {
        string[] All(ulong seed, int epoch, bool isStatic)
        {
            SentencePairs pairs = Pairs(SecondObjective.SentenceOrder, seed, isStatic);
            pairs.Begin(epoch);
            // Backwards: nothing is carried from one sequence to the next.
            return [.. Enumerable.Range(0, (int)pairs.Count).Reverse().Select(number => Read(pairs, number).ToString()).Reverse()];
        }

        Assert.Equal(All(1, 1, false), All(1, 1, false));
        Assert.NotEqual(All(1, 1, false), All(1, 2, false));
        Assert.NotEqual(All(1, 1, false), All(2, 1, false));
        Assert.Equal(All(1, 1, true), All(1, 2, true));
    }

    [Fact]
    public void A_pair_is_between_special_tokens_and_only_its_texts_have_targets()
    {
        SentencePairs pairs = Pairs(SecondObjective.NextSentence, rate: 0.5);
        int[] ids = new int[64], targets = new int[64], label = new int[1];
        for (int number = 0; number < pairs.Count; number++)
        {
            int count = pairs.Read(number, ids, targets, label);
            Assert.InRange(count, 5, 64);
            Assert.Equal(s_vocabulary.ClassId, ids[0]);
            Assert.Equal(s_vocabulary.SeparatorId, ids[count - 1]);
            int[] special = [.. Enumerable.Range(0, count).Where(i => ids[i] == s_vocabulary.ClassId || ids[i] == s_vocabulary.SeparatorId)];
            Assert.Equal(3, special.Length);
            Assert.All(special, place => Assert.Equal(Masker.NoTarget, targets[place]));
            Assert.Contains(targets[1..special[1]], target => target != Masker.NoTarget);
            Assert.Contains(targets[(special[1] + 1)..(count - 1)], target => target != Masker.NoTarget);
        }
    }

    [Fact]
    public void A_text_without_sentences_is_cut_in_the_middle()
    {
        TokenFile tokens = TokenFile.FromIds([.. Enumerable.Range(0, 300).Select(i => 'a' + (i % 26))], s_vocabulary.Count);
        MaskingOptions options = new() { SecondObjective = SecondObjective.SentenceOrder };
        SentencePairs pairs = new(tokens, s_vocabulary, new Masker(options, s_vocabulary, 1), options, 23, 1);
        pairs.Begin(1);
        int[] ids = new int[23], targets = new int[23], label = new int[1];
        Assert.Equal(23, pairs.Read(3, ids, targets, label));
        Assert.Equal(s_vocabulary.SeparatorId, ids[11]);
    }

    [Fact]
    public void Short_segments_and_a_vocabulary_without_special_tokens_are_refused()
    {
        TokenFile tokens = TokenFile.FromIds([1, 2, 3, 4, 5, 6], s_vocabulary.Count);
        MaskingOptions options = new() { SecondObjective = SecondObjective.NextSentence };
        Masker masker = new(options, s_vocabulary, 1);
        Assert.Contains("segments of 4 tokens", Assert.Throws<InputException>(() => new SentencePairs(tokens, s_vocabulary, masker, options, 4, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("no [CLS]", Assert.Throws<InputException>(() => new SentencePairs(tokens, new ByteVocabulary(), masker, options, 40, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("no memory", Assert.Throws<InputException>(() => Sequences.Create(tokens, s_vocabulary, options, 40, 1, continues: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sentence_of_unigrams_ends_with_a_mark_before_white_space()
    {
        string[] words = ["\u2581the", "\u2581sun", "\u2581It", "\u2581", "3", ".", "1", "4"];
        UnigramVocabulary vocabulary = new([new("<s>", 0, UnigramPieceKind.Control), new("<pad>", 0, UnigramPieceKind.Control), new("</s>", 0, UnigramPieceKind.Control), new("<unk>", 0, UnigramPieceKind.Unknown), .. words.Select(word => new UnigramPiece(word, -1))]);
        int[] ids = vocabulary.Encode("the 3.14 sun. It");
        Assert.Equal("\u2581the \u2581 3 . 1 4 \u2581sun . \u2581It", string.Join(' ', ids.Select(vocabulary.Describe)));
        SentenceStarts starts = new(vocabulary);
        Assert.Equal([8], Enumerable.Range(1, ids.Length - 1).Where(i => starts.Begins(ids[i - 1], ids[i])));
    }

    private static SentencePairs Pairs(SecondObjective objective, ulong seed = 1, bool isStatic = false, double rate = 0.001, int? length = null)
    {
        MaskingOptions options = new() { SecondObjective = objective, IsStatic = isStatic, Rate = rate };
        TokenFile tokens = TokenFile.FromIds([.. System.Text.Encoding.ASCII.GetBytes(s_text[..(length ?? s_text.Length)]).Select(value => (int)value)], s_vocabulary.Count);
        return new SentencePairs(tokens, s_vocabulary, new Masker(options, s_vocabulary, seed), options, 64, seed);
    }

    private static (string First, string Second, int Label) Read(SentencePairs pairs, int number)
    {
        int[] ids = new int[64], targets = new int[64], label = new int[1];
        int count = pairs.Read(number, ids, targets, label);
        for (int i = 0; i < count; i++)
        {
            ids[i] = targets[i] == Masker.NoTarget ? ids[i] : targets[i];
        }

        int between = Array.IndexOf(ids, s_vocabulary.SeparatorId!.Value);
        string Text(int[] part) => string.Concat(part.Select(id => (char)id));
        return (Text(ids[1..between]), Text(ids[(between + 1)..(count - 1)]), label[0]);
    }

    /// <summary>Sentences begin after white space or with it, and end with a mark.</summary>
    private static bool IsWhole(string text) => char.IsDigit(text.TrimStart()[0]) && text.TrimEnd()[^1] == '.';
}

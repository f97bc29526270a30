using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Training.Masking;
using Xunit;

namespace TransformerXL.Tests.Training.Masking;

/// <summary>Pre-training reads pairs as tasks do, also with the two separators of RoBERTa.</summary>
public sealed class PairSeparatorTests : IDisposable
{
    private const int Length = 32;

    private readonly TemporaryFolder _folder = new();
    private readonly BytePairVocabulary _vocabulary;

    public PairSeparatorTests()
    {
        string[] names = ["<s>", "<pad>", "</s>", "<unk>", .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value])), "<mask>"];
        File.WriteAllText(_folder["vocab.json"], JsonSerializer.Serialize(names.Select((name, id) => KeyValuePair.Create(name, id)).ToDictionary()));
        File.WriteAllText(_folder["merges.txt"], "#version: 0.2\n");
        _vocabulary = VocabularyAndMerges.Load(_folder["vocab.json"], _folder["merges.txt"], ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]);
        Assert.Equal(2, _vocabulary.PairSeparators);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Translations_are_read_as_the_pairs_of_tasks()
    {
        (string First, string Second)[] pairs = [("one.", "eins."), ("a house", "ein Haus."), (new string('a', 20), "bb"), (new string('a', 40), new string('b', 40))];
        int[] ids = [.. pairs.SelectMany(pair => (int[])[.. _vocabulary.Encode(pair.First), 2, .. _vocabulary.Encode(pair.Second), 2])];
        Sequences sequences = Create(new MaskingOptions { Objective = PretrainingObjective.Translation, Rate = 0.3 }, ids);
        TaskTexts texts = new(_vocabulary);
        Assert.Equal(pairs.Length, sequences.Count);
        Assert.Equal(texts.OfText("one.", "eins."), Read(sequences, 0));
        Assert.Equal(texts.OfText("a house", "ein Haus."), Read(sequences, 1));
        Assert.Equal(texts.OfText(new string('a', 20), "bb"), Read(sequences, 2));
        Assert.Equal(texts.OfText(new string('a', 14), new string('b', 14)), Read(sequences, 3));
    }

    [Theory]
    [InlineData(SecondObjective.SentenceOrder)]
    [InlineData(SecondObjective.NextSentence)]
    public void Sentences_are_read_as_the_pairs_of_tasks(SecondObjective objective)
    {
        string text = string.Concat(Enumerable.Range(10, 60).Select(i => $"{i} {new string('x', i % 7)}. "));
        Sequences sequences = Create(new MaskingOptions { SecondObjective = objective, Rate = 0.3 }, _vocabulary.Encode(text));
        TaskTexts texts = new(_vocabulary);
        Assert.Equal(text.Length / (Length - 4), sequences.Count);
        for (int number = 0; number < sequences.Count; number++)
        {
            int[] ids = Read(sequences, number);
            int between = Array.IndexOf(ids, 2), second = Array.FindIndex(ids, between, id => id != 2);
            Assert.Equal(texts.OfText(_vocabulary.Decode(ids.AsSpan(1..between)), _vocabulary.Decode(ids.AsSpan(second..^1))), ids);
        }
    }

    [Fact]
    public void Segments_without_room_beside_both_separators_are_refused_with_the_number_of_special_tokens()
    {
        foreach (MaskingOptions options in (MaskingOptions[])[new() { SecondObjective = SecondObjective.SentenceOrder }, new() { Objective = PretrainingObjective.Translation }])
        {
            InputException error = Assert.Throws<InputException>(() => Create(options, [5, 2, 6, 2], 5));
            Assert.Contains("segments of 5 tokens", error.Message, StringComparison.Ordinal);
            Assert.Contains("beside 4 special tokens", error.Message, StringComparison.Ordinal);
            Assert.True(Create(options, [5, 2, 6, 2], 6).Count > 0);
        }
    }

    private Sequences Create(MaskingOptions options, int[] ids, int length = Length) =>
        Sequences.Create(TokenFile.FromIds(ids, _vocabulary.Count), _vocabulary, options, length, 1, continues: false);

    /// <summary>The tokens of a sequence, unmasked.</summary>
    private static int[] Read(Sequences sequences, long number)
    {
        int[] ids = new int[sequences.MaxLength], targets = new int[ids.Length], extra = new int[sequences.ExtraRows(ids.Length)];
        sequences.Begin(1);
        int count = sequences.Read(number, ids, targets, extra);
        return [.. Enumerable.Range(0, count).Select(i => targets[i] == Masker.NoTarget ? ids[i] : targets[i])];
    }
}

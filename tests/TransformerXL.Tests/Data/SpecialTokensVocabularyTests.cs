using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class SpecialTokensVocabularyTests
{
    [Theory]
    [InlineData(VocabularyKind.Bytes)]
    [InlineData(VocabularyKind.Characters)]
    [InlineData(VocabularyKind.Words)]
    [InlineData(VocabularyKind.BytePairs)]
    public void A_vocabulary_of_each_kind_has_special_tokens_behind_its_own_and_is_read_as_it_was_written(VocabularyKind kind)
    {
        using Corpus corpus = Corpus.FromText("the cat sees the dog\n", new CorpusOptions { ValidationFraction = 0, TestFraction = 0, Vocabulary = new() { Kind = kind, AddSpecialTokens = true } });
        SpecialTokensVocabulary vocabulary = Assert.IsType<SpecialTokensVocabulary>(corpus.Vocabulary);
        int count = vocabulary.Inner.Count;
        Assert.Equal((count, count + 1, count + 2, count + 3, count + 4), (vocabulary.PaddingId, vocabulary.ClassId, vocabulary.SeparatorId, vocabulary.MaskId, vocabulary.Count));
        int[] text = vocabulary.Encode("the cat\n");
        Assert.Equal(vocabulary.Inner.Encode("the cat\n"), text);
        Assert.All(vocabulary.Encode("the\n"), id => Assert.InRange(id, 0, count - 1));
        Assert.StartsWith("[CLS]the cat", vocabulary.Decode([vocabulary.ClassId!.Value, .. text]), StringComparison.Ordinal);
        Assert.Equal("[MASK]", vocabulary.Describe(vocabulary.MaskId!.Value));
        using TemporaryFolder folder = new();
        vocabulary.Save(folder["vocabulary.json"]);
        Vocabulary read = Vocabulary.Load(folder["vocabulary.json"]);
        Assert.Equal((vocabulary.Fingerprint, vocabulary.MaskId), (read.Fingerprint, read.MaskId));
        Assert.NotEqual(vocabulary.Fingerprint, vocabulary.Inner.Fingerprint);
        Assert.Equal(vocabulary.Fingerprint, VocabularyChoice.Of(VocabularyOptions.Of(vocabulary, folder["vocabulary.json"]), null).Given!.Fingerprint);
    }
}

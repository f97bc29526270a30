using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;
using Xunit;

namespace TransformerXL.Tests.Training.Masking;

public sealed class TranslationPairsTests
{
    [Fact]
    public void Lines_and_their_translations_are_read_as_pairs_and_splits_are_between_them()
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = Prepare(folder, Lines("one", 50), Lines("eins", 50));
        string[] pairs = [.. Pairs(corpus, corpus.Train), .. Pairs(corpus, corpus.Validation), .. Pairs(corpus, corpus.Test)];
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"one {i}.|eins {i}."), pairs);
        Assert.Equal((10, 5), (Pairs(corpus, corpus.Validation).Length, Pairs(corpus, corpus.Test).Length));
        Assert.Empty(Directory.GetFiles(folder["cache"]));
        using Corpus again = Prepare(folder, null, null);
        Assert.Equal(corpus.Train.SourceIdentity, again.Train.SourceIdentity);
    }

    [Theory]
    [InlineData(VocabularyKind.Words)]
    [InlineData(VocabularyKind.BytePairs)]
    [InlineData(VocabularyKind.Bytes)]
    public void Every_line_ends_with_a_separator_whatever_the_tokens(VocabularyKind kind)
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = Prepare(folder, Lines("one", 50), Lines("eins", 50), kind);
        Assert.Equal(Enumerable.Range(0, 35).Select(i => $"one {i}.|eins {i}."), Pairs(corpus, corpus.Train));
    }

    [Fact]
    public void Processes_that_join_the_same_files_at_the_same_time_have_files_of_their_own()
    {
        using TemporaryFolder folder = new();
        (string one, string two) = (folder["one.txt"], folder["two.txt"]);
        File.WriteAllText(one, Lines("one", 50));
        File.WriteAllText(two, Lines("eins", 50));
        using AlignedLines first = AlignedLines.Join(one, two, folder["cache"], default), second = AlignedLines.Join(one, two, folder["cache"], default);
        CorpusOptions options = new() { Path = one, TranslationPath = two, ValidationFraction = 0.2, TestFraction = 0.1 };
        VocabularyChoice choice = VocabularyChoice.Of(new VocabularyOptions { AddSpecialTokens = true }, null);
        string identity = first.Cut(options).Identity(choice);
        first.Dispose();
        CorpusPlan plan = second.Cut(options);
        Assert.Equal(identity, plan.Identity(choice));
        using Corpus corpus = new CorpusPreparation(plan, choice, null, default).InFolder(folder["cache"]);
        Assert.Equal(35, Pairs(corpus, corpus.Train).Length);
        second.Dispose();

        // What a killed process left has no owner.
        string stale = folder["cache/.pairs.txt.0123456789abcdef.txl-tmp"];
        File.WriteAllText(stale, "one\n");
        using (AlignedLines.Join(one, two, folder["cache"], default))
        {
            Assert.False(File.Exists(stale));
            Assert.Single(Directory.GetFiles(folder["cache"]));
        }

        File.WriteAllText(two, new string('\n', 50));
        Assert.Throws<InputException>(() => AlignedLines.Join(one, two, folder["cache"], default));
        Assert.Empty(Directory.GetFiles(folder["cache"]));
    }

    [Fact]
    public void A_pair_with_an_empty_line_is_left_out_and_white_space_at_ends_too()
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = Prepare(folder, "\uFEFF a\r\n\nc\nd\n \ne", "A\nB\n\tC \r\n  \nX\nE\n", fractions: 0);
        Assert.Equal(["a|A", "c|C", "e|E"], Pairs(corpus, corpus.Train));
    }

    [Fact]
    public void Files_of_different_numbers_of_lines_are_refused_with_both()
    {
        using TemporaryFolder folder = new();
        string message = Assert.Throws<InputException>(() => Prepare(folder, Lines("one", 7), Lines("eins", 5))).Message;
        Assert.Contains("has 7 lines", message, StringComparison.Ordinal);
        Assert.Contains("' 5;", message, StringComparison.Ordinal);
        Assert.Contains("there is no file", Assert.Throws<InputException>(() => Prepare(folder, Lines("one", 7), null, missing: true)).Message, StringComparison.Ordinal);
        Assert.Contains("no line of", Assert.Throws<InputException>(() => Prepare(folder, "a\nb\n", "\n\n")).Message, StringComparison.Ordinal);
        Assert.Contains("more than", Assert.Throws<InputException>(() => Prepare(folder, new string('a', 1 << 20), "b")).Message, StringComparison.Ordinal);
        Assert.Contains("no [SEP]", Assert.Throws<InputException>(() => Prepare(folder, "a\n", "b\n", special: false, fractions: 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longer_line_of_a_pair_that_is_too_long_is_cut()
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = Prepare(folder, $"{new string('a', 30)}\n{new string('a', 3)}\n{new string('a', 40)}\n", $"{new string('b', 4)}\n{new string('b', 50)}\n{new string('b', 60)}\n", fractions: 0);
        Assert.Equal(["aaaaaaaaaaaaa|bbbb", "aaa|bbbbbbbbbbbbbb", "aaaaaaaaa|bbbbbbbb"], Pairs(corpus, corpus.Train, 20));
    }

    [Fact]
    public void A_text_without_translations_is_refused()
    {
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        TokenFile tokens = TokenFile.FromIds([.. Enumerable.Range(0, 50)], vocabulary.Count, name: "train");
        MaskingOptions options = new() { Objective = PretrainingObjective.Translation };
        Assert.Contains("has no lines with translations", Assert.Throws<InputException>(() => Sequences.Create(tokens, vocabulary, options, 20, 1, false)).Message, StringComparison.Ordinal);
    }

    internal static string Lines(string word, int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"{word} {i}.\n"));

    internal static Corpus Prepare(
        TemporaryFolder folder, string? first, string? second, VocabularyKind kind = VocabularyKind.Characters, double fractions = 0.1, bool missing = false, bool special = true)
    {
        string one = folder["one.txt"], two = folder[missing ? "missing.txt" : "two.txt"];
        foreach ((string path, string? text) in ((string, string?)[])[(one, first), (two, second)])
        {
            if (text is not null)
            {
                File.WriteAllText(path, text);
            }
        }

        return Corpus.Prepare(
            new CorpusOptions { Path = one, TranslationPath = two, ValidationFraction = 2 * fractions, TestFraction = fractions, Vocabulary = new VocabularyOptions { Kind = kind, AddSpecialTokens = special } }, folder["cache"]);
    }

    /// <summary>The texts of the pairs, unmasked.</summary>
    private static string[] Pairs(Corpus corpus, TokenFile tokens, int length = 100)
    {
        Vocabulary vocabulary = corpus.Vocabulary;
        TranslationPairs pairs = new(tokens, vocabulary, new Masker(new MaskingOptions(), vocabulary, 1), length);
        pairs.Begin(1);
        int[] ids = new int[length], targets = new int[length];
        return [.. Enumerable.Range(0, (int)pairs.Count).Select(number =>
        {
            int count = pairs.Read(number, ids, targets, []);
            int[] text = [.. Enumerable.Range(0, count).Select(i => targets[i] == Masker.NoTarget ? ids[i] : targets[i])];
            Assert.Equal((vocabulary.ClassId, vocabulary.SeparatorId), (text[0], text[count - 1]));
            int between = Array.IndexOf(text, vocabulary.SeparatorId!.Value);
            return $"{vocabulary.Decode(text.AsSpan(1, between - 1))}|{vocabulary.Decode(text.AsSpan(between + 1, count - between - 2))}";
        })];
    }
}

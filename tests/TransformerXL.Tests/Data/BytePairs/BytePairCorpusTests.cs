using System.Text;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>Byte pairs as the vocabulary of a corpus.</summary>
public sealed class BytePairCorpusTests
{
    private static readonly string s_text = string.Concat(Enumerable.Repeat("Die Größe der Übung über uns: 日本語 and the lobster.\n", 60));

    [Fact]
    public void A_corpus_has_the_vocabulary_that_its_training_text_gives()
    {
        using Corpus corpus = Corpus.FromText(s_text, Options(300));
        BytePairVocabulary vocabulary = Assert.IsType<BytePairVocabulary>(corpus.Vocabulary);
        BytePairTrainer trainer = new(new BytePairTrainerOptions { VocabularySize = 300 });
        trainer.Add(System.Text.Encoding.UTF8.GetBytes(vocabulary.Decode(Ids(corpus.Train))));
        Assert.Equal(trainer.Train().Fingerprint, vocabulary.Fingerprint);
        Assert.Equal(s_text, vocabulary.Decode(Ids(corpus.Train)) + vocabulary.Decode(Ids(corpus.Validation)) + vocabulary.Decode(Ids(corpus.Test)));
    }

    [Fact]
    public void Without_a_size_there_are_8192_tokens_at_most_and_pairs_come_twice()
    {
        using Corpus corpus = Corpus.FromText(s_text, new CorpusOptions { Vocabulary = new VocabularyOptions { Kind = VocabularyKind.BytePairs } });
        using Corpus rare = Corpus.FromText(s_text + "unique", new CorpusOptions { TestFraction = 0, ValidationFraction = 0, Vocabulary = new VocabularyOptions { Kind = VocabularyKind.BytePairs, MinFrequency = 1 } });
        Assert.InRange(corpus.Vocabulary.Count, 280, 8192);
        Assert.Single(Ids(rare.Train)[^1..], id => rare.Vocabulary.Describe(id) == "unique");
    }

    [Fact]
    public void Any_bytes_are_read()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = new byte[4000];
        new Random(1).NextBytes(bytes);
        string path = folder.Write("noise", bytes);
        using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = path, Vocabulary = new VocabularyOptions { Kind = VocabularyKind.BytePairs } }, folder["cache"]);
        System.Buffers.ArrayBufferWriter<byte> output = new();
        foreach (TokenFile split in (TokenFile[])[corpus.Train, corpus.Validation, corpus.Test])
        {
            corpus.Vocabulary.DecodeUtf8(Ids(split), output);
        }

        Assert.Equal(bytes, output.WrittenSpan);
    }

    [Fact]
    public void Learning_tells_how_far_it_is_and_can_be_stopped()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("text", s_text);
        CorpusOptions options = Options(400) with { Path = path };
        List<CorpusProgress> reports = [];
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => Corpus.Prepare(
            options,
            folder["cache"],
            new Immediate(report =>
            {
                reports.Add(report);
                if (report.Stage.StartsWith("learning", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            }),
            stop.Token));
        Assert.Contains(reports, report => report is { Stage: "reading" } && report.BytesDone == report.BytesTotal);
        Assert.Contains(reports, report => report is { Stage: "learning byte pairs from", BytesTotal: 400 });
    }

    [Fact]
    public void Bits_per_character_divide_by_the_characters_that_were_predicted()
    {
        using Corpus corpus = Corpus.FromText(s_text, Options(290));
        using CpuBackend backend = new(null, 1);
        LanguageModel model = LanguageModel.Create(new TransformerXLConfiguration { VocabularySize = corpus.Vocabulary.Count, Layers = 1, ModelSize = 8, Heads = 2 });
        EvaluationOptions options = new() { Context = new ContextConfiguration { TargetLength = 8, MemoryLength = 8 } };
        EvaluationResult result = new Evaluator(model, backend, corpus.Vocabulary).Evaluate(corpus.Train, options);
        string predicted = corpus.Vocabulary.Decode(Ids(corpus.Train).AsSpan(1));
        Assert.Equal(predicted.EnumerateRunes().Count(), result.Characters);
        Assert.Equal(Encoding.UTF8.GetByteCount(predicted), result.Bytes);
        Assert.Null(new Evaluator(model, backend).Evaluate(corpus.Train, options).BitsPerByte);
    }

    [Fact]
    public void The_beginning_of_a_validation_text_has_its_own_characters()
    {
        using Corpus corpus = Corpus.FromText(s_text, Options(290));
        int[] beginning = Ids(corpus.Train)[..50];
        Assert.Equal(corpus.Vocabulary.Decode(beginning).EnumerateRunes().Count(), CharacterCount.OfBeginning(corpus.Train, 50, corpus.Vocabulary));
    }

    [Fact]
    public void Each_of_the_files_of_byte_pairs_gives_the_same_ids()
    {
        using TemporaryFolder folder = new();
        using Corpus made = Corpus.FromText(s_text, Options(320));
        BytePairVocabulary vocabulary = (BytePairVocabulary)made.Vocabulary;
        vocabulary.Save(folder["vocabulary.json"]);
        TokenizerJson.Save(vocabulary, folder["tokenizer.json"]);
        VocabularyAndMerges.Save(vocabulary, folder["vocab.json"], folder["merges.txt"]);
        foreach (string file in (string[])["vocabulary.json", "tokenizer.json", "vocab.json"])
        {
            using Corpus read = Corpus.FromText(s_text, new CorpusOptions { Vocabulary = new VocabularyOptions { Kind = VocabularyKind.BytePairs, File = folder[file] } });
            Assert.Equal(Ids(made.Train), Ids(read.Train));
        }
    }

    [Theory]
    [InlineData(VocabularyKind.Characters, "tokenizer.json")]
    [InlineData(VocabularyKind.Words, "tokenizer.json")]
    [InlineData(VocabularyKind.Characters, "vocab.json")]
    public void A_tokenizer_that_is_read_as_another_kind_is_refused_with_the_kind_that_takes_it(VocabularyKind kind, string file)
    {
        using TemporaryFolder folder = new();
        using Corpus made = Corpus.FromText(s_text, Options(320));
        TokenizerJson.Save((BytePairVocabulary)made.Vocabulary, folder["tokenizer.json"]);
        VocabularyAndMerges.Save((BytePairVocabulary)made.Vocabulary, folder["vocab.json"], folder["merges.txt"]);
        InputException error = Assert.Throws<InputException>(
            () => Corpus.FromText(s_text, new CorpusOptions { Vocabulary = new VocabularyOptions { Kind = kind, File = folder[file] } }));
        Assert.Contains("ask for byte-pairs", error.Message, StringComparison.Ordinal);
        Assert.Equal([new InputRemedy("corpus.vocabulary.kind", "byte-pairs")], error.Remedies);
    }

    [Theory]
    [InlineData("{\"a\": 0}", "nor a vocab.json, which needs merges.txt")]
    [InlineData("{\"format\": \"transformerxl.vocabulary\", \"version\": 1, \"kind\": \"bytes\"}", "holds a vocabulary of bytes, but the options ask for one of byte-pairs")]
    [InlineData("one\ntwo\n", "is not valid JSON")]
    public void Other_files_are_refused(string content, string message)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("some.json", content);
        InputException error = Assert.Throws<InputException>(
            () => Corpus.FromText(s_text, new CorpusOptions { Vocabulary = new VocabularyOptions { Kind = VocabularyKind.BytePairs, File = file } }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VocabularyKind.Characters, 2, null, "minimum frequency 2 is for a vocabulary of words or byte-pairs, not of characters")]
    [InlineData(VocabularyKind.Bytes, 0, 300, "vocabulary size 300 is for a vocabulary of words or byte-pairs, not of bytes")]
    [InlineData(VocabularyKind.BytePairs, 0, 100, "a vocabulary of 100 byte pairs is not possible: at least 256")]
    public void Options_of_other_kinds_are_refused_by_their_names(VocabularyKind kind, int minFrequency, int? maxSize, string message)
    {
        InputException error = Assert.Throws<InputException>(new VocabularyOptions { Kind = kind, MinFrequency = minFrequency, MaxSize = maxSize }.Validate);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lower_case_is_for_words_alone()
    {
        InputException error = Assert.Throws<InputException>(new VocabularyOptions { Kind = VocabularyKind.BytePairs, LowerCase = true }.Validate);
        Assert.Contains("lower case is for a vocabulary of words, not of byte-pairs", error.Message, StringComparison.Ordinal);
    }

    private static CorpusOptions Options(int size) => new() { Vocabulary = new VocabularyOptions { Kind = VocabularyKind.BytePairs, MaxSize = size } };

    private static int[] Ids(TokenFile tokens)
    {
        int[] ids = new int[tokens.Count];
        tokens.Read(0, ids);
        return ids;
    }

    private sealed class Immediate(Action<CorpusProgress> report) : IProgress<CorpusProgress>
    {
        public void Report(CorpusProgress value) => report(value);
    }
}

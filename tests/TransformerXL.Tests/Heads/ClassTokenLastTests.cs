using System.Text;
using TransformerXL.Analysis.Attention;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Masking;
using Xunit;

namespace TransformerXL.Tests.Heads;

/// <summary>Texts with a vocabulary whose class token comes last, as that of XLNet: text, separator, class token.</summary>
public sealed class ClassTokenLastTests : IDisposable
{
    private const int Separator = 4, Class = 3, Mask = 6, A = 7, B = 8, C = 9, Segment = 5;

    private readonly TemporaryFolder _folder = new();
    private readonly CpuBackend _backend = new(null, 1);
    private readonly Vocabulary _vocabulary;

    public ClassTokenLastTests()
    {
        File.WriteAllText(_folder["tokenizer.json"], XlnetTokenizer.Json(["\u2581a", "\u2581b", "\u2581c"]));
        _vocabulary = StoredVocabulary.Load(_folder["tokenizer.json"]);
    }

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Texts_pairs_and_words_end_with_it()
    {
        Assert.True(_vocabulary.ClassIsLast);
        TaskTexts texts = new(_vocabulary);
        Assert.Equal([A, B, Separator, Class], texts.OfText("a b"));
        Assert.Equal([A, Separator, B, C, Separator, Class], texts.OfText("a", "b c"));
        (int[] ids, int[] places) = texts.OfWords(["a", "c"], new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["x"], Alignment = PieceAlignment.FirstPiece });
        Assert.Equal([A, C, Separator, Class], ids);
        Assert.Equal([0, 1], places);
    }

    [Fact]
    public void A_question_comes_after_its_text()
    {
        TaskTexts texts = new(_vocabulary);
        QuestionTokens tokens = texts.OfQuestion("c", "a b", 0);
        Assert.Equal([A, B, Separator, C, Separator, Class], tokens.Ids);
        Assert.Equal((5, 3, 0), (tokens.None, tokens.Question, tokens.Text));
        Assert.Equal((1, 1), tokens.Find(2, 3));
        Assert.Equal([1, 1, 0, 0, 0, 1], tokens.Allowed(hasUnanswerable: true));
    }

    [Fact]
    public void Pieces_of_explanations_are_those_of_their_tokens()
    {
        TaskTexts texts = new(_vocabulary);
        Assert.Equal([(0, InfluenceSource.Text), (2, InfluenceSource.Second), (3, InfluenceSource.Second)], texts.Explain("a", "b c").Pieces.Select(piece => (piece.First, piece.Source)));
        Assert.Equal([(3, InfluenceSource.Question), (0, InfluenceSource.Text), (1, InfluenceSource.Text)], texts.Explain("c", "a b", texts.OfQuestion("c", "a b", 0)).Pieces.Select(piece => (piece.First, piece.Source)));
    }

    [Fact]
    public async Task A_text_that_is_read_segment_by_segment_has_the_same_special_tokens()
    {
        ContextConfiguration context = new() { TargetLength = Segment, MemoryLength = 0 };
        TaskRunner runner = new(Model(context), new TaskHead(new HeadConfiguration { Labels = ["x", "y"], Pooling = HeadPooling.Last, Pooler = true }, 8, 3, 0.5f), _backend, context);
        Classifier classifier = new(runner, new TaskTexts(_vocabulary));
        for (int length = 0; length < 12; length++)
        {
            string text = string.Join(' ', Enumerable.Repeat("a", length));
            Classification whole = classifier.Classify(text), streamed = await classifier.ClassifyAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(whole.Probabilities, streamed.Probabilities);
            Assert.Equal((length + 2, length + 2), (whole.Tokens, streamed.Tokens));
        }
    }

    [Fact]
    public void A_mask_is_filled_between_the_special_tokens_of_the_vocabulary()
    {
        ContextConfiguration context = new() { TargetLength = Segment, MemoryLength = 0 };
        LanguageModel model = Model(context);
        ModelFolder.Save(_folder["model"], model, _vocabulary, new ModelFolderConfiguration { Model = model.Configuration, Context = context });
        FilledMask filled = Assert.Single(new MaskFiller(ModelFolder.Load(_folder["model"]), _backend).Fill("a [MASK]", top: 2));
        double[] expected = [];
        new MaskedReader(model, _backend, context, 1).Read([A, Mask, Separator, Class], [], [1], (_, logits) =>
        {
            float[] values = logits.ToArray();
            expected = [.. filled.Tokens.Select(token => -MaskedReader.Measure(values, token.Id, model).Nll)];
        });
        Assert.Equal(expected, filled.Tokens.Select(token => token.LogProbability));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Segments_without_room_for_text_are_refused_when_masks_are_to_be_filled(int length)
    {
        ContextConfiguration context = new() { TargetLength = length, MemoryLength = 0 };
        LanguageModel model = Model(context);
        ModelFolder.Save(_folder["model"], model, _vocabulary, new ModelFolderConfiguration { Model = model.Configuration, Context = context });
        InputException error = Assert.Throws<InputException>(() => new MaskFiller(ModelFolder.Load(_folder["model"]), _backend));
        Assert.Contains("have no room for text beside 2 special tokens; use longer ones", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Segments_of_a_text_for_pre_training_end_with_it_and_pairs_are_refused()
    {
        TokenFile tokens = TokenFile.FromIds([A, B, C, A, B, C, A], _vocabulary.Count);
        Sequences sequences = Sequences.Create(tokens, _vocabulary, new MaskingOptions { Objective = PretrainingObjective.Permutation, Rate = 0.3 }, Segment, 1, continues: false);
        int[] ids = new int[Segment];
        sequences.Begin(0);
        Assert.Equal(Segment, sequences.Read(0, ids, new int[Segment], new int[sequences.ExtraRows(Segment)]));
        Assert.Equal([Separator, Class], ids[^2..]);
        InputException error = Assert.Throws<InputException>(() => Sequences.Create(tokens, _vocabulary, new MaskingOptions { SecondObjective = SecondObjective.SentenceOrder }, 9, 1, continues: false));
        Assert.Contains("<cls> at the end", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attention_with_relative_segments_has_a_term_for_the_other_text_and_sums_to_one()
    {
        ContextConfiguration context = new() { TargetLength = 8, MemoryLength = 0 };
        AttentionMap map = new AttentionReader(Model(context), _backend, _vocabulary).Read(Enumerable.Repeat(A, 40), new AttentionOptions { Context = context, Positions = 8 });
        Assert.Contains(AttentionTerm.Segment, map.Terms);
        Assert.Contains(map.Score(AttentionTerm.Segment, 0, 0), score => score != 0);
        Assert.Equal(1, map.Mean(0, 0).Sum(), 1e-5);
    }

    private EncoderModel Model(ContextConfiguration context) => new((EncoderConfiguration)XlnetEncoders.WithParts(new EncoderConfiguration
    {
        VocabularySize = 1,
        Layers = 2,
        ModelSize = 8,
        Heads = 2,
        InnerSize = 12,
        InitialDeviation = 0.5f,
    }).For(_vocabulary, context), 3);
}

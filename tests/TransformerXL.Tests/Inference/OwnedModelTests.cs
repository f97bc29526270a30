using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Labels;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Uses of a model that is opened, so that each weight is read at its first use, and owned, so that one copy of it is kept: every family gives the bits of a loaded model that is used by others too.</summary>
public sealed class OwnedModelTests : IDisposable
{
    private const string Text = "the quick brown penguin jumps over the lazy dog, again and again", Short = "a dog";

    private static readonly ContextConfiguration s_context = new() { TargetLength = 12, MemoryLength = 20 };

    private readonly TemporaryFolder _folder = new();
    private readonly CpuBackend _backend = new(threads: 2);

    public static TheoryData<string> Families() => [.. Kinds.WithEncoders];

    public static TheoryData<string, Precision> Causal()
    {
        TheoryData<string, Precision> cases = [];
        foreach (string kind in Kinds.Causal)
        {
            cases.Add(kind, Precision.Float32);
            cases.Add(kind, Precision.Bfloat16);
        }

        return cases;
    }

    public void Dispose()
    {
        _folder.Dispose();
        _backend.Dispose();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_classifier(string kind)
    {
        Save(kind, new HeadConfiguration { Labels = ["A", "B", "C"] });
        Classifier shared = new(ModelFolder.Load(_folder["model"]), _backend), owner = new(ModelFolder.Open(_folder["model"]), _backend, ownsModel: true);
        foreach ((string, string?)[] texts in ((string, string?)[][])[[(Short, null)], [(Text, null), (Short, null), (Text, null)], [(Text, null)], [(Short, null)], [(Short, null)]])
        {
            Assert.Equal(shared.Classify(texts).SelectMany(result => result.Probabilities), owner.Classify(texts).SelectMany(result => result.Probabilities));
        }

        // Other families read documents with the weights as they are.
        if (kind == Kinds.Encoder)
        {
            Assert.Contains("has given its memory", Assert.Throws<InvalidOperationException>(() => owner.Explain(Short)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_labeller(string kind)
    {
        Save(kind, new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["O", "B-NAME", "I-NAME"], Scheme = TagScheme.Iob2, LabelLayer = LabelLayer.Crf });
        Labeller shared = new(ModelFolder.Load(_folder["model"]), _backend), owner = new(ModelFolder.Open(_folder["model"]), _backend, ownsModel: true);
        foreach (string text in (string[])[Text, Short, Text, Short, Short])
        {
            Assert.Equal(shared.Label(text).Words, owner.Label(text).Words);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void An_answerer(string kind)
    {
        Save(kind, new HeadConfiguration { Kind = HeadKind.Spans });
        Answerer shared = new(ModelFolder.Load(_folder["model"]), _backend), owner = new(ModelFolder.Open(_folder["model"]), _backend, ownsModel: true);
        foreach (string text in (string[])[Text, Short, Text, Short, Short])
        {
            Assert.Equal(shared.Answer("who?", text), owner.Answer("who?", text));
        }
    }

    [Theory]
    [MemberData(nameof(Causal))]
    public async Task A_scorer_of_one_text_after_the_other(string kind, Precision precision)
    {
        Save(kind, head: null);
        ModelFolder loaded = ModelFolder.Load(_folder["model"]), opened = ModelFolder.Open(_folder["model"]);
        ScoringOptions options = ScoringOptions.ForTrained(s_context) with { ChunkLength = 12, Precision = precision };
        Scorer shared = new(loaded.Model, loaded.Vocabulary, _backend), owner = new(opened.Model, opened.Vocabulary, _backend);
        foreach (string text in (string[])[Text, Short, Text, Short, Short, Text])
        {
            Assert.Equal(await Scores(shared, text, options), await Scores(owner, text, options with { OwnsModel = true }));
        }

        InputException refused = await Assert.ThrowsAsync<InputException>(() => Scores(owner, Text, options with { OwnsModel = true, Precision = precision == Precision.Float32 ? Precision.Bfloat16 : Precision.Float32 }));
        Assert.Contains("the scorer owns the model in ", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<double[]> Scores(Scorer scorer, string text, ScoringOptions options)
    {
        List<double> result = [];
        await foreach (TokenScore score in scorer.ScoreAsync(text, options))
        {
            result.Add(score.Nll);
        }

        return [.. result];
    }

    private void Save(string kind, HeadConfiguration? head)
    {
        LanguageModel model = LanguageModel.Create(
            new TransformerXLConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 16, Heads = 2, HeadSize = 8, InnerSize = 24, InitialDeviation = 0.3f }.As(kind, rows: s_context.TargetLength), seed: 5);
        ModelFolder.Save(
            _folder["model"], model, new ByteVocabulary(), new ModelFolderConfiguration { Model = model.Configuration, Context = s_context, Head = head },
            head is null ? null : new TaskHead(head, model.Configuration.HiddenWidth, seed: 6, deviation: 0.4f));
    }
}

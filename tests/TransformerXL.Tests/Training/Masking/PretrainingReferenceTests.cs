using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests.Training.Masking;

/// <summary>Losses and gradients of pre-training beside the definitions in numpy, tests/python/pretraining.py.</summary>
public sealed class PretrainingReferenceTests
{
    private const int PlacesOfTensor = 4;

    [SkippableTheory]
    [InlineData(PretrainingObjective.MaskedTokens, SecondObjective.None, EncoderPositions.Learned)]
    [InlineData(PretrainingObjective.MaskedTokens, SecondObjective.SentenceOrder, EncoderPositions.Relative)]
    [InlineData(PretrainingObjective.MaskedTokens, SecondObjective.NextSentence, EncoderPositions.Learned)]
    [InlineData(PretrainingObjective.Translation, SecondObjective.None, EncoderPositions.Learned)]
    [InlineData(PretrainingObjective.Translation, SecondObjective.None, EncoderPositions.Sinusoidal)]
    [InlineData(PretrainingObjective.Permutation, SecondObjective.None, EncoderPositions.Relative)]
    [InlineData(PretrainingObjective.Permutation, SecondObjective.None, EncoderPositions.Relative, true)]
    [InlineData(PretrainingObjective.Permutation, SecondObjective.None, EncoderPositions.Learned)]
    [InlineData(PretrainingObjective.Permutation, SecondObjective.None, EncoderPositions.Relative, false, true)]
    [InlineData(PretrainingObjective.MaskedTokens, SecondObjective.SentenceOrder, EncoderPositions.Relative, false, true)]
    public void Loss_and_gradients_are_those_of_the_definition(PretrainingObjective objective, SecondObjective second, EncoderPositions positions, bool preNorm = false, bool asXlnet = false)
    {
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        using TemporaryFolder folder = new();
        using Corpus corpus = objective == PretrainingObjective.Translation
            ? TranslationPairsTests.Prepare(folder, TranslationPairsTests.Lines("one", 40), TranslationPairsTests.Lines("two or", 40))
            : TinyRun.Corpus(40, new VocabularyOptions { AddSpecialTokens = true });
        ContextConfiguration context = new() { TargetLength = 40, MemoryLength = 0 };
        RunConfiguration configuration = TinyRun.Configuration(corpus) with
        {
            Context = context,
            Masking = new MaskingOptions { Objective = objective, SecondObjective = second, Rate = 0.3 },
            Model = new EncoderConfiguration
            {
                VocabularySize = 1,
                Layers = 2,
                ModelSize = 12,
                Heads = 2,
                HeadSize = 5,
                InnerSize = 17,
                Positions = positions,
                PreNorm = preNorm,
                FinalNorm = preNorm,
                RelativeSegments = asXlnet,
                OmitsEmbeddingNorm = asXlnet,
                OmitsAttentionBiases = asXlnet,
                OmitsPredictionTransform = asXlnet,
                TwoStreams = objective == PretrainingObjective.Permutation,
                RestartsPositions = objective == PretrainingObjective.Translation,
                InitialDeviation = 0.3f,
                Dropout = 0,
            }.For(corpus.Vocabulary, context),
        };
        using CpuBackend backend = new(null, 2);
        MaskedTask task = new(configuration, corpus, backend);
        Save(folder["model"], task, configuration);
        (int[] inputs, int[] targets, SegmentShape shape) = Batch(task);
        File.WriteAllText(folder["batch.json"], Describe(inputs, targets, shape.BatchSize, second != SecondObjective.None, objective == PretrainingObjective.Permutation));
        using JsonDocument expected = JsonDocument.Parse(Assert.Single(PythonReference.Run("pretraining.py", folder["model"], folder["batch.json"])));

        Tape tape = new(backend);
        tape.BeginTraining(1, 1);
        Variable loss = task.Loss(tape, new Batch(inputs, targets, shape.BatchSize), task.Model.CreateState(0, shape.BatchSize), default);
        Assert.Equal(expected.RootElement.GetProperty("loss").GetDouble(), loss.Value.Span[0], 1e-5);
        tape.Backward(loss);
        JsonElement gradients = expected.RootElement.GetProperty("gradients");
        Parameter[] parameters = [.. task.Model.Parameters, .. task.HeadParameters];
        Assert.Equal(parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal), gradients.EnumerateObject().Select(gradient => gradient.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in parameters)
        {
            foreach (JsonElement pair in gradients.GetProperty(parameter.Name).EnumerateArray())
            {
                double wanted = pair[1].GetDouble(), actual = parameter.HasGradient ? parameter.Gradient.Span[pair[0].GetInt32()] : 0;
                Assert.True(Math.Abs(wanted - actual) <= 2e-5 * Math.Max(1, Math.Abs(wanted)), $"{parameter.Name}[{pair[0]}]: {actual} here, {wanted} there");
            }
        }
    }

    private static void Save(string path, MaskedTask task, RunConfiguration configuration)
    {
        HeadConfiguration head = new() { Labels = ["a", "b"], Pooling = HeadPooling.First };
        TaskHead saved = new(head, task.Model.Configuration.HiddenWidth);
        foreach (Parameter parameter in task.HeadParameters)
        {
            parameter.Value.CopyTo(saved.Parameters.Single(other => other.Name == parameter.Name).Value);
        }

        ModelFolder.Save(path, task.Model, task.Vocabulary, configuration.ForModelFolder() with { Head = head }, saved);
    }

    private static (int[] Inputs, int[] Targets, SegmentShape Shape) Batch(MaskedTask task)
    {
        int[] inputs = new int[task.Source.MaxShape.InputCount], targets = new int[task.Source.MaxShape.TargetCount];
        Assert.True(task.Source.TryRead(inputs, targets, out SegmentShape shape));
        return (inputs[..shape.InputCount], targets[..shape.TargetCount], shape);
    }

    private static string Describe(int[] inputs, int[] targets, int streams, bool hasLabels, bool hasRanks)
    {
        JsonArray sequences = [];
        for (int stream = 0; stream < streams; stream++)
        {
            int[] rows = [.. Enumerable.Range(0, inputs.Length / streams).Select(row => (row * streams) + stream).Where(place => inputs[place] >= 0)];
            sequences.Add((JsonNode)new JsonObject
            {
                ["ids"] = new JsonArray([.. rows.Select(place => JsonValue.Create(inputs[place]))]),
                ["targets"] = new JsonArray([.. rows.Select(place => JsonValue.Create(targets[place]))]),
                ["label"] = hasLabels ? targets[inputs.Length + stream] : null,
                ["ranks"] = hasRanks ? new JsonArray([.. rows.Select(place => JsonValue.Create(targets[inputs.Length + place]))]) : null,
            });
        }

        return new JsonObject { ["sequences"] = sequences, ["count"] = PlacesOfTensor }.ToJsonString();
    }
}

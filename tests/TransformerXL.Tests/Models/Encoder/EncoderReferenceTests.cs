using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Models.Encoder;

/// <summary>Encoders beside the definition in numpy, tests/python/encoder.py, which computes in float64 and one text at a time.</summary>
public sealed class EncoderReferenceTests
{
    private const double Tolerance = 2e-5;

    private static readonly int[] s_lengths = [1, 5, 12, 19];

    [SkippableTheory]
    [InlineData(EncoderPositions.Learned, false, false, 2, 0, true)]
    [InlineData(EncoderPositions.Learned, true, true, 3, 0, false)]
    [InlineData(EncoderPositions.Sinusoidal, false, false, 0, 6, true)]
    [InlineData(EncoderPositions.Sinusoidal, true, false, 2, 0, true)]
    [InlineData(EncoderPositions.Relative, false, false, 2, 0, true)]
    [InlineData(EncoderPositions.Relative, true, true, 0, 6, false)]
    [InlineData(EncoderPositions.Relative, true, false, 2, 0, true, true)]
    [InlineData(EncoderPositions.Relative, false, false, 0, 0, true, true, true)]
    public void States_masked_tokens_and_heads_are_those_of_the_definition(EncoderPositions positions, bool preNorm, bool finalNorm, int types, int embedding, bool tied, bool segments = false, bool omits = false)
    {
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        using TemporaryFolder folder = new();
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ContextConfiguration context = new() { TargetLength = 19, MemoryLength = 0 };
        ModelConfiguration configuration = new EncoderConfiguration
        {
            VocabularySize = 1,
            Layers = 3,
            ModelSize = 12,
            Heads = 2,
            HeadSize = 5,
            InnerSize = 17,
            EmbeddingSize = embedding,
            Positions = positions,
            PreNorm = preNorm,
            FinalNorm = finalNorm,
            TokenTypes = types,
            TieWeights = tied,
            RelativeSegments = segments,
            OmitsEmbeddingNorm = omits,
            OmitsAttentionBiases = omits,
            OmitsPredictionTransform = omits,
            InitialDeviation = 0.3f,
            ProjectionDeviation = 0.3f,
        }.For(vocabulary, context);
        LanguageModel model = LanguageModel.Create(configuration, 5);
        HeadConfiguration head = new() { Labels = ["a", "b", "c"], Pooling = HeadPooling.First };
        ModelFolder.Save(folder["model"], model, vocabulary, new ModelFolderConfiguration { Model = configuration, Context = context, Head = head }, new TaskHead(head, 12, 7, 0.3f));
        int[][] texts = [.. s_lengths.Select(length => Ids(length, vocabulary))];
        File.WriteAllText(folder["ids.json"], JsonSerializer.Serialize(texts));
        string[] lines = PythonReference.Run("encoder.py", folder["model"], folder["ids.json"]);

        using CpuBackend backend = new(null, 2);
        ModelFolder trained = ModelFolder.Load(folder["model"]);
        TaskRunner runner = new(trained.Model, trained.Head!, backend, context);
        float[][] logits = runner.OfTexts(texts), states = new float[texts.Length][];
        Check(lines, "head", i => Array.ConvertAll(logits[i], value => (double)value));

        // Side by side, padded: each text has its own states.
        runner.Reader(texts.Length).ReadAll(TaskRunner.Columns(texts), (hidden, lengths) =>
        {
            for (int text = 0; text < texts.Length; text++)
            {
                states[text] = [.. Enumerable.Range(0, lengths[text]).SelectMany(t => hidden.Value.Span.Slice(((t * texts.Length) + text) * 12, 12).ToArray())];
            }
        });
        Check(lines, "hidden", i => Array.ConvertAll(states[i], value => (double)value));
        Check(lines, "log_probabilities", i => LogProbabilities(trained.Model, backend, context, texts[i]));
    }

    private static double[] LogProbabilities(LanguageModel model, CpuBackend backend, ContextConfiguration context, int[] ids)
    {
        double[] result = new double[ids.Length];
        new MaskedReader(model, backend, context, 1).Read(ids, [], [.. Enumerable.Range(0, ids.Length)], (place, logits) => result[place] = -MaskedReader.Measure(logits, ids[place], model).Nll);
        return result;
    }

    private static void Check(string[] lines, string member, Func<int, double[]> actual)
    {
        Assert.Equal(s_lengths.Length, lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            using JsonDocument json = JsonDocument.Parse(lines[i]);
            double[] expected = [.. json.RootElement.GetProperty(member).EnumerateArray().Select(value => value.GetDouble())], values = actual(i);
            Assert.Equal(expected.Length, values.Length);
            Assert.All(expected.Zip(values), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= Tolerance * Math.Max(1, Math.Abs(pair.First)), $"{member} of text {i}: {pair.Second} here, {pair.First} there"));
        }
    }

    /// <summary>A text with a separator in its middle and at its end.</summary>
    private static int[] Ids(int length, Vocabulary vocabulary)
    {
        int[] ids = [.. Enumerable.Range(0, length).Select(i => ((i * 37) + (length * 11)) % 256)];
        ids[0] = vocabulary.ClassId!.Value;
        if (length > 2)
        {
            (ids[length / 2], ids[length - 1]) = (vocabulary.SeparatorId!.Value, vocabulary.SeparatorId!.Value);
        }

        return ids;
    }
}

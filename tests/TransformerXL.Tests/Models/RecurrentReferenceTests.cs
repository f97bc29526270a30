using System.Text.Json;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Models;

/// <summary>Recurrent models beside the definition in numpy, tests/python/recurrent.py.</summary>
public sealed class RecurrentReferenceTests
{
    private static readonly int[] s_lengths = [1, 7, 16];

    public static TheoryData<RecurrentConfiguration> Models => new(
        new LstmConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 9, ProjectionSize = 5, EmbeddingSize = 7, TieWeights = false },
        new LstmConfiguration { VocabularySize = 256, Layers = 3, ModelSize = 17, ProjectionSize = 16, EmbeddingSize = 16 },
        new LstmConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 9, ProjectionSize = 4, Bidirectional = true },
        new LstmConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 6 },
        new GruConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 6, Bidirectional = true },
        new RnnConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 6, Nonlinearity = RnnNonlinearity.Relu });

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void States_and_log_probabilities_are_those_of_the_definition(RecurrentConfiguration configuration)
    {
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        using TemporaryFolder folder = new();
        LanguageModel model = LanguageModel.Create(configuration, 3);
        ModelFolder.Save(folder["model"], model, new ByteVocabulary(), new ModelFolderConfiguration { Model = configuration, Context = new ContextConfiguration { TargetLength = 16, MemoryLength = 0 } });
        int[][] texts = [.. s_lengths.Select(length => (int[])[.. Enumerable.Range(0, length).Select(i => ((i * 37) + length) % 256)])];
        File.WriteAllText(folder["ids.json"], JsonSerializer.Serialize(texts));
        string[] lines = PythonReference.Run("recurrent.py", folder["model"], folder["ids.json"]);
        using CpuBackend backend = new(null, 2);
        for (int i = 0; i < texts.Length; i++)
        {
            using JsonDocument json = JsonDocument.Parse(lines[i]);
            Tape tape = new(backend);
            tape.BeginEvaluation();
            Variable hidden = model.Forward(tape, tape.Allocate(texts[i]), model.CreateState(0, 1), new ContextConfiguration());
            Assert.Equal(configuration.HiddenWidth, hidden.Shape.Columns);
            Check(json.RootElement.GetProperty("hidden"), hidden.Value.Span);
            if (configuration.Bidirectional || texts[i].Length == 1)
            {
                continue;
            }

            // The session computes with prepared weights, token by token.
            InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 0, MaxSegment = 4 });
            float[] losses = new float[texts[i].Length - 1];
            for (int token = 0; token < losses.Length; token++)
            {
                session.Advance([texts[i][token]]);
                session.NegativeLogLikelihood([texts[i][token + 1]], losses.AsSpan(token, 1));
            }

            Check(json.RootElement.GetProperty("log_probabilities"), Array.ConvertAll(losses, loss => -loss));
        }
    }

    [Fact]
    public void A_session_with_a_projection_is_saved_and_restored()
    {
        using CpuBackend backend = new(null, 1);
        LanguageModel model = LanguageModel.Create(new LstmConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 9, ProjectionSize = 5, TieWeights = false }, 3);
        InferenceOptions options = new() { MemoryLength = 0 };
        InferenceSession session = InferenceSession.Create(model, backend, options), other = InferenceSession.Create(model, backend, options);
        session.Advance([1, 2, 3]);
        using MemoryStream stream = new();
        session.Save(stream);
        stream.Position = 0;
        other.Load(stream);
        InferenceSession fork = session.Fork();
        foreach (InferenceSession one in (InferenceSession[])[session, other, fork])
        {
            one.Advance([4, 5]);
        }

        Assert.Equal(session.Logits().Span.ToArray(), other.Logits().Span.ToArray());
        Assert.Equal(session.Logits().Span.ToArray(), fork.Logits().Span.ToArray());
    }

    [Fact]
    public void A_projection_must_be_narrower_than_the_cells() => Assert.Contains(
        "projection size", Assert.Throws<InputException>(new LstmConfiguration { VocabularySize = 9, ModelSize = 8, ProjectionSize = 8 }.Validate).Message, StringComparison.Ordinal);

    private static void Check(JsonElement expected, ReadOnlySpan<float> actual)
    {
        double[] values = [.. expected.EnumerateArray().Select(value => value.GetDouble())];
        Assert.Equal(values.Length, actual.Length);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(values[i], actual[i], 1e-5);
        }
    }
}

using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Models;

/// <summary>Recurrent models as language models and as encoders.</summary>
public sealed class RecurrentModelTests : IDisposable
{
    private readonly CpuBackend _backend = new(null, 2);

    public static TheoryData<RecurrentConfiguration> Models => new(
        new LstmConfiguration { VocabularySize = 19, Layers = 2, ModelSize = 6 },
        new GruConfiguration { VocabularySize = 19, Layers = 2, ModelSize = 6 },
        new RnnConfiguration { VocabularySize = 19, Layers = 2, ModelSize = 6 },
        new RnnConfiguration { VocabularySize = 19, Layers = 2, ModelSize = 6, Nonlinearity = RnnNonlinearity.Relu });

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void The_configuration_of_an_lstm_is_written_as_before()
    {
        string json = JsonSerializer.Serialize(new LstmConfiguration { VocabularySize = 9 }, ModelFolderJson.Default.ModelConfiguration);
        Assert.Equal(
            ["kind", "vocabularySize", "layers", "modelSize", "embeddingSize", "tieWeights", "cutoffs", "embeddingDivisor", "dropout", "initialDeviation", "projectionDeviation"],
            JsonDocument.Parse(json).RootElement.EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_session_reads_token_by_token_what_the_model_reads_at_once(RecurrentConfiguration configuration)
    {
        LanguageModel model = LanguageModel.Create(configuration, 3);
        int[] ids = [.. Enumerable.Range(0, 11).Select(i => i * 5 % 19)];
        float[] whole = States(model, ids, [11], 1);
        InferenceSession session = InferenceSession.Create(model, _backend, new InferenceOptions { MemoryLength = 0, MaxSegment = 4 });
        for (int i = 0; i < ids.Length; i++)
        {
            session.Advance([ids[i]]);
            float[] expected = whole[(i * 6)..((i + 1) * 6)], actual = session.LastHidden.Span.ToArray();
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void An_encoder_reads_each_stream_from_both_of_its_ends(RecurrentConfiguration configuration)
    {
        LanguageModel encoder = LanguageModel.Create(configuration with { Bidirectional = true, Layers = 1 }, 3), single = LanguageModel.Create(configuration with { Layers = 1 }, 3);
        int[] lengths = [4, 7];
        int[] ids = [.. Enumerable.Range(0, 14).Select(i => i * 3 % 19)];
        float[] both = States(encoder, ids, lengths, 2);
        Assert.Equal(7 * 2 * 12, both.Length);

        // One direction with the weights of the other, over the reversed tokens of a stream alone.
        foreach (bool isReverse in (bool[])[false, true])
        {
            Copy(encoder, single, isReverse ? "_reverse" : "");
            for (int stream = 0; stream < 2; stream++)
            {
                int[] own = [.. Enumerable.Range(0, lengths[stream]).Select(t => ids[(t * 2) + stream])];
                float[] alone = States(single, isReverse ? [.. own.Reverse()] : own, [own.Length], 1);
                for (int t = 0; t < own.Length; t++)
                {
                    int row = isReverse ? own.Length - 1 - t : t, place = (((t * 2) + stream) * 12) + (isReverse ? 6 : 0);
                    Assert.All(alone[(row * 6)..((row + 1) * 6)].Zip(both[place..(place + 6)]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
                }
            }
        }
    }

    [Fact]
    public void An_encoder_writes_no_text()
    {
        LanguageModel encoder = LanguageModel.Create(new GruConfiguration { VocabularySize = 19, ModelSize = 6, Bidirectional = true });
        Assert.Throws<InputException>(() => InferenceSession.Create(encoder, _backend, new InferenceOptions { MemoryLength = 0 }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_reference_lacks_is_not_exported_as_an_lstm(bool bidirectional)
    {
        using TemporaryFolder folder = new();
        RecurrentConfiguration configuration = bidirectional ? new LstmConfiguration { VocabularySize = 256, ModelSize = 6, Bidirectional = true } : new GruConfiguration { VocabularySize = 256, ModelSize = 6 };
        ModelFolder.Save(folder["model"], LanguageModel.Create(configuration), new ByteVocabulary(), new ModelFolderConfiguration { Model = configuration, Context = new ContextConfiguration { MemoryLength = 0 } });
        ModelFolder saved = ModelFolder.Load(folder["model"]);
        Assert.Equal((configuration.GetType(), bidirectional), (saved.Model.Configuration.GetType(), ((RecurrentConfiguration)saved.Model.Configuration).Bidirectional));
        foreach (ExportFormat format in Enum.GetValues<ExportFormat>())
        {
            Assert.Throws<InputException>(() => ModelExporter.Export(saved, folder["exported"], format));
        }
    }

    private float[] States(LanguageModel model, int[] ids, int[] lengths, int streams)
    {
        Tape tape = new(_backend);
        tape.BeginEvaluation();
        ModelState state = model.CreateState(0, streams);
        state.Lengths = lengths;
        return model.Forward(tape, tape.Allocate(ids), state, new ContextConfiguration()).Value.Span.ToArray();
    }

    private static void Copy(LanguageModel from, LanguageModel to, string suffix)
    {
        foreach (Parameter parameter in to.Parameters)
        {
            bool isLayer = parameter.Name.StartsWith("rnn.", StringComparison.Ordinal);
            if (from.Parameters.FirstOrDefault(other => other.Name == parameter.Name + (isLayer ? suffix : "")) is { } source && source.Shape == parameter.Shape)
            {
                source.Value.CopyTo(parameter.Value);
            }
        }
    }
}

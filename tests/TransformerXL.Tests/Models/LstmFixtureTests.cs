using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using Xunit;

namespace TransformerXL.Tests.Models;

/// <summary>The recurrent model against torch.nn.LSTM, segment by segment with the state carried.</summary>
public sealed class LstmFixtureTests
{
    public static TheoryData<string, Isa> Cases()
    {
        TheoryData<string, Isa> data = [];
        foreach (string folder in FixtureFolders.OfKind("lstm"))
        {
            foreach (Isa isa in Enum.GetValues<Isa>().Where(CpuBackend.IsSupported))
            {
                data.Add(folder, isa);
            }
        }

        return data;
    }

    [Fact]
    public void Both_cases_are_in_the_repository() => Assert.Equal(
        ["17a_lstm", "17b_lstm_tied"],
        Directory.GetDirectories(Path.Combine(FixtureFolders.Repository, "tests", "Fixtures"), "17*").Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_pass_and_state_equal_the_reference(string folder, Isa isa)
    {
        using ModelFixture fixture = new(folder);
        using CpuBackend backend = new(isa, 2);
        LanguageModel model = LoadModel(fixture);
        RecurrentState state = (RecurrentState)model.CreateState(0, fixture.Streams);
        Tape tape = new(backend);
        for (int segment = 1; segment <= fixture.Segments; segment++)
        {
            string prefix = $"seg{segment}.";
            tape.BeginEvaluation();
            Variable hidden = model.Forward(tape, tape.Allocate(fixture.Ids(prefix + "input_ids")), state, Context);
            int[] targets = fixture.Ids(prefix + "target_ids");
            Tensor perToken = Tensor.Allocate(new Shape(targets.Length));
            model.Loss(tape, hidden, tape.Allocate(targets), perToken);
            fixture.AssertClose("hidden", prefix + "hidden", hidden.Value.Span, fixture.Floats(prefix + "hidden"));
            fixture.AssertClose("nll", prefix + "nll", perToken.Span, fixture.Floats(prefix + "nll"));
            fixture.AssertClose("logprob", prefix + "logprob", ModelOracle.LogProbabilities(model, hidden.Value, targets.Length), fixture.Floats(prefix + "logprob"));
            CheckState(fixture, prefix, part => state[part]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_equal_the_reference(string folder, Isa isa)
    {
        using ModelFixture fixture = new(folder);
        using CpuBackend backend = new(isa, 2);
        LanguageModel model = LoadModel(fixture);
        RecurrentState state = (RecurrentState)model.CreateState(0, fixture.Streams);
        Tape tape = new(backend);
        tape.BeginEvaluation();
        model.Forward(tape, tape.Allocate(fixture.Ids("seg1.input_ids")), state, Context);
        tape.BeginTraining(1, 1);
        Variable hidden = model.Forward(tape, tape.Allocate(fixture.Ids("seg2.input_ids")), state, Context);
        tape.Backward(model.Loss(tape, hidden, tape.Allocate(fixture.Ids("seg2.target_ids"))));
        Assert.Equal(fixture.Io.Entries.Count(entry => entry.Name.StartsWith("grad.", StringComparison.Ordinal)), model.Parameters.Count);
        foreach (Parameter parameter in model.Parameters)
        {
            Assert.True(parameter.HasGradient, $"{parameter.Name} has no gradient");
            fixture.AssertClose("grad", parameter.Name, parameter.Gradient.Span, fixture.Floats("grad." + FixtureName(parameter.Name)), byPeak: true);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_session_gives_nll_and_state_of_the_reference(string folder, Isa isa)
    {
        using ModelFixture fixture = new(folder);
        using CpuBackend backend = new(isa, 2);
        LanguageModel model = LoadModel(fixture);
        int[] first = fixture.Ids("seg1.input_ids");
        InferenceSession session = InferenceSession.Create(
            model, backend, new InferenceOptions { MemoryLength = 0, Streams = fixture.Streams, MaxSegment = first.Length / fixture.Streams });
        for (int segment = 1; segment <= fixture.Segments; segment++)
        {
            string prefix = $"seg{segment}.";
            int[] targets = fixture.Ids(prefix + "target_ids");
            float[] nll = new float[targets.Length];
            session.Advance(fixture.Ids(prefix + "input_ids"));
            session.NegativeLogLikelihood(targets, nll);
            fixture.AssertClose("nll", prefix + "nll", nll, fixture.Floats(prefix + "nll"));
            fixture.AssertClose("hidden", prefix + "hidden", session.Hidden.Span, fixture.Floats(prefix + "hidden"));
            CheckState(fixture, prefix, part => session.State[part]);
        }
    }

    private static ContextConfiguration Context { get; } = new() { MemoryLength = 0 };

    private static void CheckState(ModelFixture fixture, string prefix, Func<int, Tensor> part)
    {
        int layers = fixture.Config.GetProperty("n_layer").GetInt32();
        float[] hidden = [.. Enumerable.Range(0, layers).SelectMany(layer => part(2 * layer).Span.ToArray())];
        float[] cell = [.. Enumerable.Range(0, layers).SelectMany(layer => part((2 * layer) + 1).Span.ToArray())];
        fixture.AssertClose("state_h", prefix + "state_h", hidden, fixture.Floats(prefix + "state_h"));
        fixture.AssertClose("state_c", prefix + "state_c", cell, fixture.Floats(prefix + "state_c"));
    }

    private static LanguageModel LoadModel(ModelFixture fixture)
    {
        JsonElement config = fixture.Config;
        LanguageModel model = LanguageModel.Create(new LstmConfiguration
        {
            VocabularySize = config.GetProperty("vocab_size").GetInt32(),
            Layers = config.GetProperty("n_layer").GetInt32(),
            ModelSize = config.GetProperty("d_hidden").GetInt32(),
            EmbeddingSize = config.GetProperty("d_embed").GetInt32(),
            TieWeights = config.GetProperty("tied").GetBoolean(),
            Dropout = 0,
        });
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(fixture.Folder, "weights.safetensors"));
        foreach (Parameter parameter in model.Parameters)
        {
            ModelWeights.Read(file, FixtureName(parameter.Name), parameter.Value);
        }

        return model;
    }

    private static string FixtureName(string name) => name switch
    {
        "word_emb.emb_layers.0.weight" => "encoder.weight",
        "crit.out_layers.0.weight" => "decoder.weight",
        "crit.out_layers.0.bias" => "decoder.bias",
        _ => name,
    };
}

using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using Xunit;

namespace TransformerXL.Tests.Models;

/// <summary>The model against tensors of the reference implementation, segment by segment with the memory carried.</summary>
public sealed class ModelFixtureTests
{
    public static TheoryData<string> Cases() => [.. CaseFolders()];

    /// <summary>Cases with gradients.</summary>
    public static TheoryData<string> GradientCases()
    {
        TheoryData<string> data = [];
        foreach (string folder in CaseFolders())
        {
            using ModelFixture fixture = new(folder);
            if (fixture.Io.Entries.Any(entry => entry.Name.StartsWith("grad.", StringComparison.Ordinal)))
            {
                data.Add(folder);
            }
        }

        return data;
    }

    /// <summary>Folders of all cases of attention models.</summary>
    public static IEnumerable<string> CaseFolders() => FixtureFolders.OfKind("forward", "train", "eval");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_pass_equals_the_reference(string folder)
    {
        using ModelFixture fixture = new(folder);
        foreach (Isa isa in Enum.GetValues<Isa>().Where(CpuBackend.IsSupported))
        {
            using CpuBackend backend = new(isa, 2);
            CheckForward(fixture, backend);
        }
    }

    [Theory]
    [MemberData(nameof(GradientCases))]
    public void Gradients_equal_the_reference(string folder)
    {
        using ModelFixture fixture = new(folder);
        foreach (Isa isa in Enum.GetValues<Isa>().Where(CpuBackend.IsSupported))
        {
            using CpuBackend backend = new(isa, 2);
            CheckGradients(fixture, backend);
        }
    }

    private static void CheckForward(ModelFixture fixture, CpuBackend backend)
    {
        TransformerXLModel model = fixture.LoadModel();
        ContextConfiguration context = fixture.Context();
        HiddenMemory memory = model.CreateState(context.MemoryLength, fixture.Streams);
        Tape tape = new(backend);
        for (int segment = 1; segment <= fixture.Segments; segment++)
        {
            string prefix = $"seg{segment}.";
            tape.BeginEvaluation();
            ForwardTrace trace = new(model.Configuration.Layers);
            int memoryRows = memory.Rows;
            Variable hidden = model.Forward(tape, tape.Allocate(fixture.Ids(prefix + "input_ids")), memory, context, default, int.MaxValue, trace);
            fixture.AssertClose("hidden", prefix + "hidden", hidden.Value.Span, fixture.Floats(prefix + "hidden"));
            int[] targets = fixture.Ids(prefix + "target_ids");
            Tensor perToken = Tensor.Allocate(new Shape(targets.Length));
            model.Loss(tape, hidden, tape.Allocate(targets), perToken);
            fixture.AssertClose("nll", prefix + "nll", perToken.Span, fixture.Floats(prefix + "nll"));
            float[] logProbabilities = ModelOracle.LogProbabilities(model, hidden.Value, targets.Length);
            fixture.AssertClose("logprob", prefix + "logprob", logProbabilities, fixture.Floats(prefix + "logprob"));
            CheckTrace(fixture, model, context, trace, prefix, memoryRows);
            CheckMemory(fixture, memory, prefix);
        }
    }

    private static void CheckTrace(
        ModelFixture fixture, TransformerXLModel model, ContextConfiguration context, ForwardTrace trace, string prefix, int memoryRows)
    {
        for (int layer = 0; layer <= model.Configuration.Layers; layer++)
        {
            if (fixture.Io.TryFind($"{prefix}layer_out.{layer}", out _))
            {
                fixture.AssertClose("layer_out", $"{prefix}layer_out.{layer}", trace.Hidden[layer].Span, fixture.Floats($"{prefix}layer_out.{layer}"));
            }

            string name = $"{prefix}attn_prob.layer{layer}";
            if (fixture.Io.TryFind(name, out _))
            {
                float[] probabilities = ModelOracle.AttentionProbabilities(model, trace.Attention[layer], context, memoryRows);
                fixture.AssertClose("attn_prob", name, probabilities, fixture.Floats(name));
            }
        }
    }

    private static void CheckMemory(ModelFixture fixture, HiddenMemory memory, string prefix)
    {
        for (int layer = 0; layer < memory.Parts; layer++)
        {
            if (fixture.Io.TryFind($"{prefix}mems.{layer}", out SafetensorsEntry? entry))
            {
                Assert.Equal(entry.Shape[0], memory[layer].Shape[0]);
                fixture.AssertClose("mems", entry.Name, memory[layer].Span, fixture.Floats(entry.Name));
            }
        }
    }

    private static void CheckGradients(ModelFixture fixture, CpuBackend backend)
    {
        TransformerXLModel model = fixture.LoadModel();
        ContextConfiguration context = fixture.Context();
        HiddenMemory memory = model.CreateState(context.MemoryLength, fixture.Streams);
        Tape tape = new(backend);
        tape.BeginEvaluation();
        model.Forward(tape, tape.Allocate(fixture.Ids("seg1.input_ids")), memory, context);
        tape.BeginTraining(1, 1);
        Variable hidden = model.Forward(tape, tape.Allocate(fixture.Ids("seg2.input_ids")), memory, context);
        tape.Backward(model.Loss(tape, hidden, tape.Allocate(fixture.Ids("seg2.target_ids"))));
        HashSet<string> missing = fixture.WithoutGradient();
        foreach (Parameter parameter in model.Parameters)
        {
            Assert.True(parameter.HasGradient != missing.Contains(parameter.Name), $"{parameter.Name}: gradient {parameter.HasGradient}");
            if (parameter.HasGradient)
            {
                float[] expected = fixture.Floats("grad." + parameter.Name);
                fixture.AssertClose("grad", parameter.Name, parameter.Gradient.Span, expected, byPeak: true);
            }
        }
    }
}

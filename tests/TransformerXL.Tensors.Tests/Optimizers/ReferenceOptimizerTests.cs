using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Testing.Reference;
using Xunit;

namespace TransformerXL.Tensors.Tests.Optimizers;

/// <summary>Optimizers name a backend: the reference backend takes the same steps in double precision.</summary>
public sealed class ReferenceOptimizerTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<OptimizerKind, bool> Cases
    {
        get
        {
            TheoryData<OptimizerKind, bool> cases = [];
            foreach (OptimizerKind kind in Enum.GetValues<OptimizerKind>())
            {
                cases.Add(kind, false);
                cases.Add(kind, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Three_steps_move_parameters_as_on_the_reference_backend(OptimizerKind kind, bool variant)
    {
        double[] expected = Array.ConvertAll(Train(kind, variant, new ReferenceBackend()), value => (double)value);
        foreach (Isa isa in Backends.Isas)
        {
            string? mismatch = Tolerance.Mismatch(Train(kind, variant, backends.Get(isa, 2)), expected, Tolerance.Of(300), 1);
            Assert.True(mismatch is null, $"{isa}: {mismatch}");
        }
    }

    /// <summary>The parameters and the state of the optimizer after three steps. The last step finds one parameter without a gradient.</summary>
    private static float[] Train(OptimizerKind kind, bool variant, Backend backend)
    {
        Parameter[] parameters = [New("vector", new Shape(37)), New("matrix", new Shape(20, 30)), New("idle", new Shape(6, 7))];
        OptimizerOptions options = new()
        {
            Kind = kind,
            WeightDecay = 0.1,
            Momentum = variant && kind is OptimizerKind.Sgd or OptimizerKind.Muon ? 0.8 : null,
            Dampening = kind == OptimizerKind.Sgd ? 0.25 : 0,
            Nesterov = variant,
            AmsGrad = variant && kind is OptimizerKind.Adam or OptimizerKind.AdamW,
        };
        Optimizer optimizer = Optimizer.Create(parameters, options, backend, parameter => parameter.Name != "idle" || !variant);
        for (int step = 1; step <= 3; step++)
        {
            foreach (Parameter parameter in parameters.Where(parameter => step < 3 || parameter.Name != "idle"))
            {
                parameter.ZeroGradient();
                new RandomValues($"{parameter.Name} {step}").Normal((int)parameter.Value.Count).CopyTo(parameter.Gradient.Span);
            }

            optimizer.Step(0.01, 1 / optimizer.GradientNorm());
        }

        Assert.Equal([3, 3, 2], optimizer.Steps);
        return [.. parameters.SelectMany(parameter => parameter.Value.Span.ToArray()), .. optimizer.State().SelectMany(state => state.Value.Span.ToArray())];
    }

    private static Parameter New(string name, Shape shape)
    {
        Parameter parameter = new(name, shape);
        new RandomValues(name).Normal((int)shape.Count).CopyTo(parameter.Value.Span);
        return parameter;
    }
}

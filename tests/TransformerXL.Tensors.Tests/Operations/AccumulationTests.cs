using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

public sealed class AccumulationTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<string> Names => GradientTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_second_backward_pass_adds_to_the_gradients_of_the_first(string name)
    {
        OpCase @case = OpCases.Named(name);
        foreach (Isa isa in Backends.Isas)
        {
            OpCaseRun run = new(@case, backends.Get(isa));
            run.Forward();
            run.Backward();
            float[]?[] once = Gradients(@case, run);
            run.ClearGradients(input => input.SingleReader);
            run.Forward();
            run.Backward();
            float[]?[] twice = Gradients(@case, run);
            for (int i = 0; i < once.Length; i++)
            {
                OpInput input = @case.Inputs[i];
                if (input.HasGradient && !input.SingleReader)
                {
                    double[] expected = Array.ConvertAll(once[i]!, value => 2.0 * value);
                    string? mismatch = Tolerance.Mismatch(twice[i], expected, Tolerance.Of(@case.GradientReduction), @case.GradientMagnitude);
                    Assert.True(mismatch is null, $"{isa}, gradient of {input.Name}: {mismatch}");
                }
            }
        }
    }

    private static float[]?[] Gradients(OpCase @case, OpCaseRun run) =>
        [.. @case.Inputs.Select((input, i) => input.HasGradient ? run.Gradient(i) : null)];
}

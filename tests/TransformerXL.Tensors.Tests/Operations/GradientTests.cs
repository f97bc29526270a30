using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

public sealed class GradientTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<string> Names =>
        [.. OpCases.All.Where(@case => @case.Operation is not null).Select(@case => @case.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradients_equal_finite_differences_of_the_oracle_on_every_instruction_set(string name)
    {
        OpCase @case = OpCases.Named(name);
        IReadOnlyList<Probe> probes = FiniteDifferences.Of(@case);
        foreach (Isa isa in Backends.Isas)
        {
            OpCaseRun run = new(@case, backends.Get(isa));
            run.Poison();
            run.Forward();
            run.Backward();
            foreach (IGrouping<int, Probe> ofInput in probes.GroupBy(probe => probe.Input))
            {
                Compare(@case, isa.ToString(), run.Gradient(ofInput.Key), [.. ofInput]);
            }
        }
    }

    internal static void Compare(OpCase @case, string backend, float[] gradient, IReadOnlyList<Probe> probes)
    {
        OpInput input = @case.Inputs[probes[0].Input];
        int promised = gradient.Length / Math.Max(1, input.Shape[0]) * input.RowsWithoutGradient;
        double scale = Tolerance.Scale(gradient.Skip(promised).Select(value => (double)value), @case.GradientMagnitude);
        foreach (Probe probe in probes)
        {
            double actual = probe.Along(gradient), error = Math.Abs(actual - probe.Derivative);
            double allowed = scale * Math.Sqrt(probe.Signs.Length) * Tolerance.Of(@case.GradientReduction);
            Assert.True(
                error <= allowed,
                $"{backend}, gradient of {input.Name} from {probe.Start} over {probe.Signs.Length}: {actual}, expected {probe.Derivative}, error {error:e2}, allowed {allowed:e2}");
        }
    }
}

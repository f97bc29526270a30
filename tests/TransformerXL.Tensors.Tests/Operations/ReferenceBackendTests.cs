using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using TransformerXL.Testing.Reference;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

/// <summary>Operations name a backend, not the processor's: a second one computes all of them, values and gradients.</summary>
public sealed class ReferenceBackendTests
{
    public static TheoryData<string> Names => GradientTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_reference_backend_computes_every_operation_and_its_gradients(string name)
    {
        OpCase @case = OpCases.Named(name);
        OpCaseRun run = new(@case, new ReferenceBackend());
        run.Poison();
        run.Forward();
        run.Backward();
        IReadOnlyList<double[]> expected = @case.Expected();
        for (int i = 0; i < expected.Count; i++)
        {
            string? mismatch = Tolerance.Mismatch(run.Output(i), expected[i], Tolerance.Of(@case.Reduction), @case.Magnitude);
            Assert.True(mismatch is null, $"output {i}: {mismatch}");
        }

        foreach (IGrouping<int, Probe> ofInput in FiniteDifferences.Of(@case).GroupBy(probe => probe.Input))
        {
            GradientTests.Compare(@case, "reference", run.Gradient(ofInput.Key), [.. ofInput]);
        }
    }
}

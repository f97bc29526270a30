using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using TransformerXL.Testing.Reference;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

/// <summary>Operations name a backend, not the processor's: a second one computes all of them, values and gradients.</summary>
public sealed class ReferenceBackendTests
{
    public static TheoryData<string> Names => GradientTests.Names;

    public static TheoryData<string> KernelNames => [.. OpCases.All.Where(@case => @case.Operation is null).Select(@case => @case.Name)];

    [Theory]
    [MemberData(nameof(KernelNames))]
    public void The_reference_backend_computes_what_is_no_operation_of_a_tape(string name)
    {
        OpCase @case = OpCases.Named(name);
        OpCaseRun run = new(@case, new ReferenceBackend());
        run.Forward();
        AssertOutputs(@case, run);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_reference_backend_computes_every_operation_and_its_gradients(string name)
    {
        OpCase @case = OpCases.Named(name);
        OpCaseRun run = new(@case, new ReferenceBackend());
        run.Poison();
        run.Forward();
        run.Backward();
        AssertOutputs(@case, run);
        foreach (IGrouping<int, Probe> ofInput in FiniteDifferences.Of(@case).GroupBy(probe => probe.Input))
        {
            GradientTests.Compare(@case, "reference", run.Gradient(ofInput.Key), [.. ofInput]);
        }
    }

    private static void AssertOutputs(OpCase @case, OpCaseRun run)
    {
        IReadOnlyList<double[]> expected = @case.Expected();
        for (int i = 0; i < expected.Count; i++)
        {
            string? mismatch = Tolerance.Mismatch(run.Output(i), expected[i], Tolerance.Of(@case.Reduction), @case.Magnitude);
            Assert.True(mismatch is null, $"output {i}: {mismatch}");
        }
    }
}

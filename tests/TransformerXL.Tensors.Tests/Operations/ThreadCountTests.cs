using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

public sealed class ThreadCountTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<string> Names => OpCaseTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Results_are_the_same_bits_with_one_two_and_three_threads(string name)
    {
        OpCase @case = OpCases.Named(name);
        foreach (Isa isa in Backends.Isas.Where(isa => isa != Isa.Scalar))
        {
            float[][] one = Results(@case, backends.Get(isa, 1));
            foreach (int threads in new[] { 2, 3 })
            {
                float[][] many = Results(@case, backends.Get(isa, threads));
                for (int i = 0; i < one.Length; i++)
                {
                    Assert.True(Bits.Equal(one[i], many[i]), $"{isa}, {threads} threads, result {i} of {one.Length}");
                }
            }
        }
    }

    private static float[][] Results(OpCase @case, CpuBackend backend)
    {
        OpCaseRun run = new(@case, backend);
        run.Forward();
        List<float[]> results = [.. run.Outputs.Select((_, i) => run.Output(i))];
        if (@case.Operation is not null)
        {
            run.Backward();
            for (int i = 0; i < @case.Inputs.Count; i++)
            {
                OpInput input = @case.Inputs[i];
                if (input.HasGradient)
                {
                    results.Add(run.Gradient(i)[(input.Values.Length / Math.Max(1, input.Shape[0]) * input.RowsWithoutGradient)..]);
                }
            }
        }

        return [.. results];
    }
}

using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

public sealed class OpCaseTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<string> Names => [.. OpCases.All.Select(@case => @case.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_forward_pass_equals_the_oracle_on_every_instruction_set(string name)
    {
        OpCase @case = OpCases.Named(name);
        IReadOnlyList<double[]> expected = @case.Expected();
        foreach (Isa isa in Backends.Isas)
        {
            OpCaseRun run = new(@case, backends.Get(isa));
            run.Poison();
            run.Forward();
            Assert.Equal(expected.Count, run.Outputs.Count);
            for (int i = 0; i < expected.Count; i++)
            {
                string? mismatch = Tolerance.Mismatch(run.Output(i), expected[i], Tolerance.Of(@case.Reduction), @case.Magnitude);
                Assert.True(mismatch is null, $"{isa}, output {i}: {mismatch}");
            }
        }
    }

    [Fact]
    public void Every_operation_has_a_case()
    {
        IEnumerable<Type> operations = typeof(Operation).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Operation)));
        Assert.Empty(operations.Except(OpCases.All.Select(@case => @case.Operation!)).Select(type => type.Name));
    }
}

using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

public sealed class InstructionSetTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<string> Names => [.. OpCases.All.Select(@case => @case.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void All_instruction_sets_give_the_same_bits(string name)
    {
        OpCase @case = OpCases.Named(name);
        OpCaseRun expected = Run(@case, Isa.Scalar);
        foreach (Isa isa in Backends.Isas)
        {
            OpCaseRun run = Run(@case, isa);
            for (int i = 0; i < expected.Outputs.Count; i++)
            {
                Assert.True(Bits.Equal(expected.Output(i), run.Output(i)), $"{isa}, output {i}");
            }

            for (int i = 0; i < @case.Inputs.Count; i++)
            {
                Assert.True(
                    !@case.Inputs[i].HasGradient || Bits.Equal(expected.Gradient(i), run.Gradient(i)), $"{isa}, gradient of {@case.Inputs[i].Name}");
            }
        }
    }

    private OpCaseRun Run(OpCase @case, Isa isa)
    {
        OpCaseRun run = new(@case, backends.Get(isa));
        run.Poison();
        run.Forward();
        run.Backward();
        return run;
    }
}
